//! `lifecycle`: suspend, resume, retry and cancel.

use crate::kit::{self, ACTIVE, GONE, PROVISIONING, Step, asked, at, done, history, invoke, live, tenant};
use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_registry::audit::Verdict;
use tenantry_registry::tenant::{DesiredState, Status};
use tenantry_tests::builders::platinum;
use tenantry_tests::payloads::request;
use tenantry_tests::streams::of_history;
use tenantry_tests::world::{Function, World};

async fn ask(world: &World, request: &Value, n: usize) {
    done(world, Function::Lifecycle, request, at(n)).await;
}

/// A suspension is a wish with who and why in the history; again, it is a
/// duplicate.
#[tokio::test]
async fn a_suspension_is_accepted_once_with_who_and_why() {
    let world = World::new().await;
    let active = live(&world, "acme", platinum(), ACTIVE).await;
    let suspend = request(EventName::DeactivateRequest, &active, "suspend", 0);
    ask(&world, &suspend, 10).await;
    ask(&world, &suspend, 11).await;
    let after = tenant(&world, "acme").await;
    assert_eq!((after.desired, after.generation), (DesiredState::Suspended, active.generation + 1));
    let lines = history(&world, "acme").await;
    let [.., accepted, again] = lines.as_slice() else { panic!("two lines") };
    assert_eq!((accepted.verdict, again.verdict), (Verdict::Accepted, Verdict::Duplicate));
    assert_eq!(accepted.origin.why.as_deref(), Some("because"));
    assert!(accepted.origin.actor.contains("ops@saas.example"), "{}", accepted.origin.actor);
}

/// A wish that was made before the last accepted one changes nothing when it
/// arrives after it, or once more.
#[tokio::test]
async fn a_wish_that_was_overtaken_changes_nothing() {
    let world = World::new().await;
    let active = live(&world, "acme", platinum(), ACTIVE).await;
    let suspend = request(EventName::DeactivateRequest, &active, "suspend", 1);
    let resume = request(EventName::ActivateRequest, &active, "resume", 2);
    ask(&world, &suspend, 2_000).await;
    ask(&world, &resume, 2_001).await;
    assert_eq!(tenant(&world, "acme").await.desired, DesiredState::Active);
    ask(&world, &suspend, 2_002).await;
    assert_eq!(tenant(&world, "acme").await.desired, DesiredState::Active);
    let line = history(&world, "acme").await.pop().unwrap();
    assert_eq!((line.verdict, line.code.as_deref()), (Verdict::Stale, Some("Overtaken")));
}

/// A wish that found the tenant as it wants it is remembered, with one write
/// that tells nobody anything: an older opposite one that arrives after it
/// changes nothing, and the wish again is only a line.
#[tokio::test]
async fn a_wish_that_changed_nothing_is_remembered() {
    let world = World::new().await;
    let active = live(&world, "acme", platinum(), ACTIVE).await;
    let resume = request(EventName::ActivateRequest, &active, "resume", 2);
    let (batch, ()) = world.changes(ask(&world, &resume, 2_000)).await;
    let remembered = tenant(&world, "acme").await;
    assert_eq!((remembered.desired, remembered.version), (DesiredState::Active, active.version + 1));
    assert_eq!(asked(&world), ["TransactWriteItems TENANT+AUDIT"]);
    assert_eq!(of_history(&batch), json!({ "Records": [] }), "nothing is to be told");
    let line = history(&world, "acme").await.pop().unwrap();
    assert_eq!((line.verdict, line.code.as_deref()), (Verdict::Duplicate, Some("AlreadyRequested")));
    assert_eq!(line.tenant_version, Some(remembered.version));
    ask(&world, &resume, 2_001).await;
    ask(&world, &request(EventName::DeactivateRequest, &active, "suspend", 1), 2_002).await;
    assert_eq!(tenant(&world, "acme").await, remembered);
    let line = history(&world, "acme").await.pop().unwrap();
    assert_eq!((line.verdict, line.code.as_deref()), (Verdict::Stale, Some("Overtaken")));
}

