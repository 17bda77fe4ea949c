//! `application-events`: a foreign application plane's outcomes, for its own
//! tenants only.

use crate::kit::{
    self, ACTIVE, DEPROVISIONING, GONE, PROVISIONING, SECRET, asked, at, done, live, metadata, put_away,
    verdicts,
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
        (ACTIVE, succeeded(EventName::DeprovisionSuccess, "late")),
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

/// An outcome of nobody known is put away.
#[tokio::test]
async fn an_outcome_of_an_unknown_tenant_is_put_away() {
    let world = World::new().await;
    world.create_queue().await;
    let by_id = json!({ "tenantId": TenantId::derive("nobody") });
    for payload in [
        succeeded(EventName::ProvisionSuccess, "done"),
        with(failed(EventName::DeprovisionFailure, "failed"), &by_id),
    ] {
        take_in(&world, &payload, 0).await;
        let (kept, why) = put_away(&world).await;
        assert_eq!((kept, why["ERROR_CODE"].as_str()), (payload, "UnknownTenant"));
    }
    assert!(world.items().await.is_empty());
}
