//! Executions: which machine runs an operation, under which name, with which
//! input; starting and stopping them.

use crate::engine::{Beginning, EngineError};
use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionError;
use aws_sdk_sfn::operation::start_execution::StartExecutionError;
use aws_sdk_sfn::operation::stop_execution::StopExecutionError;
use serde::Serialize;
use std::collections::BTreeMap;
use tenantry_events::ids::OperationId;
use tenantry_registry::plan::Plan;
use tenantry_registry::tenant::{OpenOperation, OperationKind, Tenant};

/// The ARNs of a deployment's state machines, by [`key`]: `silo/provision`.
#[derive(Clone, Debug)]
pub struct Arns(pub BTreeMap<String, String>);

/// The state machines of a deployment.
#[derive(Clone, Debug)]
pub struct Machines {
    /// Step Functions.
    pub client: Client,
    /// Which they are.
    pub arns: Arns,
    /// What every tenant stack's name begins with.
    pub stack_prefix: String,
}

/// An execution as Step Functions describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Seen {
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT`, `ABORTED` or
    /// `PENDING_REDRIVE`.
    pub status: String,
    /// The error's name, if it failed.
    pub error: Option<String>,
    /// What it says of the cause.
    pub cause: Option<String>,
}

impl Seen {
    /// Whether it has still to end.
    #[must_use]
    pub fn runs(&self) -> bool {
        matches!(self.status.as_str(), "RUNNING" | "PENDING_REDRIVE")
    }
}

/// The input of an execution. The same operation always has the same bytes, so
/// that starting it again is recognised as the same execution.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionInput<'a> {
    tenant_id: String,
    operation_id: String,
    kind: OperationKind,
    generation: u64,
    attempt: u32,
    tenant_name: &'a str,
    tier: &'a str,
    stack_name: String,
    correlation_id: String,
}

impl Arns {
    /// What is written of the operation when it begins: the ARN that its execution
    /// will have. It follows from the machine's and the name: "Resource types defined
    /// by AWS Step Functions", Service Authorization Reference.
    ///
    /// # Errors
    ///
    /// [`EngineError::NoMachine`] and [`EngineError::NotAMachine`].
    pub fn beginning(
        &self,
        tenant: &Tenant,
        id: OperationId,
        kind: OperationKind,
    ) -> Result<Beginning, EngineError> {
        let machine = self.machine(tenant.plan, kind)?;
        let Some((scope, name)) = machine.split_once(":stateMachine:") else {
            return Err(EngineError::NotAMachine(machine.to_owned()));
        };
        let arn = format!("{scope}:execution:{name}:{}", id.execution_name(tenant.tenant_id));
        Ok(Beginning { execution_arn: Some(arn), hand_over: false })
    }

    fn machine(&self, plan: Plan, kind: OperationKind) -> Result<&str, EngineError> {
        let machine = self.0.get(&key(plan, kind)).map(String::as_str);
        machine.ok_or(EngineError::NoMachine { kind, plan })
    }
}

impl Machines {
    /// Starts the operation's execution; one that was started before is success.
    /// Whether this call has started it: an execution that runs already with
    /// the same input answers as if it had.
    ///
    /// # Errors
    ///
    /// [`EngineError`] when it was not started.
    pub async fn start(&self, tenant: &Tenant, open: &OpenOperation) -> Result<bool, EngineError> {
        let input = ExecutionInput {
            tenant_id: tenant.tenant_id.to_string(),
            operation_id: open.id.to_string(),
            kind: open.kind,
            generation: open.id.generation,
            attempt: open.id.attempt,
            tenant_name: tenant.tenant_name.as_str(),
            tier: tenant.tier.as_str(),
            stack_name: format!("{}{}", self.stack_prefix, tenant.tenant_id),
            correlation_id: open.request.correlation_id.to_string(),
        };
        let input =
            serde_json::to_string(&input).map_err(|error| EngineError::Impossible(error.to_string()))?;
        let sent = self
            .client
            .start_execution()
            .state_machine_arn(self.arns.machine(tenant.plan, open.kind)?)
            .name(open.id.execution_name(tenant.tenant_id))
            .input(input)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(StartExecutionError::ExecutionAlreadyExists(_)) => Ok(false),
                Some(
                    StartExecutionError::InvalidExecutionInput(_)
                    | StartExecutionError::InvalidName(_)
                    | StartExecutionError::InvalidArn(_)
                    | StartExecutionError::StateMachineDoesNotExist(_)
                    | StartExecutionError::StateMachineDeleting(_),
                ) => Err(EngineError::Impossible(describe(&error))),
                _ => Err(for_now(&error)),
            },
        }
    }

    /// What became of an execution; `None` if Step Functions knows of none:
    /// it was never started, or ended more than 90 days ago.
    ///
    /// # Errors
    ///
    /// [`EngineError`] when Step Functions does not answer.
    pub async fn look(&self, execution_arn: &str) -> Result<Option<Seen>, EngineError> {
        match self.client.describe_execution().execution_arn(execution_arn).send().await {
            Ok(found) => Ok(Some(Seen {
                status: found.status.as_str().to_owned(),
                error: found.error,
                cause: found.cause,
            })),
            Err(error) => match error.as_service_error() {
                Some(DescribeExecutionError::ExecutionDoesNotExist(_)) => Ok(None),
                _ => Err(for_now(&error)),
            },
        }
    }

    /// Stops an execution and the build that it waits for ("Run a job",
    /// AWS Step Functions Developer Guide); one that has ended is success.
    /// Whether there was one.
    ///
    /// # Errors
    ///
    /// [`EngineError`] when it may still run.
    pub async fn stop(&self, execution_arn: &str) -> Result<bool, EngineError> {
        let call = self.client.stop_execution().execution_arn(execution_arn).error("Cancelled");
        match call.cause("nobody wants the operation any more: see the tenant's history").send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(StopExecutionError::ExecutionDoesNotExist(_)) => Ok(false),
                _ => Err(for_now(&error)),
            },
        }
    }

    /// Takes the name of an execution that never was, so that a start of it that
    /// is still on its way comes too late: Step Functions takes a name once
    /// ("StartExecution", AWS Step Functions API Reference).
    ///
    /// # Errors
    ///
    /// [`EngineError`] when it may still be started, or run.
    pub async fn forestall(
        &self,
        tenant: &Tenant,
        open: &OpenOperation,
        execution_arn: &str,
    ) -> Result<(), EngineError> {
        match self.start(tenant, open).await {
            Ok(_) => self.stop(execution_arn).await.map(drop),
            // Then nobody can start it.
            Err(EngineError::Impossible(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The name by which the settings know the machine of an operation: its plan and
/// what the machine does.
#[must_use]
pub fn key(plan: Plan, kind: OperationKind) -> String {
    let does = match kind {
        OperationKind::Provision => "provision",
        OperationKind::Update => "update",
        OperationKind::Suspend | OperationKind::Resume => "suspend",
        OperationKind::CleanUp | OperationKind::Deprovision => "deprovision",
    };
    format!("{plan}/{does}")
}

pub(super) fn for_now<E, R>(error: &SdkError<E, R>) -> EngineError
where
    E: ProvideErrorMetadata,
{
    let text = describe(error);
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some("ThrottlingException" | "ExecutionLimitExceeded" | "TooManyRequestsException") => {
            EngineError::Throttled(text)
        }
        _ => EngineError::Unavailable(text),
    }
}

pub(super) fn describe<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata,
{
    match error.as_service_error() {
        Some(service) => {
            format!("{}: {}", service.code().unwrap_or("no code"), service.message().unwrap_or_default())
        }
        None => "no answer".to_owned(),
    }
}
