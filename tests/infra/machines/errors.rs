//! What a machine retries and what it catches.

use super::{RECORD, function, machines};
use serde_json::Value;
use std::collections::BTreeSet;
use tenantry_handlers::record_outcome::{InvitationError, RecordOutcomeError};
use tenantry_handlers::shared::fault::Fault;
use tenantry_registry::store::StoreError;
use tenantry_tests::template::list;

/// Errors of AWS's own that may be gone the next time.
///
/// Sources: "Handle Lambda service exceptions" and "Handling errors in Step
/// Functions workflows", AWS Step Functions Developer Guide; "StartBuild",
/// AWS CodeBuild API Reference.
const TRANSIENT: [&str; 11] = [
    "CodeBuild.AccountLimitExceededException",
    "CodeBuild.CodeBuildException",
    "CodeBuild.SdkClientException",
    "CodeBuild.ThrottlingException",
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "States.Timeout",
];

/// Every task has a time limit and every retry a ceiling, an end, and jitter,
/// so that many executions do not come back at the same moment.
#[test]
fn tasks_and_retries_are_bounded() {
    for machine in machines() {
        for (name, task) in machine.tasks() {
            assert!(
                task["TimeoutSeconds"].as_u64().is_some_and(|limit| limit > 0),
                "{}: {name}",
                machine.name
            );
            assert!(!list(&task["Retry"]).is_empty(), "{}: {name} retries nothing", machine.name);
            for retrier in list(&task["Retry"]) {
                let bounds = ["IntervalSeconds", "BackoffRate", "MaxDelaySeconds", "MaxAttempts"];
                assert!(bounds.iter().all(|bound| retrier[bound].is_number()), "{}: {name}", machine.name);
                assert_eq!(retrier["JitterStrategy"], "FULL", "{}: {name}", machine.name);
            }
        }
    }
}

/// What does work is tried again only after what may be gone the next time: of
/// AWS's errors the transient ones, of the function's own exactly those that say
/// so.
#[test]
fn only_transient_faults_are_retried() {
    for machine in machines() {
        for (name, task) in machine.tasks().into_iter().filter(|(_, task)| function(task) != Some(RECORD)) {
            let retried = error_names(&task["Retry"]);
            let own: BTreeSet<_> = retried.into_iter().filter(|error| !TRANSIENT.contains(error)).collect();
            assert_eq!(own, BTreeSet::new(), "{}: {name}", machine.name);
        }
    }
}

/// Whatever fails when an outcome is recorded is tried again, as it does no harm
/// twice; but not where the answer was that it counts for nothing.
#[test]
fn an_outcome_that_is_not_recorded_is_tried_again() {
    let final_ones = ["InvalidPayload", "InvitationRefused", "Superseded"];
    let all = record_outcome_errors();
    let of_registry = |error: &&RecordOutcomeError| matches!(error, RecordOutcomeError::Registry(_));
    let final_errors = all.iter().filter(|error| !of_registry(error) && !error.is_retryable());
    let names: BTreeSet<_> = final_errors.map(Fault::name).collect();
    assert_eq!(names, final_ones.into());
    for machine in machines() {
        for (name, task) in machine.tasks().into_iter().filter(|(_, task)| function(task) == Some(RECORD)) {
            let retriers = list(&task["Retry"]);
            let said = retriers.iter().map(|it| (&it["ErrorEquals"], it["MaxAttempts"].as_u64() > Some(0)));
            let expected = [serde_json::json!(final_ones), serde_json::json!(["States.ALL"])];
            let expected = expected.iter().zip([false, true]);
            assert!(said.eq(expected), "{}: {name}", machine.name);
        }
    }
}

/// A build that ran too long is not run again: the same input fails the same
/// way.
#[test]
fn a_build_is_not_run_again() {
    for machine in machines() {
        for (name, task) in machine.tasks().into_iter().filter(|(_, task)| task["Resource"] == super::BUILD) {
            let retried = error_names(&task["Retry"]);
            assert!(!retried.contains("States.Timeout"), "{}: {name}", machine.name);
        }
    }
}

/// Every task catches everything in the end, in a catcher of its own as the
/// language demands; what it catches before that are names that exist.
#[test]
fn everything_is_caught() {
    let errors = record_outcome_errors();
    let known: BTreeSet<_> = errors.iter().map(Fault::name).chain(TRANSIENT).collect();
    for machine in machines() {
        for (name, task) in machine.tasks() {
            let catchers = list(&task["Catch"]);
            let (last, others) = catchers.split_last().unwrap_or_else(|| panic!("{name} catches nothing"));
            assert_eq!(last["ErrorEquals"], serde_json::json!(["States.ALL"]), "{}: {name}", machine.name);
            for error in others.iter().flat_map(|catcher| list(&catcher["ErrorEquals"])) {
                // What a build that failed is told as.
                let of_build = error == "States.TaskFailed" && task["Resource"] == super::BUILD;
                let exists = of_build || known.contains(error.as_str().unwrap());
                assert!(exists, "{}: {name} catches {error}", machine.name);
            }
        }
    }
}

fn error_names(retriers: &Value) -> BTreeSet<&str> {
    list(retriers)
        .into_iter()
        .flat_map(|retrier| list(&retrier["ErrorEquals"]))
        .filter_map(Value::as_str)
        .collect()
}

/// One of each error that `record-outcome` can have.
fn record_outcome_errors() -> Vec<RecordOutcomeError> {
    let text = || "text".to_owned();
    let unreadable = serde_dynamo::from_item::<_, u8>(std::collections::HashMap::<String, Wrong>::new());
    let errors = vec![
        RecordOutcomeError::Registry(StoreError::Throttled(text())),
        RecordOutcomeError::Registry(StoreError::Unavailable(text())),
        RecordOutcomeError::Registry(StoreError::Rejected(text())),
        RecordOutcomeError::Registry(StoreError::Contended(1)),
        RecordOutcomeError::Registry(StoreError::Item(unreadable.expect_err("no number is an item"))),
        RecordOutcomeError::Registry(StoreError::Event(
            serde_json::from_str::<u8>("x").expect_err("x is no number"),
        )),
        RecordOutcomeError::Registry(StoreError::PageToken),
        RecordOutcomeError::Invitation(InvitationError::Throttled(text())),
        RecordOutcomeError::Invitation(InvitationError::Unavailable(text())),
        RecordOutcomeError::Invitation(InvitationError::Refused(text())),
        RecordOutcomeError::Superseded(text()),
        RecordOutcomeError::InvalidPayload(text()),
    ];
    for error in &errors {
        // A new error does not compile here: add it to the list above too.
        match error {
            RecordOutcomeError::Registry(
                StoreError::Throttled(_)
                | StoreError::Unavailable(_)
                | StoreError::Rejected(_)
                | StoreError::Contended(_)
                | StoreError::Item(_)
                | StoreError::Event(_)
                | StoreError::PageToken,
            )
            | RecordOutcomeError::Invitation(
                InvitationError::Throttled(_) | InvitationError::Unavailable(_) | InvitationError::Refused(_),
            )
            | RecordOutcomeError::Superseded(_)
            | RecordOutcomeError::InvalidPayload(_) => {}
        }
    }
    errors
}

type Wrong = serde_dynamo::AttributeValue;
