//! `application-events`: a foreign application plane's outcomes, for its own
//! tenants only.

use crate::kit::{
    self, ACTIVE, DEPROVISIONING, GONE, PENDING, PROVISIONING, SECRET, SUSPENDING, Step, UNWANTED, asked, at,
    done, invoke, live, metadata, put_away, verdicts,
};
use serde_json::{Value, json};
use tenantry_events::ids::TenantId;
use tenantry_events::metadata::PRODUCER;
use tenantry_events::name::EventName;
use tenantry_registry::audit::Verdict;
use tenantry_registry::tenant::Status;
use tenantry_tests::builders::{foreign, platinum};
use tenantry_tests::events::{event, with};
use tenantry_tests::examples;
use tenantry_tests::world::{Function, World};

async fn take_in(world: &World, payload: &Value, n: usize) {
    done(world, Function::ApplicationEvents, payload, at(n)).await;
}

/// An outcome as SBT's jobs send it: the registration, and what they export.
fn succeeded(name: EventName, seed: &str) -> Value {
    let data = json!({ "apiUrl": "https://api", "seats": 7, "secret": SECRET });
    let output = json!({ "tenantData": data, "tenantRegistrationData": { "registrationStatus": "created" } });
    let registration = kit::registration("acme");
    event(name, seed, &json!({ "tenantRegistrationId": registration, "jobOutput": output }))
}

fn failed(name: EventName, seed: &str) -> Value {
    let output = json!({ "tenantStatus": "Failed to provision tenant." });
    event(name, seed, &json!({ "tenantRegistrationId": kit::registration("acme"), "jobOutput": output }))
}

/// A success makes the tenant active, with what the job gave as its outputs:
/// texts as they are, other values as JSON.
#[tokio::test]
async fn a_success_makes_the_tenant_active() {
    let world = World::new().await;
    live(&world, "acme", foreign(), PROVISIONING).await;
    take_in(&world, &succeeded(EventName::ProvisionSuccess, "done"), 10).await;
    let tenant = kit::tenant(&world, "acme").await;
    assert_eq!((tenant.status, tenant.outputs["apiUrl"].as_str()), (Status::Active, "https://api"));
    assert_eq!(tenant.outputs["seats"], "7");
    assert_eq!(asked(&world), ["TransactWriteItems TENANT+OPERATION+AUDIT"]);
    let line = kit::history(&world, "acme").await.pop().unwrap();
    assert_eq!(
        (line.origin.action.as_str(), line.origin.actor.as_str()),
        ("provisionSuccess", "sbt.application.plane")
    );
}

/// A failure says why: in the words of the job, or with all that it sends.
#[tokio::test]
async fn a_failure_says_why() {
    let world = World::new().await;
    live(&world, "acme", foreign(), PROVISIONING).await;
    take_in(&world, &failed(EventName::ProvisionFailure, "failed"), 10).await;
    let tenant = kit::tenant(&world, "acme").await;
    let failure = tenant.failure.unwrap();
    assert_eq!((tenant.status, failure.code.as_str()), (Status::ProvisionFailed, "ApplicationPlaneFailed"));
    assert_eq!(failure.reason, "Failed to provision tenant.");

    let world = World::new().await;
    live(&world, "acme", foreign(), PROVISIONING).await;
    let full = examples::of(EventName::ProvisionFailure, "full").detail();
    let more = json!({ "failure": full["failure"] });
    take_in(&world, &with(failed(EventName::ProvisionFailure, "failed"), &more), 10).await;
    let failure = kit::tenant(&world, "acme").await.failure.unwrap();
    assert_eq!(serde_json::to_value(failure).unwrap(), full["failure"]);
}

/// The end of an offboarding leaves a tombstone and a free name.
#[tokio::test]
async fn a_deprovisioned_tenant_leaves_its_name() {
    let world = World::new().await;
    live(&world, "acme", foreign(), DEPROVISIONING).await;
    take_in(&world, &succeeded(EventName::DeprovisionSuccess, "done"), 10).await;
    let tenant = kit::tenant(&world, "acme").await;
    assert_eq!((tenant.status, tenant.outputs.is_empty()), (Status::Deprovisioned, true));
    assert_eq!(asked(&world), ["TransactWriteItems TENANT+-CLAIM(name)+OPERATION+AUDIT"]);
}

