//! Ids that are ours, and ids that must be one tenant's.

use crate::kit::{self, ACTIVE, DEPROVISIONING, PROVISIONING, at, done, live, put_away, verdicts};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tenantry_events::ids::TenantId;
use tenantry_events::name::EventName;
use tenantry_events::text::TenantName;
use tenantry_registry::lifecycle::{Input, Onboard, OutcomeResult};
use tenantry_registry::tenant::{DesiredState, Tenant};
use tenantry_tests::builders::{ending, foreign, noon, onboard, origin, platinum};
use tenantry_tests::events::{event, with};
use tenantry_tests::http::{answer, request};
use tenantry_tests::workspace;
use tenantry_tests::world::{Function, World};

/// Every event about a tenant who is there, with the function that takes it and
/// what it needs to have an effect.
fn about_a_tenant() -> Vec<(EventName, Function, Value)> {
    let given =
        json!({ "jobOutput": { "tenantData": { "apiUrl": "https://api" }, "tenantRegistrationData": {} } });
    let failed = json!({ "jobOutput": { "tenantStatus": "Failed." } });
    vec![
        (EventName::OffboardingRequest, Function::Offboarding, json!({})),
        (EventName::ActivateRequest, Function::Lifecycle, json!({})),
        (EventName::DeactivateRequest, Function::Lifecycle, json!({})),
        (EventName::RetryRequest, Function::Lifecycle, json!({})),
        (EventName::CancelRequest, Function::Lifecycle, json!({})),
        (EventName::ChangeRequest, Function::Lifecycle, json!({ "attributes": { "note": "x" } })),
        (EventName::ProvisionSuccess, Function::ApplicationEvents, given.clone()),
        (EventName::ProvisionFailure, Function::ApplicationEvents, failed.clone()),
        (EventName::DeprovisionSuccess, Function::ApplicationEvents, given),
        (EventName::DeprovisionFailure, Function::ApplicationEvents, failed),
    ]
}

/// A world with the tenants `acme` and `globex`, which the event could change.
async fn two(name: EventName) -> (World, [Tenant; 2]) {
    let world = World::new().await;
    world.create_queue().await;
    let (tier, steps) = match name {
        EventName::ProvisionSuccess | EventName::ProvisionFailure => (foreign(), PROVISIONING),
        EventName::DeprovisionSuccess | EventName::DeprovisionFailure => (foreign(), DEPROVISIONING),
        EventName::CancelRequest => (platinum(), PROVISIONING),
        _ => (platinum(), ACTIVE),
    };
    let acme = live(&world, "acme", tier.clone(), steps).await;
    let globex = live(&world, "globex", tier, steps).await;
    (world, [acme, globex])
}

async fn as_they_are(world: &World) -> [Tenant; 2] {
    [kit::tenant(world, "acme").await, kit::tenant(world, "globex").await]
}

/// Of every event that names a tenant by two ids, each order of one tenant's id
/// and another's registration, or one that is nobody's, changes neither, and
/// stands as refused in the history of each who is named, once however often it
/// is replayed.
#[tokio::test]
async fn ids_of_two_tenants_are_nobodys() {
    for (name, function, detail) in about_a_tenant() {
        let (world, both) = two(name).await;
        let [acme, globex] = &both;
        let cases = [
            (
                "one",
                json!({ "tenantId": acme.tenant_id, "tenantRegistrationId": globex.tenant_registration_id }),
                ["acme", "globex"],
            ),
            (
                "two",
                json!({ "tenantId": globex.tenant_id, "tenantRegistrationId": acme.tenant_registration_id }),
                ["globex", "acme"],
            ),
            (
                "three",
                json!({ "tenantId": acme.tenant_id, "tenantRegistrationId": "of-nobody" }),
                ["acme", "acme"],
            ),
            (
                "four",
                json!({ "tenantId": TenantId::derive("x"), "tenantRegistrationId": acme.tenant_registration_id }),
                ["acme", "acme"],
            ),
        ];
        for (seed, ids, named) in cases {
            let mut payload = with(event(name, seed, &detail), &ids);
            done(&world, function, &payload, at(20)).await;
            assert_eq!(as_they_are(&world).await, both, "{name}: {ids}");
            for tenant in named {
                let last = verdicts(&world, tenant).await.pop();
                assert_eq!(last.as_deref(), Some("refused ContradictoryIds"), "{name}: {ids}");
            }
            let lines = verdicts(&world, "acme").await.len();
            payload["replay-name"] = json!("a replay");
            done(&world, function, &payload, at(21)).await;
            assert_eq!(verdicts(&world, "acme").await.len(), lines, "{name}: {ids}, replayed");
        }
        // An outcome's operation waits for a person: it is in the queue as well.
        let messages = world.messages().await.len();
        let replayed = 2;
        let expected = if function == Function::ApplicationEvents { 4 * replayed } else { 0 };
        assert_eq!(messages, expected, "{name}");
    }
}

