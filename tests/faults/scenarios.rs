//! The deliveries that the fault matrix tries, of every function: see
//! [`tenantry_tests::matrix`].

use crate::hold;
use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::builders::{foreign, onboard, platinum};
use tenantry_tests::events::{event, with};
use tenantry_tests::http;
use tenantry_tests::lives::{
    self as kit, ACTIVE, DEPROVISIONING, PENDING, PROVISIONING, Step, UNWANTED, live, lived,
    onboarding_request,
};
use tenantry_tests::machine::build;
use tenantry_tests::matrix::Scenario;
use tenantry_tests::payloads::{failed, properties, request as ask, status_change, succeeded, tier_request};
use tenantry_tests::streams;
use tenantry_tests::world::{Function, World};

/// `onboarding`, whatever fails: one tenant, or one refusal.
#[tokio::test]
async fn onboarding() {
    let function = Function::Onboarding;
    let with_tier = |world: World| async move {
        world.registry().put_tier(&platinum()).await.unwrap();
        onboarding_request("acme", "first")
    };
    hold(
        &[
            Scenario::new(function, "a new tenant", with_tier),
            Scenario::new(function, "a registration only", move |world| async move {
                with(with_tier(world).await, &json!({ "tenantId": null }))
            }),
            Scenario::new(function, "the name is taken", move |world| async move {
                live(&world, "rival", platinum(), PENDING).await;
                with(with_tier(world).await, &json!({ "tenantName": "rival" }))
            }),
            Scenario::new(function, "a duplicate", move |world| async move {
                live(&world, "acme", platinum(), PENDING).await;
                let same = json!({ "email": onboard("acme").email });
                with(with_tier(world).await, &same)
            }),
            Scenario::new(function, "an unknown tier", |world| async move {
                world.create_queue().await;
                onboarding_request("acme", "first")
            }),
            Scenario::new(function, "forged, a known tenant", |world| async move {
                live(&world, "acme", platinum(), PENDING).await;
                with(onboarding_request("acme", "first"), &json!({ "status": "Active" }))
            }),
            Scenario::new(function, "poison", |world| async move {
                world.create_queue().await;
                json!({ "no": "event" })
            }),
        ],
        200,
    )
    .await;
}

/// `offboarding`, whatever fails: one wish.
#[tokio::test]
async fn offboarding() {
    let function = Function::Offboarding;
    let leave = |detail: Value| event(EventName::OffboardingRequest, "leave", &detail);
    hold(
        &[
            Scenario::new(function, "an active tenant", move |world| async move {
                live(&world, "acme", platinum(), ACTIVE).await;
                leave(json!({ "tenantRegistrationId": kit::registration("acme") }))
            }),
            Scenario::new(function, "during provisioning", move |world| async move {
                live(&world, "acme", platinum(), PROVISIONING).await;
                leave(json!({ "tenantId": onboard("acme").tenant_id }))
            }),
            Scenario::new(function, "poison", move |world| async move {
                world.create_queue().await;
                leave(json!({}))
            }),
        ],
        75,
    )
    .await;
}

/// `application-events`, whatever fails: one outcome.
#[tokio::test]
async fn application_events() {
    let function = Function::ApplicationEvents;
    let outcome = |name: EventName| {
        let output = match name {
            EventName::ProvisionSuccess => json!({ "tenantData": { "apiUrl": "https://api" } }),
            _ => json!({ "tenantStatus": "Failed to provision tenant." }),
        };
        let registration = kit::registration("acme");
        event(name, "outcome", &json!({ "tenantRegistrationId": registration, "jobOutput": output }))
    };
    hold(
        &[
            Scenario::new(function, "a success", move |world| async move {
                live(&world, "acme", foreign(), PROVISIONING).await;
                outcome(EventName::ProvisionSuccess)
            }),
            Scenario::new(function, "a failure", move |world| async move {
                live(&world, "acme", foreign(), PROVISIONING).await;
                outcome(EventName::ProvisionFailure)
            }),
            Scenario::new(function, "of a tenant of our own", move |world| async move {
                live(&world, "acme", platinum(), PROVISIONING).await;
                outcome(EventName::ProvisionSuccess)
            }),
            Scenario::new(function, "before its operation begins", move |world| async move {
                live(&world, "acme", foreign(), PENDING).await;
                outcome(EventName::ProvisionSuccess)
            }),
        ],
        140,
    )
    .await;
}