/// A failed offboarding is one.
#[tokio::test]
async fn a_failed_offboarding_is_one() {
    let world = World::new().await;
    live(&world, "acme", foreign(), DEPROVISIONING).await;
    take_in(&world, &failed(EventName::DeprovisionFailure, "failed"), 10).await;
    assert_eq!(kit::tenant(&world, "acme").await.status, Status::DeprovisionFailed);
}

/// The same outcome again, from whichever delivery, is a duplicate.
#[tokio::test]
async fn a_repeated_outcome_changes_nothing() {
    let world = World::new().await;
    live(&world, "acme", foreign(), PROVISIONING).await;
    let done = succeeded(EventName::ProvisionSuccess, "done");
    take_in(&world, &done, 10).await;
    let before = kit::tenant(&world, "acme").await;
    take_in(&world, &done, 11).await;
    take_in(&world, &succeeded(EventName::ProvisionSuccess, "resent"), 12).await;
    assert_eq!(kit::tenant(&world, "acme").await, before);
    let verdicts = verdicts(&world, "acme").await;
    assert_eq!(
        verdicts[PROVISIONING.len()..],
        ["accepted", "duplicate AlreadyRecorded", "duplicate AlreadyRecorded"]
    );
}

/// An outcome that contradicts the one that was recorded, or comes after the
/// tenant's end, is stale.
#[tokio::test]
async fn a_late_outcome_is_stale() {
    for (steps, late) in [
        (ACTIVE, failed(EventName::ProvisionFailure, "late")),
        (DEPROVISIONING, succeeded(EventName::ProvisionSuccess, "late")),
        (GONE, succeeded(EventName::ProvisionSuccess, "late")),
        (GONE, failed(EventName::DeprovisionFailure, "late")),
    ] {
        let world = World::new().await;
        let before = live(&world, "acme", foreign(), steps).await;
        take_in(&world, &late, 10).await;
        assert_eq!(kit::tenant(&world, "acme").await, before);
        assert_eq!(verdicts(&world, "acme").await.pop().unwrap(), "stale Superseded", "{steps:?}");
    }
}

/// A tenant that Tenantry itself provisions takes no outcome from a foreign
/// plane, whoever it says it is.
#[tokio::test]
async fn an_outcome_for_a_tenant_of_our_own_is_stale() {
    for (steps, name) in
        [(PROVISIONING, EventName::ProvisionSuccess), (DEPROVISIONING, EventName::DeprovisionSuccess)]
    {
        let world = World::new().await;
        let before = live(&world, "acme", platinum(), steps).await;
        take_in(&world, &succeeded(name, "forged"), 10).await;
        let ours = json!({ "tenantId": before.tenant_id, "metadata": metadata("forged", PRODUCER) });
        take_in(&world, &with(succeeded(name, "forged too"), &ours), 11).await;
        assert_eq!(kit::tenant(&world, "acme").await, before);
        let lines = kit::history(&world, "acme").await;
        let actors: Vec<_> = lines[steps.len()..].iter().map(|line| line.origin.actor.as_str()).collect();
        assert_eq!(actors, ["sbt.application.plane", "sbt.application.plane (tenantry)"]);
        assert_eq!(verdicts(&world, "acme").await[steps.len()..], ["stale Superseded"; 2]);
    }
}

/// An outcome from the control plane's source is forged: refused, in the
/// history.
#[tokio::test]
async fn an_outcome_from_the_wrong_source_is_refused() {
    let world = World::new().await;
    let before = live(&world, "acme", foreign(), PROVISIONING).await;
    let id = json!({ "tenantId": before.tenant_id });
    let mut forged = with(succeeded(EventName::ProvisionSuccess, "forged"), &id);
    forged["source"] = json!("sbt.control.plane");
    take_in(&world, &forged, 10).await;
    assert_eq!(kit::tenant(&world, "acme").await, before);
    assert_eq!(verdicts(&world, "acme").await.pop().unwrap(), "refused WrongSource");
}

