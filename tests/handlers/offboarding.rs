//! `offboarding`: what becomes of a request, and of one that comes again, too
//! early or too late.

use crate::kit::{
    self, ACTIVE, GONE, PENDING, Step, UNWANTED, asked, at, done, invoke, live, metadata, verdicts,
};
use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_registry::tenant::{DesiredState, Status, Tenant};
use tenantry_tests::builders::{onboard, platinum};
use tenantry_tests::events::{event, with};
use tenantry_tests::examples;
use tenantry_tests::world::{Function, World};

fn request(name: &str, seed: &str) -> Value {
    let detail = json!({ "tenantId": onboard(name).tenant_id, "apiToken": kit::SECRET });
    event(EventName::OffboardingRequest, seed, &detail)
}

async fn offboard(world: &World, payload: &Value, n: usize) {
    done(world, Function::Offboarding, payload, at(n)).await;
}

/// A request becomes a new desired state, and its operation begins, in one
/// transaction.
#[tokio::test]
async fn a_request_begins_its_operation() {
    let world = World::new().await;
    live(&world, "acme", platinum(), ACTIVE).await;
    offboard(&world, &request("acme", "leave"), 10).await;
    let tenant = kit::tenant(&world, "acme").await;
    assert_eq!((tenant.desired, tenant.status), (DesiredState::Deprovisioned, Status::Deprovisioning));
    assert_eq!((tenant.generation, tenant.attempt, tenant.version), (2, 1, 4));
    assert_eq!(asked(&world), ["TransactWriteItems TENANT+CAPACITY+CAPACITY+OPERATION+AUDIT"]);
    let line = kit::history(&world, "acme").await.pop().unwrap();
    assert_eq!((line.origin.action.as_str(), line.tenant_version), ("offboardingRequest", Some(4)));
}

/// A registration id names the tenant as well as its own id does.
#[tokio::test]
async fn a_registration_names_the_tenant() {
    let world = World::new().await;
    live(&world, "acme", platinum(), ACTIVE).await;
    let fields = json!({ "tenantId": null, "tenantRegistrationId": kit::registration("acme") });
    offboard(&world, &with(request("acme", "leave"), &fields), 10).await;
    assert_eq!(kit::tenant(&world, "acme").await.desired, DesiredState::Deprovisioned);
}

/// Every valid example of the contract offboards its tenant.
#[tokio::test]
async fn every_valid_example_offboards_its_tenant() {
    let valid =
        examples::valid().into_iter().filter(|example| example.event == EventName::OffboardingRequest);
    for example in valid {
        let world = World::new().await;
        world.registry().put_tier(&platinum()).await.unwrap();
        let sbt = examples::of(EventName::OnboardingRequest, "sbt").detail();
        let onboarded = event(EventName::OnboardingRequest, "first", &sbt);
        done(&world, Function::Onboarding, &onboarded, at(0)).await;
        let (batch, _) =
            world.changes(offboard(&world, &event(example.event, "leave", &example.detail()), 1)).await;
        let text = batch.to_string();
        assert!(text.contains(r#""desired":{"S":"deprovisioned"}"#), "{}: {text}", example.title());
    }
}

/// EventBridge keeps no order: an offboarding that comes before its onboarding
/// is an error that is tried again, and then succeeds.
#[tokio::test]
async fn an_offboarding_that_overtakes_its_onboarding_is_tried_again() {
    let world = World::new().await;
    let (leave, by_registration) = (
        request("acme", "leave"),
        with(
            request("acme", "leave"),
            &json!({ "tenantId": null, "tenantRegistrationId": kit::registration("acme") }),
        ),
    );
    for payload in [&leave, &by_registration] {
        let refusal = invoke(&world, Function::Offboarding, payload, at(0)).await.unwrap_err();
        assert_eq!((refusal.name, refusal.is_retryable), ("UnknownTenant", true));
    }
    assert!(world.items().await.is_empty());
    live(&world, "acme", platinum(), PENDING).await;
    offboard(&world, &leave, 10).await;
    assert_eq!(kit::tenant(&world, "acme").await.desired, DesiredState::Deprovisioned);
}

/// Whatever the tenant is by then, the same request again and another one
/// change nothing more, and are in the history as duplicates; a live tenant
/// remembers the other one, and that is all.
#[tokio::test]
async fn a_repeated_request_changes_nothing() {
    for steps in [PENDING, ACTIVE, UNWANTED, GONE] {
        let world = World::new().await;
        live(&world, "acme", platinum(), steps).await;
        let leave = with(request("acme", "leave"), &json!({ "metadata": metadata("leave", "shop") }));
        let unwanted = kit::tenant(&world, "acme").await.desired == DesiredState::Deprovisioned;
        if !unwanted {
            offboard(&world, &leave, 10).await;
        }
        let before = kit::tenant(&world, "acme").await;
        offboard(&world, &leave, 11).await;
        let resent = with(request("acme", "resent"), &json!({ "metadata": metadata("leave", "shop") }));
        offboard(&world, &resent, 12).await;
        assert_eq!(kit::tenant(&world, "acme").await, before);
        offboard(&world, &request("acme", "another"), 13).await;
        let after = kit::tenant(&world, "acme").await;
        let gone = before.status == Status::Deprovisioned;
        assert_eq!(after.version, before.version + u64::from(!gone));
        let Tenant { heard, version, updated_at, .. } = before;
        assert_eq!(Tenant { heard, version, updated_at, ..after }, before);
        let verdicts = verdicts(&world, "acme").await;
        assert_eq!(verdicts[verdicts.len() - 3..], ["duplicate AlreadyOffboarded"; 3], "{steps:?}");
    }
}

/// After a failed offboarding a new request is another try; the old one coming
/// again is not.
#[tokio::test]
async fn a_new_request_after_a_failure_is_another_try() {
    let world = World::new().await;
    live(&world, "acme", platinum(), ACTIVE).await;
    let first = request("acme", "leave");
    offboard(&world, &first, 10).await;
    kit::take(&world, "acme", &platinum(), Step::Fail, 12).await;
    offboard(&world, &first, 13).await;
    assert_eq!(kit::tenant(&world, "acme").await.generation, 2);
    offboard(&world, &request("acme", "again"), 14).await;
    let tenant = kit::tenant(&world, "acme").await;
    assert_eq!((tenant.generation, tenant.attempt, tenant.status), (3, 1, Status::Deprovisioning));
}

/// A request from the wrong source is refused in the tenant's history.
#[tokio::test]
async fn a_forged_request_is_refused_in_the_tenants_history() {
    let world = World::new().await;
    let before = live(&world, "acme", platinum(), ACTIVE).await;
    let mut forged = request("acme", "forged");
    forged["source"] = json!("sbt.application.plane");
    offboard(&world, &forged, 10).await;
    assert_eq!(kit::tenant(&world, "acme").await, before);
    assert_eq!(verdicts(&world, "acme").await.pop().unwrap(), "refused WrongSource");
}