/// `reconciler`, whatever fails: one operation, one execution.
#[tokio::test]
async fn reconciler() {
    let function = Function::Reconciler;
    let running = |world: World| async move {
        world.create_machines().await;
        let started = lived(&world, "acme", platinum(), PROVISIONING).await.batch;
        assert!(world.invoke(Function::Reconciler, &started, kit::at(9)).await.is_ok());
    };
    hold(
        &[
            Scenario::new(function, "begin", |world| async move {
                lived(&world, "acme", platinum(), PENDING).await.batch
            }),
            Scenario::new(function, "start", |world| async move {
                world.create_machines().await;
                lived(&world, "acme", platinum(), PROVISIONING).await.batch
            }),
            Scenario::new(function, "no such machine", |world| async move {
                lived(&world, "acme", platinum(), PROVISIONING).await.batch
            }),
            Scenario::new(function, "stop", move |world| async move {
                running(world.clone()).await;
                world.changes(kit::take(&world, "acme", &platinum(), Step::Offboard, 5)).await.0
            }),
            Scenario::new(function, "stop what never started", |world| async move {
                world.create_machines().await;
                lived(&world, "acme", platinum(), UNWANTED).await.batch
            }),
            Scenario::new(function, "two tenants, two records each", |world| async move {
                world.create_machines().await;
                let mut records = Vec::new();
                for (step, place) in [(Step::Onboard, 0), (Step::Begin, 1)] {
                    for name in ["acme", "rival"] {
                        let (batch, _) =
                            world.changes(kit::take(&world, name, &platinum(), step, place)).await;
                        records.extend(streams::of_tenants(&batch)["Records"].as_array().unwrap().clone());
                    }
                }
                streams::batch(records)
            }),
        ],
        250,
    )
    .await;
}

/// `lifecycle`, whatever fails: one wish.
#[tokio::test]
async fn lifecycle() {
    let function = Function::Lifecycle;
    hold(
        &[
            Scenario::new(function, "suspend", |world| async move {
                let tenant = live(&world, "acme", platinum(), ACTIVE).await;
                ask(EventName::DeactivateRequest, &tenant, "suspend", 0)
            }),
            Scenario::new(function, "another address", |world| async move {
                let tenant = live(&world, "acme", platinum(), ACTIVE).await;
                let detail = json!({ "tenantId": tenant.tenant_id, "email": "new@acme.example" });
                event(EventName::ChangeRequest, "change", &detail)
            }),
            Scenario::new(function, "resume what is active", |world| async move {
                let tenant = live(&world, "acme", platinum(), ACTIVE).await;
                ask(EventName::ActivateRequest, &tenant, "resume", 0)
            }),
            Scenario::new(function, "retry", |world| async move {
                live(&world, "acme", platinum(), PROVISIONING).await;
                let tenant = kit::take(&world, "acme", &platinum(), Step::Fail, 3).await;
                ask(EventName::RetryRequest, &tenant, "retry", 0)
            }),
            Scenario::new(function, "cancel", |world| async move {
                let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
                ask(EventName::CancelRequest, &tenant, "cancel", 0)
            }),
        ],
        60,
    )
    .await;
}

/// `sweeper`, whatever fails: the next sweep does what this one could not.
#[tokio::test]
async fn sweeper() {
    let function = Function::Sweeper;
    hold(
        &[
            // Each sweep goes one step further: this is one that a second has nothing to add to.
            Scenario::new(function, "nobody started an operation", |world| async move {
                world.create_machines().await;
                live(&world, "acme", platinum(), PROVISIONING).await;
                json!({})
            }),
        ],
        90,
    )
    .await;
}

/// `publisher`, whatever fails: each event under its one id.
#[tokio::test]
async fn publisher() {
    let function = Function::Publisher;
    hold(
        &[
            Scenario::new(function, "a tenant is active", |world| async move {
                lived(&world, "acme", platinum(), ACTIVE).await.batch
            }),
            Scenario::new(function, "three tenants at once", |world| async move {
                let mut records = Vec::new();
                for (name, steps) in [("acme", ACTIVE), ("rival", DEPROVISIONING), ("third", PENDING)] {
                    let batch = lived(&world, name, platinum(), steps).await.batch;
                    records.extend(batch["Records"].as_array().unwrap().clone());
                }
                streams::batch(records)
            }),
            Scenario::new(function, "a refused onboarding", |world| async move {
                let request = onboarding_request("acme", "first");
                world.create_queue().await;
                let invoked = world.invoke(Function::Onboarding, &request, kit::at(0));
                world.changes(async { assert!(invoked.await.is_ok()) }).await.0
            }),
        ],
        75,
    )
    .await;
}

