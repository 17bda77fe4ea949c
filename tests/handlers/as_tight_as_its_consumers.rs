//! The common table of verdicts at the API and at the functions behind the bus.

use crate::kit::{ACTIVE, live};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenantry_events::ids::{EventId, TenantId};
use tenantry_events::name::EventName;
use tenantry_registry::tier::Tier;
use tenantry_tests::builders::{foreign, noon};
use tenantry_tests::events::{envelope_id, event};
use tenantry_tests::http::{answer, claiming, request};
use tenantry_tests::verdicts::{Row, of_problem, table};
use tenantry_tests::world::{Function, World};

/// A registry with the tier that the table's requests ask for, and a tenant
/// that they can be about.
async fn world() -> (World, TenantId) {
    let world = World::new().await;
    world.create_queue().await;
    let tier = Tier { name: "guest".parse().unwrap(), ..foreign() };
    world.registry().put_tier(&tier).await.unwrap();
    let tenant = live(&world, "verdicts", tier, ACTIVE).await;
    (world, tenant.tenant_id)
}

/// The API's request that says what the row's event says.
fn call(row: &Row, tenant: TenantId) -> Value {
    let (key, parameters) = match row.event() {
        EventName::OnboardingRequest => ("POST /tenant-registrations", Value::Null),
        EventName::DeactivateRequest => ("POST /tenants/{tenantId}/suspend", json!({ "tenantId": tenant })),
        EventName::ActivateRequest => ("POST /tenants/{tenantId}/resume", json!({ "tenantId": tenant })),
        EventName::RetryRequest => ("POST /tenants/{tenantId}/retry", json!({ "tenantId": tenant })),
        EventName::CancelRequest => ("POST /tenants/{tenantId}/cancel", json!({ "tenantId": tenant })),
        EventName::ChangeRequest => (
            "PATCH /tenant-registrations/{tenantRegistrationId}",
            json!({ "tenantRegistrationId": crate::kit::registration("verdicts") }),
        ),
        other => panic!("{}: the API has no route for {other}", row.name),
    };
    let mut call = request(key, &parameters, &Value::Null);
    call["body"] = json!(row.body("api"));
    call
}

/// The table's second run: what the API says of each body. A request that the
/// contract takes may still be one that cannot be carried out (409).
#[tokio::test]
async fn the_api_gives_the_tables_verdicts() {
    let (world, tenant) = world().await;
    let mut rows = 0;
    for row in table().iter().filter(|row| row.api) {
        let answered = world.invoke(Function::Api, &call(row, tenant), noon()).await;
        let (status, body) = answer(&answered.unwrap_or_else(|refusal| panic!("{}: {refusal:?}", row.name)));
        match status {
            202 | 409 => row.holds("the API", None),
            400 => row.holds("the API", Some(of_problem(&body))),
            other => panic!("{}: {other} {body}", row.name),
        }
        rows += 1;
    }
    assert!(rows >= 300, "only {rows} rows are the API's");
}

/// The table's third run: what the functions behind the bus do with each event,
/// as it was written. What is refused is in the tenant's history or in
/// quarantine, by the same code and with the field in its reason.
#[tokio::test]
async fn the_functions_give_the_tables_verdicts() {
    let (world, tenant) = world().await;
    let rows = table();
    // An event's detail is JSON: the bus takes nothing else.
    let json =
        |row: &&Row| serde_json::from_str::<&serde_json::value::RawValue>(&row.detail("bus", "x")).is_ok();
    let rows: Vec<&Row> = rows.iter().filter(json).collect();
    for row in &rows {
        let function = match row.event() {
            EventName::OnboardingRequest => Function::Onboarding,
            EventName::OffboardingRequest => Function::Offboarding,
            EventName::ProvisionSuccess
            | EventName::ProvisionFailure
            | EventName::DeprovisionSuccess
            | EventName::DeprovisionFailure => Function::ApplicationEvents,
            _ => Function::Lifecycle,
        };
        let envelope = event(row.event(), &row.name, &json!("here it stands")).to_string();
        let text = envelope.replace("\"here it stands\"", &row.detail("bus", &tenant.to_string()));
        let done = world.deliver(function, text, noon()).await;
        // Nobody knows such a tenant: the contract has nothing against it.
        assert!(
            done.as_ref().err().is_none_or(|refusal| refusal.name == "UnknownTenant"),
            "{}: {done:?}",
            row.name
        );
    }
    let put_away = world.messages().await;
    let put_away: BTreeMap<String, BTreeMap<String, String>> =
        put_away.into_iter().map(|(body, attributes)| (envelope_of(&body), attributes)).collect();
    for row in &rows {
        let id = envelope_id(&row.name);
        let lines = world.registry().decisions(tenant, EventId::from(id)).await.unwrap();
        let refusal = match (put_away.get(&id.to_string()), lines.first()) {
            (Some(attributes), _) => {
                Some((attributes["ERROR_CODE"].clone(), attributes["ERROR_MESSAGE"].clone()))
            }
            (None, Some(line)) => line.code.clone().map(|code| (code, line.reason.clone())),
            (None, None) => None,
        };
        let refusal = refusal.filter(|(code, _)| is_of_the_contract(code));
        let field = refusal.as_ref().and_then(|(_, reason)| reason.split('`').nth(1));
        row.holds("the bus", refusal.as_ref().map(|(code, _)| (code.as_str(), field)));
    }
    assert!(rows.len() >= 400, "only {} rows", rows.len());
}

