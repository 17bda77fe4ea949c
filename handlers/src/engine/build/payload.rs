//! What a machine says of its operation's end: the payload of `record-outcome`,
//! which an execution's history keeps too.

use super::report::Build;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tenantry_events::failure::{Failure, REASON_MAX};
use tenantry_events::ids::{OperationId, TenantId};
use tenantry_events::text::shorten;
use tenantry_registry::lifecycle::{Fence, Outcome, OutcomeResult};

/// What a state machine sends.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum Payload {
    /// The job did what it was for.
    #[serde(rename_all = "camelCase")]
    Succeeded {
        /// Whose.
        tenant_id: TenantId,
        /// Which operation: the fencing token.
        operation_id: OperationId,
        /// The build that did it; absent where none is needed.
        #[serde(default)]
        build: Value,
    },
    /// It did not.
    #[serde(rename_all = "camelCase")]
    Failed {
        /// Whose.
        tenant_id: TenantId,
        /// Which operation: the fencing token.
        operation_id: OperationId,
        /// The state that failed.
        step: String,
        /// Step Functions' name of the error.
        error: String,
        /// What it says of the cause; for a failed build, the build as JSON.
        cause: String,
        /// What became of the clean-up.
        clean_up: CleanUp,
    },
    /// There was no capacity for it among the account's builds, for long: no
    /// build could be started, or its turn in the queue did not come.
    #[serde(rename_all = "camelCase")]
    Deferred {
        /// Whose.
        tenant_id: TenantId,
        /// Which operation: the fencing token.
        operation_id: OperationId,
        /// Step Functions' name of the error.
        error: String,
        /// What it says of the cause.
        cause: String,
    },
}

/// What became of the clean-up after a failure.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum CleanUp {
    /// Nothing is left.
    Succeeded,
    /// There was nothing to clean up.
    NotNeeded,
    /// Something is left.
    Failed {
        /// Step Functions' name of the error.
        error: String,
        /// What it says of the cause.
        cause: String,
    },
}

impl Payload {
    /// Whose operation ended, which one, and how.
    #[must_use]
    pub fn read(self) -> (TenantId, OperationId, Outcome) {
        match self {
            Payload::Succeeded { tenant_id, operation_id, build } => {
                let build = Build::read(&build);
                let mut exported = build.exported;
                let release = exported.remove("RELEASE").filter(|release| !release.is_empty());
                let result = OutcomeResult::Succeeded {
                    outputs: outputs(exported),
                    registration: BTreeMap::new(),
                    release,
                    revision: None,
                };
                let fence = Fence::Operation(operation_id);
                (
                    tenant_id,
                    operation_id,
                    Outcome { fence, result, build_id: build.id, logs_url: build.logs_url },
                )
            }
            Payload::Failed { tenant_id, operation_id, step, error, cause, clean_up } => {
                let build = Build::of_cause(&cause);
                let failure = Failure {
                    build_id: build.id.clone(),
                    logs_url: build.logs_url.clone(),
                    left_behind: left_behind(&clean_up),
                    attempt: operation_id.attempt,
                    retryable: true,
                    ..Failure::new(
                        build.failure_code(&error),
                        build.failure_step(&step),
                        &build.failure_reason(&cause),
                    )
                };
                // The machine has cleaned up, or says what is left: a person's now.
                let result = OutcomeResult::Failed { failure, unclean: false };
                let fence = Fence::Operation(operation_id);
                (
                    tenant_id,
                    operation_id,
                    Outcome { fence, result, build_id: build.id, logs_url: build.logs_url },
                )
            }
            Payload::Deferred { tenant_id, operation_id, error, cause } => {
                let build = Build::of_cause(&cause);
                let result = OutcomeResult::Deferred { reason: no_capacity(&build, &error, &cause) };
                let fence = Fence::Operation(operation_id);
                (tenant_id, operation_id, Outcome { fence, result, build_id: build.id, logs_url: None })
            }
        }
    }
}

/// Why there was no capacity, in a sentence.
fn no_capacity(build: &Build, error: &str, cause: &str) -> String {
    let reason = match build.id {
        Some(_) => format!("its build did not begin: {}", build.failure_reason(cause)),
        None => format!("no build could be started ({error}): {cause}"),
    };
    shorten(&reason, REASON_MAX)
}

/// The exported variables as outputs: `API_URL` becomes `apiUrl`. Those that a
/// failure would have set, and empty ones, are none.
fn outputs(exported: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let given = |(name, value): &(String, String)| !value.is_empty() && !name.starts_with("FAILURE_");
    exported.into_iter().filter(given).map(|(name, value)| (camel_case(&name), value)).collect()
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_').map(str::to_ascii_lowercase);
    let mut camel = words.next().unwrap_or_default();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

fn left_behind(clean_up: &CleanUp) -> Option<String> {
    match clean_up {
        CleanUp::Succeeded | CleanUp::NotNeeded => None,
        CleanUp::Failed { error, cause } => {
            let reason = Build::of_cause(cause).failure_reason(cause);
            let text = format!("the clean-up failed ({error}), so resources may be left: {reason}");
            Some(shorten(&text, REASON_MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One that expired in the queue says so, not what it would have been.
    #[test]
    fn what_was_put_off_says_why() {
        let phases = serde_json::json!([
            {"PhaseType": "SUBMITTED", "PhaseStatus": "SUCCEEDED"},
            {"PhaseType": "QUEUED", "PhaseStatus": "TIMED_OUT"},
        ]);
        let cause = serde_json::json!({"Build": {"Id": "p:1", "BuildStatus": "TIMED_OUT", "Phases": phases}});
        let said = |cause: &str, error| no_capacity(&Build::of_cause(cause), error, cause);
        assert_eq!(
            said(&cause.to_string(), "States.TaskFailed"),
            "its build did not begin: QUEUED: its turn did not come within the time that its project allows"
        );
        assert_eq!(said("too many", "CodeBuild.X"), "no build could be started (CodeBuild.X): too many");
    }

    #[test]
    fn exported_variables_become_outputs_under_their_own_names() {
        let exported = [("API_URL", "u"), ("USER_POOL_ID", "p"), ("FAILURE_REASON", "x"), ("STACK_ID", "")];
        let exported = exported.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let names: Vec<_> = outputs(exported).into_keys().collect();
        assert_eq!(names, ["apiUrl", "userPoolId"]);
    }
}