/// Two ids of one tenant are taken as one.
#[tokio::test]
async fn both_ids_of_a_tenant_are_its_own() {
    for (name, function, detail) in about_a_tenant() {
        let (world, [acme, _]) = two(name).await;
        let ids = json!({ "tenantId": acme.tenant_id, "tenantRegistrationId": acme.tenant_registration_id });
        done(&world, function, &with(event(name, "both", &detail), &ids), at(20)).await;
        let last = verdicts(&world, "acme").await.pop().expect("a line");
        assert_ne!(last, "refused ContradictoryIds", "{name}");
        let line = kit::history(&world, "acme").await.pop().expect("a line");
        assert_eq!(line.origin.action, name.as_str());
    }
}

/// An outcome whose job exports another tenant's id, or what can be no id, is
/// refused too; one that exports its own, or nothing under the name, is taken.
#[tokio::test]
async fn what_a_job_exports_must_be_of_its_own_tenant() {
    let name = EventName::ProvisionSuccess;
    let outcome = |acme: &Tenant, part: &str, data: &Value| {
        let mut output = json!({ "tenantData": {}, "tenantRegistrationData": {} });
        output[part] = data.clone();
        event(
            name,
            "given",
            &json!({ "tenantRegistrationId": acme.tenant_registration_id, "jobOutput": output }),
        )
    };
    for part in ["tenantData", "tenantRegistrationData"] {
        let (world, [acme, globex]) = two(name).await;
        let wrong = [
            json!({ "tenantId": globex.tenant_id }),
            json!({ "tenantId": "tenant-1" }),
            json!({ "tenantId": 7 }),
            json!({ "tenantRegistrationId": globex.tenant_registration_id }),
            json!({ "tenantRegistrationId": "of-nobody" }),
            json!({ "tenantRegistrationId": "no id".repeat(1_000) }),
        ];
        for data in &wrong {
            done(&world, Function::ApplicationEvents, &outcome(&acme, part, data), at(20)).await;
            assert_eq!(kit::tenant(&world, "acme").await, acme, "{part}: {data}");
        }
        assert_eq!(world.messages().await.len(), wrong.len());
        let right = json!({ "tenantId": acme.tenant_id, "tenantRegistrationId": "" });
        done(&world, Function::ApplicationEvents, &outcome(&acme, part, &right), at(21)).await;
        assert_eq!(kit::tenant(&world, "acme").await.status.as_str(), "Active", "{part}");
    }
}

/// A request by a registration that is nobody's is about nobody, also where a
/// tenant has the id that would be derived from it.
#[tokio::test]
async fn a_registration_means_its_own_tenant_only() {
    let world = World::new().await;
    let before = live(&world, "acme", platinum(), ACTIVE).await;
    // `live` derives the tenant's id from `acme`, and gives it another registration.
    let leave = event(EventName::OffboardingRequest, "leave", &json!({ "tenantRegistrationId": "acme" }));
    let refusal = kit::invoke(&world, Function::Offboarding, &leave, at(20)).await.unwrap_err();
    assert_eq!((refusal.name, refusal.is_retryable), ("UnknownTenant", true));
    assert_eq!(kit::tenant(&world, "acme").await, before);
}