/// A retry of what failed is another attempt of the same generation; where
/// nothing failed, it is refused.
#[tokio::test]
async fn a_retry_is_another_attempt() {
    let world = World::new().await;
    let active = live(&world, "fine", platinum(), ACTIVE).await;
    ask(&world, &request(EventName::RetryRequest, &active, "retry", 0), 10).await;
    let line = history(&world, "fine").await.pop().unwrap();
    assert_eq!((line.verdict, line.code.as_deref()), (Verdict::Refused, Some("NothingToRetry")));
    live(&world, "acme", platinum(), PROVISIONING).await;
    kit::take(&world, "acme", &platinum(), Step::Fail, 3).await;
    let failed = tenant(&world, "acme").await;
    let retry = request(EventName::RetryRequest, &failed, "retry", 0);
    ask(&world, &retry, 10).await;
    ask(&world, &retry, 11).await;
    let again = tenant(&world, "acme").await;
    assert_eq!((again.status, again.generation), (Status::Provisioning, failed.generation));
    assert_eq!(again.operation.unwrap().id.attempt, 2);
}

/// A cancellation marks the operation that it names; one that names another is
/// stale.
#[tokio::test]
async fn a_cancellation_is_of_one_operation() {
    let world = World::new().await;
    let running = live(&world, "acme", platinum(), PROVISIONING).await;
    let mut cancel = request(EventName::CancelRequest, &running, "cancel", 0);
    cancel["detail"]["operationId"] = json!("7-1");
    ask(&world, &cancel, 10).await;
    assert_eq!(history(&world, "acme").await.pop().unwrap().code.as_deref(), Some("OperationOver"));
    let mut cancel = request(EventName::CancelRequest, &running, "cancel it", 0);
    cancel["detail"]["operationId"] = json!("1-1");
    ask(&world, &cancel, 11).await;
    assert!(tenant(&world, "acme").await.operation.unwrap().cancelled_by.is_some());
}

/// A request about a tenant that nobody knows comes again: its onboarding may
/// be on the way.
#[tokio::test]
async fn a_request_before_its_tenant_comes_again() {
    let world = World::new().await;
    let later = World::new().await;
    let stranger = live(&later, "acme", platinum(), ACTIVE).await;
    let suspend = request(EventName::DeactivateRequest, &stranger, "suspend", 0);
    let refusal = invoke(&world, Function::Lifecycle, &suspend, at(0)).await.unwrap_err();
    assert_eq!((refusal.name, refusal.is_retryable), ("UnknownTenant", true));
}

/// A refused request of any of the four is told on the bus, with its line of
/// history: by SBT's own event where there is one.
#[tokio::test]
async fn a_refused_request_is_told() {
    use EventName as E;
    for (name, steps, told) in [
        (E::RetryRequest, ACTIVE, E::RequestRefused),
        (E::CancelRequest, ACTIVE, E::RequestRefused),
        (E::DeactivateRequest, GONE, E::DeactivateFailure),
        (E::ActivateRequest, GONE, E::ActivateFailure),
    ] {
        let world = World::new().await;
        let before = live(&world, "acme", platinum(), steps).await;
        ask(&world, &request(name, &before, "ask", 1), 100).await;
        let line = history(&world, "acme").await.pop().unwrap();
        assert_eq!(line.verdict, Verdict::Refused, "{name}");
        assert_eq!(tenant(&world, "acme").await, before);
        let lines = world.registry().unpublished(at(1_000), 100).await.unwrap();
        let notices: Vec<_> = lines.into_iter().flat_map(|line| line.outbox).collect();
        let notice = notices.into_iter().next_back().unwrap();
        let detail: Value = serde_json::from_str(&notice.detail).unwrap();
        assert_eq!(notice.name, told);
        assert_eq!(detail["tenantId"], json!(before.tenant_id));
        assert_eq!(detail["failure"]["code"], json!(line.code));
        assert_eq!(detail["failure"]["reason"], json!(line.reason));
        assert_eq!(detail["metadata"]["causationId"], json!(line.origin.event_id));
    }
}
