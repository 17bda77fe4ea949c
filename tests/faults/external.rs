//! The deliveries of tenants of an external application plane that the fault matrix
//! tries: with a bus of the plane's own, and on the tenant bus.

use crate::hold_part;
use crate::table::EXTERNAL;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_registry::lifecycle::Input;
use tenantry_tests::builders::{begin, foreign, noon, onboarding, origin};
use tenantry_tests::events::event;
use tenantry_tests::lives::{
    self as kit, ACTIVE, DEPROVISIONING, GONE, PENDING, PROVISIONING, SUSPENDING, Step, UNWANTED, live, lived,
};
use tenantry_tests::matrix::Scenario;
use tenantry_tests::payloads::request as ask;
use tenantry_tests::world::{Function, World};

/// Up to another attempt at its provisioning.
const RETRYING: &[Step] = &[Step::Onboard, Step::Begin, Step::Fail, Step::Retry, Step::Begin];
/// Up to its suspension, and its resumption.
const RESUMING: &[Step] = &[
    Step::Onboard,
    Step::Begin,
    Step::Succeed,
    Step::Suspend,
    Step::Begin,
    Step::Succeed,
    Step::Resume,
    Step::Begin,
];
/// Up to a suspension that had to wait for the provisioning.
const WAITED: &[Step] = &[Step::Onboard, Step::Begin, Step::Suspend, Step::Succeed, Step::Begin];

/// Which bus the plane listens on.
#[derive(Clone, Copy)]
enum Bus {
    Own,
    Tenant,
}

/// The world of a plane on `bus`.
async fn on(bus: Bus, world: &World) {
    match bus {
        Bus::Own => world.create_plane_bus().await,
        Bus::Tenant => {}
    }
}

/// An answer of the plane about the tenant `acme`.
fn answer(name: EventName, output: Value) -> Value {
    let detail = json!({ "tenantRegistrationId": kit::registration("acme"), "jobOutput": output });
    event(name, "answer", &detail)
}

/// An answer about a suspension or a resumption.
fn toggled(name: EventName) -> Value {
    event(name, "answer", &json!({ "tenantRegistrationId": kit::registration("acme") }))
}

/// `publisher`, whatever fails: each request is handed over under its one id, on
/// the plane's bus, and everything else is told everybody.
fn publisher() -> Vec<Scenario> {
    let told = |bus: Bus, name: &'static str, steps: &'static [Step]| {
        Scenario::new(Function::Publisher, name, move |world| async move {
            on(bus, &world).await;
            lived(&world, "acme", foreign(), steps).await.batch
        })
    };
    vec![
        told(Bus::Own, "own bus: a provisioning begins", PROVISIONING),
        told(Bus::Own, "own bus: an offboarding begins", DEPROVISIONING),
        told(Bus::Tenant, "tenant bus: another attempt begins", RETRYING),
        told(Bus::Tenant, "tenant bus: what waited begins", WAITED),
        told(Bus::Tenant, "tenant bus: it is active", ACTIVE),
    ]
}

/// `application-events`, whatever fails: each answer counts once.
fn application_events() -> Vec<Scenario> {
    let taken = |bus: Bus, name: &'static str, steps: &'static [Step], payload: Value| {
        Scenario::new(Function::ApplicationEvents, name, move |world| {
            let payload = payload.clone();
            async move {
                on(bus, &world).await;
                live(&world, "acme", foreign(), steps).await;
                payload
            }
        })
    };
    let made = json!({ "tenantData": { "apiUrl": "https://api" } });
    let broken = json!({ "tenantStatus": "It broke." });
    vec![
        taken(
            Bus::Own,
            "own bus: provisioned",
            PROVISIONING,
            answer(EventName::ProvisionSuccess, made.clone()),
        ),
        taken(Bus::Own, "own bus: suspended", SUSPENDING, toggled(EventName::DeactivateSuccess)),
        taken(Bus::Tenant, "not resumed", RESUMING, toggled(EventName::ActivateFailure)),
        taken(Bus::Tenant, "gone", DEPROVISIONING, answer(EventName::DeprovisionSuccess, json!({}))),
        taken(Bus::Tenant, "not gone", DEPROVISIONING, answer(EventName::DeprovisionFailure, broken)),
        taken(Bus::Tenant, "early: provisioned", PENDING, answer(EventName::ProvisionSuccess, made.clone())),
        taken(Bus::Tenant, "again: provisioned", ACTIVE, answer(EventName::ProvisionSuccess, made.clone())),
        taken(Bus::Tenant, "late: provisioned", GONE, answer(EventName::ProvisionSuccess, made)),
    ]
}

