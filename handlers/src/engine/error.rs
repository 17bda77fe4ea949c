//! Why an engine did not do its part.

use crate::shared::fault::Fault;
use tenantry_registry::plan::Plan;
use tenantry_registry::tenant::OperationKind;

/// Why an operation was not started, stopped or looked at.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Step Functions refused for now.
    #[error("Step Functions is throttled ({0})")]
    Throttled(String),
    /// Step Functions did not answer, or refused for a reason that an operator
    /// can remove (access denied, a fault of its own).
    #[error("Step Functions is unavailable ({0})")]
    Unavailable(String),
    /// It can never be started like this: no such machine, an input or a name
    /// that is not allowed.
    #[error("the execution can not be started ({0})")]
    Impossible(String),
    /// The deployment has no machine for this.
    #[error("`{kind}` is not supported for tenants of the plan {plan}: there is no state machine for it")]
    NoMachine {
        /// What should be done.
        kind: OperationKind,
        /// For a tenant of which plan.
        plan: Plan,
    },
    /// A machine's ARN in the settings is none.
    #[error("`{0}` is not the ARN of a state machine")]
    NotAMachine(String),
    /// CodeBuild did not say what became of a build, or did not stop it.
    #[error("CodeBuild is unavailable ({0})")]
    Builds(String),
}

impl Fault for EngineError {
    fn name(&self) -> &'static str {
        match self {
            Self::Throttled(_) => "StepFunctionsThrottled",
            Self::Unavailable(_) => "StepFunctionsUnavailable",
            Self::Impossible(_) => "ExecutionImpossible",
            Self::NoMachine { .. } => "NoStateMachine",
            Self::NotAMachine(_) => "NotAStateMachine",
            Self::Builds(_) => "CodeBuildUnavailable",
        }
    }

    fn is_retryable(&self) -> bool {
        matches!(self, Self::Throttled(_) | Self::Unavailable(_) | Self::Builds(_))
    }
}