/// `record-outcome`, whatever fails: one outcome, and one administrator.
#[tokio::test]
async fn record_outcome() {
    let function = Function::RecordOutcome;
    hold(
        &[
            Scenario::new(function, "provisioned", |world| async move {
                let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
                let exported = json!([{ "Name": "API_URL", "Value": "https://api" }]);
                succeeded(&tenant, "provision-silo", &build("SUCCEEDED", &exported))
            }),
            Scenario::new(function, "not provisioned", |world| async move {
                let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
                let cause = json!({ "Build": build("FAILED", &json!([])) }).to_string();
                let clean = json!({ "outcome": "succeeded" });
                failed(&tenant, "provision-silo", "States.TaskFailed", &cause, &clean)
            }),
            Scenario::new(function, "provisioned, with an administrator", |world| async move {
                let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
                let pool = world.create_user_pool().await;
                let exported = json!([{ "Name": "USER_POOL_ID", "Value": pool }]);
                succeeded(&tenant, "provision-silo", &build("SUCCEEDED", &exported))
            }),
            Scenario::new(function, "another address", |world| async move {
                let pool = world.create_user_pool().await;
                let tenant = kit::readdressed(&world, "acme", &pool, "somebody-before").await;
                succeeded(&tenant, "update-silo", &Value::Null)
            }),
            Scenario::new(function, "deprovisioned", |world| async move {
                let tenant = live(&world, "acme", platinum(), DEPROVISIONING).await;
                succeeded(&tenant, "deprovision-silo", &build("SUCCEEDED", &json!([])))
            }),
        ],
        110,
    )
    .await;
}

/// `execution-ended`, whatever fails: one outcome.
#[tokio::test]
async fn execution_ended() {
    let function = Function::ExecutionEnded;
    hold(
        &[
            Scenario::new(function, "failed", |world| async move {
                let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
                status_change(&tenant, "FAILED")
            }),
            Scenario::new(function, "aborted as wanted", |world| async move {
                let tenant = live(&world, "acme", platinum(), UNWANTED).await;
                status_change(&tenant, "ABORTED")
            }),
        ],
        75,
    )
    .await;
}

/// `tiers`, whatever fails: the tier as declared, and CloudFormation told.
#[tokio::test]
async fn tiers() {
    let function = Function::Tiers;
    hold(
        &[
            Scenario::new(function, "create", |world| async move {
                let declared = json!({ "ResourceProperties": properties("platinum", "silo") });
                tier_request(&world, "Create", &declared).await
            }),
            Scenario::new(function, "delete", |world| async move {
                world.registry().put_tier(&platinum()).await.unwrap();
                let deleted = json!({
                    "PhysicalResourceId": "tier-platinum",
                    "ResourceProperties": properties("platinum", "silo"),
                });
                tier_request(&world, "Delete", &deleted).await
            }),
        ],
        50,
    )
    .await;
}

/// `api`, whatever fails and wherever it crashes: with a key, the repetition
/// gives the answer, and the event is on the bus, once or more often under its
/// one id.
#[tokio::test]
async fn api() {
    let function = Function::Api;
    let create = |tier: &str| {
        let body = json!({ "tenantName": "acme", "email": "a@acme.example", "tier": tier });
        http::keyed(http::request("POST /tenant-registrations", &Value::Null, &body), "order-1")
    };
    let about = |verb: &str, id: &str| {
        let key = format!("POST /tenants/{{tenantId}}/{verb}");
        let parameters = json!({ "tenantId": id });
        http::keyed(http::request(&key, &parameters, &json!({ "reason": "why" })), "ticket-1")
    };
    hold(
        &[
            Scenario::new(function, "create", move |world| async move {
                world.registry().put_tier(&platinum()).await.unwrap();
                create("platinum")
            }),
            Scenario::new(function, "create, the name is taken", move |world| async move {
                world.registry().put_tier(&platinum()).await.unwrap();
                live(&world, "acme", platinum(), PENDING).await;
                create("platinum")
            }),
            Scenario::new(function, "suspend", move |world| async move {
                let tenant = live(&world, "acme", platinum(), ACTIVE).await;
                about("suspend", &tenant.tenant_id.to_string())
            }),
            Scenario::new(function, "delete", move |world| async move {
                let tenant = live(&world, "acme", platinum(), ACTIVE).await;
                let key = "DELETE /tenant-registrations/{tenantRegistrationId}";
                let parameters = json!({ "tenantRegistrationId": tenant.tenant_registration_id });
                http::keyed(http::request(key, &parameters, &Value::Null), "ticket-2")
            }),
            Scenario::new(function, "retry, in vain", move |world| async move {
                let tenant = live(&world, "acme", platinum(), ACTIVE).await;
                about("retry", &tenant.tenant_id.to_string())
            }),
            Scenario::new(function, "a user", move |world| async move {
                world.create_operators().await;
                let body = json!({ "email": "ada@ops.example", "userRole": "operators" });
                let admin = world.operator("root", "admins").await;
                let create = http::request("POST /users", &Value::Null, &body);
                http::keyed(http::claiming(create, &admin), "ticket-3")
            }),
        ],
        100,
    )
    .await;
}
