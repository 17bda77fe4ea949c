//! What an execution's ending means for its operation, when the machine itself
//! has not recorded it. Pure.

use crate::reconciler::Job;
use tenantry_events::failure::{Failure, REASON_MAX};
use tenantry_events::text::shorten;
use tenantry_registry::lifecycle::{LEFT, OutcomeResult, Step, next_step};
use tenantry_registry::tenant::{OpenOperation, OperationKind, Tenant};

/// How an execution ended, in Step Functions' words.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: &'a str,
    /// The error's name, if it failed.
    pub error: Option<&'a str>,
    /// What it says of the cause.
    pub cause: Option<&'a str>,
}

impl Ending<'_> {
    /// The outcome of `open`, which is `tenant`'s operation.
    ///
    /// An abort that the registry asks for is a cancellation, whoever records
    /// it first.
    #[must_use]
    pub fn outcome(&self, tenant: &Tenant, open: &OpenOperation) -> OutcomeResult {
        let wanted = matches!(next_step(tenant), Step::Stop(_));
        if wanted && self.status == "ABORTED" {
            return OutcomeResult::Cancelled;
        }
        let (code, what) = match self.status {
            "TIMED_OUT" => ("ExecutionTimedOut", "the execution took longer than its state machine allows"),
            "ABORTED" => ("ExecutionAborted", "the execution was aborted"),
            "SUCCEEDED" => {
                ("OutcomeMissing", "the execution succeeded, but its outcome is not in the registry")
            }
            _ => ("ExecutionFailed", "the execution failed without recording why"),
        };
        let said: Vec<&str> =
            [self.error, self.cause].into_iter().flatten().filter(|text| !text.is_empty()).collect();
        let reason = if said.is_empty() { what.to_owned() } else { format!("{what}: {}", said.join(": ")) };
        failed(open, code, &reason)
    }
}

/// The outcome with what became of `job`, the last build of its execution.
#[must_use]
pub fn with_job(result: OutcomeResult, job: Option<&Job>) -> OutcomeResult {
    match (result, job) {
        (OutcomeResult::Failed { mut failure, unclean }, Some(job)) => {
            failure.reason = shorten(&format!("{}; its build {}", failure.reason, job.became()), REASON_MAX);
            failure.build_id = Some(job.id.clone());
            failure.logs_url.clone_from(&job.logs_url);
            OutcomeResult::Failed { failure, unclean }
        }
        (result, _) => result,
    }
}

/// The failure of an operation that could not clean up after itself.
#[must_use]
pub fn failed(open: &OpenOperation, code: &str, reason: &str) -> OutcomeResult {
    let left = open.kind == OperationKind::Provision;
    let failure = Failure {
        code: code.to_owned(),
        step: open.kind.to_string(),
        reason: shorten(reason, REASON_MAX),
        build_id: None,
        logs_url: None,
        left_behind: left.then(|| LEFT.to_owned()),
        attempt: open.id.attempt,
        retryable: true,
    };
    OutcomeResult::Failed { failure, unclean: true }
}