/// A contradictory outcome that is re-driven from the queue stays there.
#[tokio::test]
async fn a_contradiction_stays_in_the_queue_when_it_is_re_driven() {
    let name = EventName::ProvisionFailure;
    let (world, [acme, globex]) = two(name).await;
    let ids = json!({ "tenantId": acme.tenant_id, "tenantRegistrationId": globex.tenant_registration_id });
    let detail = json!({ "jobOutput": { "tenantStatus": "Failed." } });
    let payload = with(event(name, "outcome", &detail), &ids);
    done(&world, Function::ApplicationEvents, &payload, at(20)).await;
    let (mut letter, attributes) = put_away(&world).await;
    assert_eq!(attributes["ERROR_CODE"], "ContradictoryIds");
    letter["replay-name"] = json!(tenantry_events::envelope::REDRIVE);
    let refusal = kit::invoke(&world, Function::ApplicationEvents, &letter, at(21)).await.unwrap_err();
    assert_eq!((refusal.name, refusal.is_retryable), ("ContradictoryIds", false));
}

/// What the API reads for a name, and what it answers.
async fn asked_for(world: &World, name: &str) -> (Vec<String>, u64, Value) {
    world.faulty().start(Vec::new());
    let get = request("GET /tenant-config/{tenantName}", &json!({ "tenantName": name }), &Value::Null);
    let (status, body) = answer(&world.invoke(Function::Api, &get, noon()).await.unwrap());
    let calls = world.faulty().calls().into_iter().map(|call| {
        let read = &call.request;
        format!("{} consistent={} {}", call.operation, read["ConsistentRead"], call.attempt)
    });
    (calls.collect(), status, body)
}