/// `reconciler`, whatever fails: one operation, handed over once.
fn reconciler() -> Vec<Scenario> {
    let changed = |bus: Bus, name: &'static str, steps: &'static [Step]| {
        Scenario::new(Function::Reconciler, name, move |world| async move {
            on(bus, &world).await;
            world.registry().put_tier(&foreign()).await.unwrap();
            lived(&world, "acme", foreign(), steps).await.batch
        })
    };
    vec![
        changed(Bus::Own, "own bus: begin", PENDING),
        changed(Bus::Tenant, "tenant bus: begin", PENDING),
        changed(Bus::Tenant, "tenant bus: begin again", &RETRYING[..4]),
        changed(Bus::Own, "own bus: nothing to start", PROVISIONING),
        changed(Bus::Own, "own bus: stop", UNWANTED),
    ]
}

/// The tenant `acme` as it was before `noon`, with an operation that began then
/// and has until `deadline`, in minutes from noon.
async fn long_open(world: &World, deadline: i64) {
    let Input::Onboard(mut request) = onboarding("acme") else { unreachable!("an onboarding") };
    (request.tier_name, request.tier) = (foreign().name, Some(foreign()));
    let (id, before) = (request.tenant_id, noon() - TimeDelta::hours(4));
    let registry = world.registry();
    let onboarded = registry.apply(id, &Input::Onboard(request), &origin("onboard"), before).await.unwrap();
    let Input::Begin(mut begin) = begin(&onboarded.tenant.unwrap()) else { unreachable!("a beginning") };
    begin.hand_over = world.has_plane_bus();
    begin.deadline = noon() + TimeDelta::minutes(deadline);
    registry.apply(id, &Input::Begin(begin), &origin("begin"), before).await.unwrap();
}

/// `sweeper`, whatever fails: what nobody has handed over is, and what nobody
/// answers ends.
fn sweeper() -> Vec<Scenario> {
    let swept = |bus: Bus, name: &'static str, deadline: i64| {
        Scenario::new(Function::Sweeper, name, move |world| async move {
            on(bus, &world).await;
            world.create_machines().await;
            long_open(&world, deadline).await;
            json!({})
        })
    };
    vec![
        swept(Bus::Own, "own bus: nobody handed it over", 60),
        swept(Bus::Tenant, "tenant bus: nobody told of it", 60),
        Scenario::new(Function::Sweeper, "the plane never answered", |world| async move {
            world.create_machines().await;
            long_open(&world, -1).await;
            // What was to be told is: the sweep ends the operation, and no more.
            for line in world.registry().unpublished(noon(), 100).await.unwrap() {
                world.registry().published(&line.tenant_id, &line.record).await.unwrap();
            }
            json!({})
        }),
        Scenario::new(Function::Sweeper, "its beginning was lost", |world| async move {
            world.create_machines().await;
            world.registry().put_tier(&foreign()).await.unwrap();
            live(&world, "acme", foreign(), PENDING).await;
            json!({})
        }),
    ]
}

/// `lifecycle`, whatever fails: one request, one change.
fn lifecycle() -> Vec<Scenario> {
    vec![
        Scenario::new(Function::Lifecycle, "external: suspend", |world| async move {
            let tenant = live(&world, "acme", foreign(), ACTIVE).await;
            ask(EventName::DeactivateRequest, &tenant, "suspend", 0)
        }),
        Scenario::new(Function::Lifecycle, "external: retry", |world| async move {
            let tenant = live(&world, "acme", foreign(), &RETRYING[..3]).await;
            ask(EventName::RetryRequest, &tenant, "retry", 0)
        }),
        Scenario::new(Function::Lifecycle, "external: cancel", |world| async move {
            let tenant = live(&world, "acme", foreign(), PROVISIONING).await;
            ask(EventName::CancelRequest, &tenant, "cancel", 0)
        }),
    ]
}

/// Every call of every function that a tenant of an external plane meets, with
/// every fault, on both buses.
#[tokio::test]
async fn external_planes() {
    let parts = [publisher(), application_events(), reconciler(), sweeper(), lifecycle()];
    let scenarios: Vec<Scenario> = parts.into_iter().flatten().collect();
    hold_part(EXTERNAL, &scenarios, 500).await;
}