/// A malformed outcome that names only a registration, as SBT's do, is in the
/// history of the tenant that the registration is of (there is no queue here: a
/// message would be an error). One of an unknown
/// registration goes into the queue.
#[tokio::test]
async fn a_malformed_outcome_is_in_the_history_of_its_registrations_tenant() {
    let world = World::new().await;
    let before = live(&world, "acme", foreign(), PROVISIONING).await;
    let mut malformed = succeeded(EventName::ProvisionSuccess, "malformed");
    malformed["detail"]["jobOutput"] = json!("done");
    take_in(&world, &malformed, 10).await;
    let line = kit::history(&world, "acme").await.pop().unwrap();
    assert_eq!((line.verdict, line.code.as_deref()), (Verdict::Refused, Some("InvalidField")));
    assert!(line.reason.contains("jobOutput"), "{}", line.reason);
    assert_eq!(kit::tenant(&world, "acme").await, before);

    world.create_queue().await;
    malformed["detail"]["tenantRegistrationId"] = json!("of nobody");
    take_in(&world, &malformed, 11).await;
    assert_eq!(put_away(&world).await.1["ERROR_CODE"], "InvalidField");
}

/// An answer that is faster than its tenant's record is delivered again, and taken
/// once the record is there; without one it ends in the dead-letter queue.
#[tokio::test]
async fn an_answer_from_before_the_tenants_record_is_tried_again() {
    let world = World::new().await;
    let by_id = json!({ "tenantId": TenantId::derive("nobody") });
    let done = succeeded(EventName::ProvisionSuccess, "done");
    for payload in [&done, &with(failed(EventName::DeprovisionFailure, "failed"), &by_id)] {
        let refusal = invoke(&world, Function::ApplicationEvents, payload, at(0)).await.unwrap_err();
        assert_eq!((refusal.name, refusal.is_retryable), ("UnknownTenant", true));
    }
    assert!(world.items().await.is_empty());
    live(&world, "acme", foreign(), PENDING).await;
    take_in(&world, &done, 1).await;
    let tenant = kit::tenant(&world, "acme").await;
    assert_eq!((tenant.status, tenant.operation), (Status::Active, None));
    assert_eq!(tenant.last_operation.map(|last| last.id.to_string()).as_deref(), Some("1-1"));
}

/// An answer whose operation has to wait is delivered again, and leaves no line in
/// the history until it counts.
#[tokio::test]
async fn an_answer_out_of_turn_is_tried_again() {
    let world = World::new().await;
    live(&world, "acme", foreign(), UNWANTED).await;
    let gone = succeeded(EventName::DeprovisionSuccess, "gone");
    let before = kit::history(&world, "acme").await;
    let refusal = invoke(&world, Function::ApplicationEvents, &gone, at(10)).await.unwrap_err();
    assert_eq!((refusal.name, refusal.is_retryable), ("NotYet", true));
    assert_eq!(kit::history(&world, "acme").await, before);
    kit::take(&world, "acme", &foreign(), Step::Fail, 11).await;
    take_in(&world, &gone, 12).await;
    assert_eq!(kit::tenant(&world, "acme").await.status, Status::Deprovisioned);
}

/// What a plane says of a suspension or a resumption ends it, with its reason if
/// it failed; the outputs stay.
#[tokio::test]
async fn a_suspension_and_a_resumption_end_by_the_planes_word() {
    let world = World::new().await;
    live(&world, "acme", foreign(), SUSPENDING).await;
    let outputs = kit::tenant(&world, "acme").await.outputs;
    let says = |name: EventName, seed: &str| {
        event(name, seed, &json!({ "tenantRegistrationId": kit::registration("acme") }))
    };
    take_in(&world, &says(EventName::DeactivateSuccess, "closed"), 10).await;
    assert_eq!(kit::tenant(&world, "acme").await.status, Status::Suspended);
    kit::take(&world, "acme", &foreign(), Step::Resume, 11).await;
    kit::take(&world, "acme", &foreign(), Step::Begin, 12).await;
    take_in(&world, &says(EventName::ActivateFailure, "not open"), 13).await;
    let tenant = kit::tenant(&world, "acme").await;
    assert_eq!((tenant.status, tenant.outputs), (Status::UpdateFailed, outputs));
    assert_eq!(tenant.failure.unwrap().code.as_str(), "ApplicationPlaneFailed");
    kit::take(&world, "acme", &foreign(), Step::Retry, 14).await;
    take_in(&world, &says(EventName::ActivateSuccess, "open"), 15).await;
    assert_eq!(kit::tenant(&world, "acme").await.status, Status::Active);
}