/// A registration that is called as a sentinel could be gives its tenant nothing
/// but its own name; and free, waiting, provisioning, failed, suspended and
/// offboarded names are answered alike, after the same reads.
#[tokio::test]
async fn a_name_that_is_not_open_looks_like_one_that_nobody_has() {
    let world = World::new().await;
    world.registry().put_tier(&platinum()).await.unwrap();
    let outputs = BTreeMap::from(
        [("apiUrl", "https://mine"), ("userPoolId", "p"), ("userPoolClientId", "c")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    // Onboarded as a publisher would, under a registration that reads like ours.
    for id in ["nobody", "unknown", "none", "all", "TENANT", "CLAIM", "free-name"] {
        let detail = json!({ "tenantRegistrationId": id, "tenantName": format!("Sentinel {id}"), "email": "a@b.example", "tier": "platinum" });
        done(&world, Function::Onboarding, &event(EventName::OnboardingRequest, id, &detail), at(0)).await;
        let id_of = TenantId::derive(id);
        let tenant = world.registry().tenant(id_of).await.unwrap().expect("a tenant");
        let result = OutcomeResult::Succeeded {
            outputs: outputs.clone(),
            registration: BTreeMap::new(),
            release: None,
            revision: None,
        };
        let ended = ending(&tenant, result);
        let ended = world.registry().apply(id_of, &ended, &origin(id), at(2)).await.unwrap();
        let tenant = ended.tenant.expect("the tenant");
        assert_eq!(tenant.desired, DesiredState::Active);
        assert_eq!(asked_for(&world, &format!("sentinel {id}")).await.1, 200, "{id} is open");
    }
    let (free, status, body) = asked_for(&world, "free name").await;
    assert_eq!((free.len(), status), (2, 404), "{body}");
    let lives = [
        ("pending", kit::PENDING),
        ("provisioning", PROVISIONING),
        ("failed", &[kit::Step::Onboard, kit::Step::Begin, kit::Step::Fail][..]),
        ("suspended", &[kit::Step::Onboard, kit::Step::Begin, kit::Step::Succeed, kit::Step::Suspend][..]),
        ("gone", kit::GONE),
    ];
    for (name, steps) in lives {
        live(&world, name, platinum(), steps).await;
        assert_eq!(asked_for(&world, name).await, (free.clone(), status, body.clone()), "{name}");
    }
    let twin: TenantName = "free name".parse().unwrap();
    assert_eq!(world.registry().tenant_named(&twin).await.unwrap(), None);
}

/// Every field of every answer of the API and of every event, at any depth, as
/// their generated schemas have them.
fn all_fields() -> BTreeSet<String> {
    fn collect(schema: &Value, found: &mut BTreeSet<String>) {
        match schema {
            Value::Object(object) => {
                if let Some(Value::Object(properties)) = object.get("properties") {
                    found.extend(properties.keys().cloned());
                }
                object.values().for_each(|value| collect(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    collect(&serde_json::from_str(&workspace::read("schemas/openapi.json")).unwrap(), &mut found);
    for name in EventName::ALL {
        collect(&tenantry_events::catalogue::kind(*name).json_schema(), &mut found);
    }
    found
}

/// What the API shows of `tenant`.
async fn shown(world: &World, tenant: &Tenant) -> Value {
    let get = request("GET /tenants/{tenantId}", &json!({ "tenantId": tenant.tenant_id }), &Value::Null);
    let (status, body) = answer(&world.invoke(Function::Api, &get, noon()).await.unwrap());
    assert_eq!(status, 200, "{body}");
    body["data"].clone()
}

/// Attributes called as any field of any answer, any event and the record itself
/// stand under `attributes` and nowhere else: the rest of the tenant is shown as
/// if there were none, but for the two that SBT's clients read.
#[tokio::test]
async fn no_attribute_poses_as_a_field_of_ours() {
    let world = World::new().await;
    let mut names = all_fields();
    let every_step = [kit::Step::Onboard, kit::Step::Begin, kit::Step::Succeed, kit::Step::Suspend];
    let record = serde_json::to_value(live(&world, "plain", platinum(), &every_step).await).unwrap();
    names.extend(record.as_object().expect("a record").keys().cloned());
    assert!(names.len() > 100 && names.contains("waiting") && names.contains("heard"), "{names:?}");
    for (place, some) in names.iter().collect::<Vec<_>>().chunks(40).enumerate() {
        let of = |value: &Value| -> Map<String, Value> {
            some.iter().map(|name| ((*name).clone(), value.clone())).collect()
        };
        for (kind, value) in [json!("posing"), json!({ "id": "9-9" }), json!([1])].into_iter().enumerate() {
            let name = format!("tenant {place} {kind}");
            let onboard = Onboard { attributes: of(&value), ..onboard(&name) };
            let input = Input::Onboard(Box::new(onboard));
            let applied =
                world.registry().apply(TenantId::derive(&name), &input, &origin(&name), noon()).await;
            let tenant = applied.unwrap().tenant.expect("the tenant");
            let mut view = shown(&world, &tenant).await;
            let attributes = view.as_object_mut().unwrap().remove("attributes");
            assert_eq!(attributes, Some(Value::Object(of(&value))));
            let mut plain = views(&world, &format!("twin {place} {kind}")).await;
            for own in ["tenantId", "tenantRegistrationId", "tenantName", "openRequests", "waiting"] {
                plain[own] = view[own].clone();
                assert_ne!(view[own], value, "{own}");
            }
            for sbts in
                ["prices", "registrationStatus"].into_iter().filter(|name| some.iter().any(|one| one == name))
            {
                assert_eq!(view.as_object_mut().unwrap().remove(sbts), Some(value.clone()));
            }
            assert_eq!(view, plain);
        }
    }
}

/// A tenant of the same age without attributes, as it is shown but for these.
async fn views(world: &World, name: &str) -> Value {
    let input = Input::Onboard(Box::new(onboard(name)));
    let applied = world.registry().apply(TenantId::derive(name), &input, &origin(name), noon()).await;
    let mut view = shown(world, &applied.unwrap().tenant.expect("the tenant")).await;
    view.as_object_mut().unwrap().remove("attributes");
    view
}

/// An attribute that is called as a field is told apart from it in what is sent.
#[tokio::test]
async fn a_changed_attribute_is_no_changed_field() {
    let world = World::new().await;
    let acme = live(&world, "acme", platinum(), ACTIVE).await;
    let change = json!({ "tenantId": acme.tenant_id, "attributes": { "email": "x", "tenantName": "y" } });
    done(&world, Function::Lifecycle, &event(EventName::ChangeRequest, "change", &change), at(20)).await;
    let text = json!(world.items().await).to_string();
    let sent = r#"\"changed\":[\"attributes\"],\"attributes\":[\"email\",\"tenantName\"]"#;
    assert!(text.contains(sent), "{text}");
    assert_eq!(kit::tenant(&world, "acme").await.email, acme.email);
}