/// The id in an envelope, also where it is no value (a number beyond a double).
fn envelope_of(body: &Value) -> String {
    match body {
        Value::String(text) => text
            .split("\"id\":\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default()
            .to_owned(),
        event => event["id"].as_str().unwrap_or_default().to_owned(),
    }
}

/// Whether the contract refused it, and not the lifecycle as things were.
fn is_of_the_contract(code: &str) -> bool {
    use tenantry_events::receive::RejectionCode::{
        DuplicateField, InvalidField, MissingField, NotAnObject, NotJson, OwnedField, TooDeep, TooLarge,
        UnexpectedEvent, WrongSource,
    };
    [
        DuplicateField,
        InvalidField,
        MissingField,
        NotAnObject,
        NotJson,
        OwnedField,
        TooDeep,
        TooLarge,
        UnexpectedEvent,
        WrongSource,
    ]
    .iter()
    .any(|known| known.as_str() == code)
}

/// A user of only dots cannot be reached by any path, and an address has the one
/// grammar: refused when the user is created.
#[tokio::test]
async fn users_have_names_that_paths_can_hold_and_addresses_that_cognito_takes() {
    let world = World::new().await;
    world.create_operators().await;
    let admin = world.operator("root", "admins").await;
    let cases = [
        (json!({ "email": "a@b.example", "userRole": "viewers", "userName": "." }), "userName"),
        (json!({ "email": "a@b.example", "userRole": "viewers", "userName": ".." }), "userName"),
        (json!({ "email": "<a@b.c>", "userRole": "viewers" }), "email"),
        (json!({ "email": "a@localhost", "userRole": "viewers" }), "email"),
        (
            json!({ "email": format!("{}@{}.example", "l".repeat(64), "d".repeat(56)), "userRole": "viewers" }),
            "email",
        ),
    ];
    for (body, field) in cases {
        let call = claiming(request("POST /users", &Value::Null, &body), &admin);
        let (status, problem) = answer(&world.invoke(Function::Api, &call, noon()).await.unwrap());
        assert_eq!((status, &problem["field"]), (400, &json!(field)), "{body}: {problem}");
    }
    for name in [".", ".."] {
        let call = claiming(request("GET /users/{userId}", &json!({ "userId": name }), &Value::Null), &admin);
        assert_eq!(answer(&world.invoke(Function::Api, &call, noon()).await.unwrap()).0, 404, "{name}");
    }
    assert_eq!(world.operators().await.len(), 1);
}

/// A foreign plane's failure, however long, is kept within what an item holds.
#[tokio::test]
async fn a_foreign_failure_of_any_length_can_be_kept() {
    let world = World::new().await;
    let tenant = live(&world, "long", foreign(), crate::kit::PROVISIONING).await;
    let long = "x".repeat(30_000);
    let detail = json!({
        "tenantRegistrationId": tenant.tenant_registration_id,
        "jobOutput": { "tenantStatus": long },
        "failure": {
            "code": long, "step": long, "reason": long, "buildId": long, "logsUrl": long, "leftBehind": long,
            "attempt": 1, "retryable": false,
        },
    });
    let payload = event(EventName::ProvisionFailure, "long", &detail);
    crate::kit::done(&world, Function::ApplicationEvents, &payload, noon()).await;
    let failure = crate::kit::tenant(&world, "long").await.failure.expect("a failure");
    assert!(
        failure.reason.chars().count() <= 1_000 && failure.code.as_str().chars().count() <= 100,
        "{failure:?}"
    );
}
