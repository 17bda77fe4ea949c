//! Endings that no `Catch` of a state machine sees, and refusals before an
//! execution begins: each is recorded with its reason, or waited out. Most are
//! made with `tests/cloud/machine_faults.py`, as AWS makes them.

use crate::cancel::{busy_stack, free};
use crate::machines::control::{Control, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use tenantry_events::failure::Failure;
use tenantry_events::ids::{OperationId, TenantId};
use tenantry_events::name::EventName;
use tenantry_registry::tenant::{OperationKind, OperationState, Status, Tenant};
use tenantry_tests::access::REGION;
use tenantry_tests::cloud::{Cloud, Visit, cloud, run};
use tenantry_tests::machine_faults::{Plan, plan};
use tenantry_tests::venv;
use uuid::Uuid;

/// How many endings there are.
const ENDINGS: usize = 9;
const FIRST: OperationId = OperationId { generation: 1, attempt: 1 };
const SECOND: OperationId = OperationId { generation: 1, attempt: 2 };

/// One ending is shown to be as it should.
#[allow(clippy::print_stdout)]
fn shown(ending: &'static str) {
    static SHOWN: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let mut all = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    all.insert(ending);
    println!("uncatchable endings: {} of {ENDINGS} ({ending})", all.len());
}

/// A tenant whose provisioning meets `what`.
async fn onboarded(control: &Control, what: Value) -> (TenantId, Plan) {
    let id: TenantId = Uuid::new_v4().to_string().parse().expect("an id");
    let planned = plan(&control.faults, &control.machine("provision-silo"), &id.to_string(), what);
    control.onboard(id).await;
    (id, planned)
}

/// A tenant whose provisioning ended without its machine recording it, and was
/// cleaned up after: its failure.
async fn cleaned_up(control: &Control, id: TenantId, code: &str, reason: &str) -> Failure {
    let tenant = control.rests(id, FIRST).await;
    let failure = tenant.failure.clone().expect("a failure");
    assert_eq!((tenant.status, failure.code.as_str()), (Status::ProvisionFailed, code), "{failure:?}");
    assert_eq!((failure.step.as_str(), failure.attempt), ("provision", 1));
    assert!(failure.reason.contains(reason), "{}", failure.reason);
    assert_eq!(failure.left_behind, None, "what was left is cleaned up");
    let last = tenant.last_operation.as_ref().expect("an operation");
    assert_eq!((last.kind, last.state), (OperationKind::CleanUp, OperationState::Succeeded));
    assert!(!control.stacks().await.contains(&id.to_string()));
    assert_eq!(control.operation(id, FIRST).await.failure.expect("a failure").code.as_str(), code);
    failure
}

async fn leaves(control: &Control, id: TenantId) {
    control.ask(EventName::OffboardingRequest, id).await;
    let tenant = control.rests(id, OperationId { generation: 2, attempt: 1 }).await;
    assert_eq!(tenant.status, Status::Deprovisioned);
}

/// The tenant once `is` is true of it.
async fn becomes(control: &Control, id: TenantId, is: impl Fn(&Tenant) -> bool) -> Tenant {
    let look = async || control.tenant(id).await.filter(|tenant| is(tenant));
    until(look).await.unwrap_or_else(|| panic!("waited in vain for {id}"))
}

/// The execution of the tenant's first operation, once it is at `state`.
async fn at(control: &Control, id: TenantId, state: &str) -> String {
    let arn = control.execution("provision-silo", id, FIRST);
    let look = async || {
        let history = control.states.get_execution_history().execution_arn(&arn).send().await.ok()?;
        let entered = history.events.into_iter().filter_map(|event| event.state_entered_event_details);
        entered.into_iter().any(|entered| entered.name == state).then_some(())
    };
    until(look).await.unwrap_or_else(|| panic!("{arn} never comes to {state}"));
    arn
}

fn shared() -> (Visit, Control) {
    let cloud = cloud();
    let control = Control::of(&cloud, "tenantry");
    (cloud, control)
}

/// `States.Runtime`, which `States.ALL` does not take in: recorded in its own
/// words, cleaned up after, and a retry provisions the tenant.
#[tokio::test]
async fn states_runtime() {
    let (_cloud, control) = shared();
    let fault = json!({ "state": "Deploy", "error": "States.Runtime", "cause": "a path is not there" });
    let (id, planned) = onboarded(&control, json!({ "faults": [fault] })).await;
    cleaned_up(&control, id, "ExecutionFailed", "States.Runtime: a path is not there").await;
    drop(planned);
    control.ask(EventName::RetryRequest, id).await;
    let tenant = control.rests(id, OperationId { generation: 1, attempt: 3 }).await;
    assert_eq!((tenant.status, tenant.failure), (Status::Active, None));
    leaves(&control, id).await;
    shown("States.Runtime");
}

/// `States.DataLimitExceeded`, which nothing takes in either: of the job it is a
/// failure; of the record of a job that is done, what was to be recorded counts.
#[tokio::test]
async fn states_data_limit_exceeded() {
    let (_cloud, control) = shared();
    let error = "States.DataLimitExceeded";
    let fault = |state: &str| json!({ "state": state, "error": error, "cause": "more than 256 KiB" });
    let (id, _planned) = onboarded(&control, json!({ "faults": [fault("Deploy")] })).await;
    cleaned_up(&control, id, "ExecutionFailed", "States.DataLimitExceeded: more than 256 KiB").await;
    leaves(&control, id).await;
    let (done, _planned) = onboarded(&control, json!({ "faults": [fault("Record")] })).await;
    let tenant = control.rests(done, FIRST).await;
    assert_eq!((tenant.status, tenant.failure), (Status::Active, None));
    leaves(&control, done).await;
    shown(error);
}

/// The machine's own time limit.
#[tokio::test]
async fn the_machines_own_time_limit() {
    let (_cloud, control) = shared();
    let fault = json!({ "state": "Deploy", "hangs": 600 });
    let (id, _planned) = onboarded(&control, json!({ "machineSeconds": 1, "faults": [fault] })).await;
    cleaned_up(&control, id, "ExecutionTimedOut", "longer than its state machine allows").await;
    leaves(&control, id).await;
    shown("the machine's own time limit");
}

/// An abort by hand, with a build that goes on after its execution, as it may:
/// the build is stopped before the clean-up follows.
#[tokio::test]
async fn an_abort_by_hand() {
    let (cloud, control) = shared();
    let id: TenantId = Uuid::new_v4().to_string().parse().expect("an id");
    let stack = format!("tenantry-tenant-{id}");
    busy_stack(&cloud, &stack);
    let orphan = json!({ "faults": [{ "state": "Deploy", "orphan": true }] });
    let _planned = plan(&control.faults, &control.machine("provision-silo"), &id.to_string(), orphan);
    control.onboard(id).await;
    let arn = at(&control, id, "Deploy").await;
    let look = async || {
        let history = control.states.get_execution_history().execution_arn(&arn).send().await.ok()?;
        let output = history.events.into_iter().find_map(|event| event.task_submitted_event_details?.output);
        let output: Value = serde_json::from_str(&output?).ok()?;
        output["Build"]["Id"].as_str().map(str::to_owned)
    };
    let build = until(look).await.expect("a build");
    let stop = control.states.stop_execution().execution_arn(&arn).error("Ops").cause("by hand");
    stop.send().await.expect("the execution stops");
    let kind = |tenant: &Tenant| tenant.operation.as_ref().map(|open| open.kind);
    becomes(&control, id, |tenant| kind(tenant) == Some(OperationKind::CleanUp)).await;
    let stopped = async || (cloud.build(&build)["buildStatus"] == "STOPPED").then_some(());
    until(stopped).await.expect("the build is stopped");
    free(&cloud, &stack);
    cleaned_up(&control, id, "ExecutionAborted", "the execution was aborted").await;
    leaves(&control, id).await;
    shown("an abort by hand");
}

/// A machine that is deleted while an execution runs: the execution fails at its
/// next transition and is cleaned up after; what is asked of the machine later
/// fails, with that reason. (In a control plane of its own.)
#[tokio::test]
async fn a_deleted_machine() {
    let cloud = cloud();
    deploy(&cloud, "endings");
    let control = Control::of(&cloud, "endings");
    let fault = json!({ "state": "Deploy", "hangs": 2, "error": "States.Timeout" });
    let (id, _planned) = onboarded(&control, json!({ "faults": [fault] })).await;
    at(&control, id, "Deploy").await;
    let machine =
        format!("arn:aws:states:{REGION}:000000000000:stateMachine:{}", control.machine("provision-silo"));
    control.states.delete_state_machine().state_machine_arn(machine).send().await.expect("it is deleted");
    cleaned_up(&control, id, "ExecutionFailed", "has been deleted").await;
    control.ask(EventName::RetryRequest, id).await;
    let tenant = control.rests(id, OperationId { generation: 1, attempt: 3 }).await;
    let failure = tenant.failure.expect("a failure");
    assert_eq!((tenant.status, failure.code.as_str()), (Status::ProvisionFailed, "ExecutionImpossible"));
    assert!(failure.reason.contains("StateMachineDoesNotExist"), "{}", failure.reason);
    leaves(&control, id).await;
    shown("a deleted machine");
}

fn deploy(cloud: &Cloud, stack: &str) {
    let mut deploy = cloud.command();
    let path = format!("{}:{}", venv::programs().display(), std::env::var("PATH").unwrap_or_default());
    deploy.args(["deploy", "--stack", stack, "--bucket", "tenantry-artefacts", "--no-package"]);
    run(deploy.env("PATH", path)).exits(0);
}

/// StartExecution is refused: the operation stays open, and is started once the
/// permission is back. (What is refused until the deadline is given up: see
/// `tests/handlers/sweeper.rs`.)
#[tokio::test]
async fn access_denied_at_the_start() {
    let (cloud, control) = shared();
    let refusal = json!({ "error": "AccessDeniedException", "cause": "not allowed", "times": 1_000 });
    let (id, planned) = onboarded(&control, json!({ "refusal": refusal })).await;
    let tenant = becomes(&control, id, |tenant| tenant.operation.is_some()).await;
    let swept = cloud.tenantry(&["sweep"]);
    assert_ne!(swept.code, Some(0), "the sweeper says that it could not: {swept:?}");
    assert_eq!(
        (tenant.status, control.tenant(id).await.map(|it| it.status)),
        (Status::Provisioning, Some(Status::Provisioning))
    );
    let arn = control.execution("provision-silo", id, FIRST);
    assert!(
        control.states.describe_execution().execution_arn(&arn).send().await.is_err(),
        "it was not started"
    );
    drop(planned);
    let active = async || {
        // Whoever comes first starts it: the stream again, or the sweeper.
        let _ = cloud.tenantry(&["sweep"]);
        control.tenant(id).await.filter(|tenant| tenant.status == Status::Active)
    };
    let tenant = until(active).await.expect("the tenant is active");
    assert_eq!((tenant.attempt, tenant.failure), (1, None));
    leaves(&control, id).await;
    shown("access denied at the start");
}

/// A machine that may no longer start builds: neither the deployment nor the
/// clean-up. The record says why something may be left, an alarm's metric calls
/// a person, and a retry clears it once the permission is back.
#[tokio::test]
async fn access_denied_in_a_task() {
    let (cloud, control) = shared();
    let denied = |state: &str| {
        let error = "CodeBuild.AccessDeniedException";
        json!({ "state": state, "error": error, "cause": "not authorized to perform codebuild:StartBuild" })
    };
    let (id, planned) = onboarded(&control, json!({ "faults": [denied("Deploy"), denied("CleanUp")] })).await;
    let tenant = control.rests(id, FIRST).await;
    let failure = tenant.failure.clone().expect("a failure");
    assert_eq!(
        (tenant.status, failure.code.as_str()),
        (Status::ProvisionFailed, "CodeBuild.AccessDeniedException")
    );
    assert!(failure.reason.contains("codebuild:StartBuild"), "{}", failure.reason);
    let left = failure.left_behind.as_deref().expect("it says what may be left");
    assert!(left.contains("the clean-up failed (CodeBuild.AccessDeniedException)"), "{left}");
    assert!(tenant.needs_a_person());
    let counted = async || {
        let read = ["logs", "filter-log-events", "--log-group-name", "/aws/lambda/tenantry-reconciler"];
        let said = cloud.aws(&[&read[..], &["--filter-pattern", "NeedsPerson"]].concat()).exits(0).stdout;
        said.contains("NeedsPerson").then_some(())
    };
    until(counted).await.expect("the metric of the alarm");
    drop(planned);
    control.ask(EventName::RetryRequest, id).await;
    let tenant = control.rests(id, SECOND).await;
    assert_eq!((tenant.status, tenant.failure), (Status::Active, None));
    leaves(&control, id).await;
    shown("access denied in a task");
}

/// No room among the account's builds, longer than the machine waits: the
/// operation is put off, which is no failure, and its tenant's turn comes again.
#[tokio::test]
async fn no_room_among_the_builds() {
    let (_cloud, control) = shared();
    let fault = json!({ "state": "Deploy", "queue": "full" });
    let (id, _planned) = onboarded(&control, json!({ "faults": [fault] })).await;
    let tenant = control.rests(id, SECOND).await;
    assert_eq!((tenant.status, tenant.failure), (Status::Active, None));
    let put_off = control.operation(id, FIRST).await;
    assert_eq!((put_off.state, put_off.failure), (OperationState::Deferred, None));
    assert_eq!(control.operation(id, SECOND).await.state, OperationState::Succeeded);
    let history = control.registry.history(id).await.expect("a history");
    let said = history.audit.iter().any(|line| format!("{line:?}").contains("AccountLimitExceededException"));
    assert!(said, "the history says what was full");
    leaves(&control, id).await;
    shown("no room among the builds");
}

/// A build whose turn in the queue never comes: there was no capacity, so the
/// operation is put off as one that was refused, and nothing is cleaned up.
#[tokio::test]
async fn a_build_that_expires_in_the_queue() {
    let (cloud, control) = shared();
    let fault = json!({ "state": "Deploy", "queue": "expires", "times": 1 });
    let (id, _planned) = onboarded(&control, json!({ "faults": [fault] })).await;
    let tenant = control.rests(id, SECOND).await;
    assert_eq!((tenant.status, tenant.failure), (Status::Active, None));
    let put_off = control.operation(id, FIRST).await;
    assert_eq!((put_off.state, put_off.failure), (OperationState::Deferred, None));
    assert_eq!(control.operation(id, SECOND).await.state, OperationState::Succeeded);
    assert_eq!(cloud.build(&put_off.build_id.expect("a build"))["buildStatus"], "TIMED_OUT");
    let history = control.registry.history(id).await.expect("a history");
    let why = "QUEUED: its turn did not come within the time that its project allows";
    assert!(history.audit.iter().any(|line| format!("{line:?}").contains(why)), "the history says why");
    leaves(&control, id).await;
    shown("a build that expires in the queue");
}
