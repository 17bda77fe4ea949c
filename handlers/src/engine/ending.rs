//! What an execution's ending means for its operation, when the machine itself
//! has not recorded it. Pure.

use super::build::{Payload, Trace};
use std::collections::BTreeMap;
use tenantry_events::failure::{Failure, FailureCode, REASON_MAX};
use tenantry_events::text::shorten;
use tenantry_registry::lifecycle::{Fence, LEFT, Outcome, OutcomeResult, Step, next_step};
use tenantry_registry::plan::Plan;
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
    /// The outcome of `open`, which is `tenant`'s operation, given what its
    /// execution's history says.
    ///
    /// An abort that the registry asks for is a cancellation, whoever records
    /// it first. Otherwise it is what was done that counts, not how the
    /// execution ended: it may have failed only to say so.
    #[must_use]
    pub fn outcome(&self, tenant: &Tenant, open: &OpenOperation, trace: &Trace) -> Outcome {
        let wanted = matches!(next_step(tenant), Step::Stop(_));
        if wanted && self.status == "ABORTED" {
            return outcome_of(open, OutcomeResult::Cancelled);
        }
        done(tenant, open, trace)
            .unwrap_or_else(|| with_job(outcome_of(open, self.failure(tenant, open)), trace))
    }

    fn failure(&self, tenant: &Tenant, open: &OpenOperation) -> OutcomeResult {
        let (code, what) = match self.status {
            "TIMED_OUT" => {
                (FailureCode::ExecutionTimedOut, "the execution took longer than its state machine allows")
            }
            "ABORTED" => (FailureCode::ExecutionAborted, "the execution was aborted"),
            "SUCCEEDED" => (
                FailureCode::OutcomeMissing,
                "the execution succeeded, but its outcome is not in the registry",
            ),
            _ => (FailureCode::ExecutionFailed, "the execution failed without recording why"),
        };
        let said: Vec<&str> =
            [self.error, self.cause].into_iter().flatten().filter(|text| !text.is_empty()).collect();
        let reason = if said.is_empty() { what.to_owned() } else { format!("{what}: {}", said.join(": ")) };
        failed(tenant.plan, open, code, &reason)
    }
}

/// What was done, if the history says it: what the machine wanted to record,
/// or that the build ended well which is all that the operation consists of.
#[must_use]
pub fn done(tenant: &Tenant, open: &OpenOperation, trace: &Trace) -> Option<Outcome> {
    if let Some((whose, which, outcome)) = trace.told.clone().map(Payload::read)
        && (whose, which) == (tenant.tenant_id, open.id)
    {
        return unrecorded(open, outcome);
    }
    let job = trace.jobs.first().filter(|job| job.succeeded() && is_one_build(open.kind))?;
    let (outputs, registration) = (BTreeMap::new(), BTreeMap::new());
    let result = OutcomeResult::Succeeded { outputs, registration, release: None, revision: None };
    let outcome = outcome_of(open, result);
    Some(Outcome { build_id: Some(job.id.clone()), logs_url: job.logs_url.clone(), ..outcome })
}

/// The outcome that could not be recorded, given that nobody knows whether the
/// tenant's administrator was invited, which is part of recording it.
fn unrecorded(open: &OpenOperation, mut outcome: Outcome) -> Option<Outcome> {
    if let OutcomeResult::Succeeded { revision, .. } = &mut outcome.result {
        match open.kind {
            // What was built counts; an update invites, once more if need be.
            OperationKind::Provision => *revision = Some(0),
            // Inviting is all that it does.
            OperationKind::Update => return None,
            OperationKind::CleanUp
            | OperationKind::Suspend
            | OperationKind::Resume
            | OperationKind::Deprovision => {}
        }
    }
    Some(outcome)
}

/// Whether the operation is done when its build has ended well: nothing of it
/// follows, and nothing that the build gives is kept.
const fn is_one_build(kind: OperationKind) -> bool {
    match kind {
        // The administrator is invited after the build, or without one.
        OperationKind::Provision | OperationKind::Update => false,
        OperationKind::CleanUp
        | OperationKind::Suspend
        | OperationKind::Resume
        | OperationKind::Deprovision => true,
    }
}

/// The outcome of `open`, of which no build is known.
#[must_use]
pub const fn outcome_of(open: &OpenOperation, result: OutcomeResult) -> Outcome {
    Outcome { fence: Fence::Operation(open.id), result, build_id: None, logs_url: None }
}

/// The outcome with what became of the last build of its execution.
#[must_use]
pub fn with_job(mut outcome: Outcome, trace: &Trace) -> Outcome {
    let Some(job) = trace.jobs.first() else { return outcome };
    outcome.build_id = Some(job.id.clone());
    outcome.logs_url.clone_from(&job.logs_url);
    if let OutcomeResult::Failed { failure, .. } = &mut outcome.result {
        failure.reason = shorten(&format!("{}; its build {}", failure.reason, job.became()), REASON_MAX);
        failure.build_id.clone_from(&outcome.build_id);
        failure.logs_url.clone_from(&outcome.logs_url);
    }
    outcome
}

/// The failure of an operation that could not clean up after itself.
#[must_use]
pub fn failed(plan: Plan, open: &OpenOperation, code: FailureCode, reason: &str) -> OutcomeResult {
    let left = open.kind == OperationKind::Provision && plan.supports(OperationKind::CleanUp);
    let failure = Failure {
        left_behind: left.then(|| LEFT.to_owned()),
        attempt: open.id.attempt,
        retryable: true,
        ..Failure::new(code, open.kind.to_string(), reason)
    };
    OutcomeResult::Failed { failure, unclean: true }
}
