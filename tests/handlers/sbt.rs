//! What SBT's clients and jobs rely on, at the functions themselves.

use crate::kit::{self, ACTIVE, PROVISIONING, at, done, live};
use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_registry::tenant::Status;
use tenantry_tests::builders::{foreign, noon};
use tenantry_tests::events::event;
use tenantry_tests::http::{answer, claiming, request};
use tenantry_tests::world::{Function, World};

async fn ask(world: &World, key: &str, parameters: &Value, body: &Value) -> (u64, Value) {
    let answered = world.invoke(Function::Api, &request(key, parameters, body), noon()).await;
    answer(&answered.unwrap_or_else(|refusal| panic!("{key}: {refusal:?}")))
}

/// `GET /tenant-config` with a query or an `Origin`.
async fn config(world: &World, query: &Value, origin: Option<&str>) -> (u64, Value) {
    let mut asked = request("GET /tenant-config", &Value::Null, &Value::Null);
    asked["queryStringParameters"] = query.clone();
    if let Some(origin) = origin {
        asked["headers"]["origin"] = json!(origin);
    }
    answer(&world.invoke(Function::Api, &asked, noon()).await.expect("an answer"))
}

/// What SBT's sample job exports (`src/core-app-plane/integ.default.ts`), with a
/// key of the application's own in `tenantConfig`.
async fn provisioned(world: &World) {
    live(world, "acme", foreign(), PROVISIONING).await;
    let given = r#"{"userPoolId":"p","appClientId":"c","apiGatewayUrl":"https://a","theme":{"dark":true}}"#;
    let output = json!({
        "tenantData": { "tenantConfig": given, "tenantS3Bucket": "b" },
        "tenantRegistrationData": { "registrationStatus": "created", "planId": "p-1" },
    });
    let detail = json!({ "tenantRegistrationId": kit::registration("acme"), "jobOutput": output });
    let event = event(EventName::ProvisionSuccess, "done", &detail);
    done(world, Function::ApplicationEvents, &event, at(10)).await;
}

/// A login page finds its tenant's configuration in SBT's four ways, unwrapped
/// and whole; an id counts before a name, and a name before the page's host.
#[tokio::test]
async fn a_login_page_finds_its_configuration_as_under_sbt() {
    let world = World::new().await;
    provisioned(&world).await;
    let id = kit::tenant(&world, "acme").await.tenant_id;
    let whole = json!({
        "userPoolId": "p", "appClientId": "c", "apiGatewayUrl": "https://a", "theme": { "dark": true },
    });
    let name = json!({ "tenantName": "acme" });
    let path = ask(&world, "GET /tenant-config/{tenantName}", &name, &Value::Null).await;
    assert_eq!(path, (200, whole.clone()));
    let page = Some("https://acme.app.example:8443");
    for (query, origin) in [
        (json!({ "tenantId": id }), None),
        (json!({ "tenantId": id, "tenantName": "nobody" }), Some("https://nobody.app.example")),
        (json!({ "tenantName": "acme" }), None),
        (json!({ "tenantName": "Acme" }), Some("https://nobody.app.example")),
        (Value::Null, page),
        (json!({ "tenantId": "", "tenantName": "" }), page),
    ] {
        assert_eq!(config(&world, &query, origin).await, (200, whole.clone()), "{query} {origin:?}");
    }
    let nobody = config(&world, &json!({ "tenantName": "nobody" }), None).await;
    assert_eq!(nobody.0, 404);
    for (query, origin) in [
        (json!({ "tenantId": "no id" }), None),
        (json!({ "tenantId": "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a99" }), None),
        (Value::Null, Some("https://nobody.app.example")),
    ] {
        assert_eq!(config(&world, &query, origin).await, nobody, "{query} {origin:?}");
    }
    for origin in [None, Some(""), Some("acme"), Some("https://"), Some("null")] {
        let (status, problem) = config(&world, &Value::Null, origin).await;
        assert_eq!((status, &problem["field"]), (400, &json!("Origin")), "{origin:?}");
    }
}

/// What a job gives for the registration is the registration's, at the top as
/// SBT has it, in the record, the list and our own events, until a change of the
/// same name; and `tenantConfig` is the text that the job gave.
#[tokio::test]
async fn what_a_job_gives_for_the_registration_is_kept_whole() {
    let world = World::new().await;
    provisioned(&world).await;
    let registration = kit::registration("acme");
    let parameters = json!({ "tenantRegistrationId": registration });
    let get = "GET /tenant-registrations/{tenantRegistrationId}";
    let (_, shown) = ask(&world, get, &parameters, &Value::Null).await;
    let data = &shown["data"];
    assert_eq!((&data["registrationStatus"], &data["planId"]), (&json!("created"), &json!("p-1")));
    let config: Value = serde_json::from_str(data["tenantConfig"].as_str().unwrap()).unwrap();
    assert_eq!(config["theme"]["dark"], true);
    let (_, page) = ask(&world, "GET /tenant-registrations", &Value::Null, &Value::Null).await;
    let item = &page["data"][0];
    for field in ["email", "registrationStatus", "planId", "sbtaws_active", "tenantRegistrationId"] {
        assert_eq!(item[field], data[field], "{field} in {item}");
    }
    assert_eq!(item["sbtaws_active"], true);

    let change =
        json!({ "tenantRegistrationId": registration, "attributes": { "registrationStatus": "Done" } });
    done(&world, Function::Lifecycle, &event(EventName::ChangeRequest, "change", &change), at(20)).await;
    let (_, shown) = ask(&world, get, &parameters, &Value::Null).await;
    assert_eq!(
        (&shown["data"]["registrationStatus"], &shown["data"]["planId"]),
        (&json!("Done"), &json!("p-1"))
    );
}

/// What a job gives can pose as nothing that the control plane says itself.
#[tokio::test]
async fn a_registrations_field_is_none_of_ours() {
    let world = World::new().await;
    live(&world, "acme", foreign(), PROVISIONING).await;
    let own = json!({ "status": "Suspended", "version": "9", "sbtaws_active": "no", "tier": "gold" });
    let output = json!({ "tenantData": {}, "tenantRegistrationData": own });
    let detail = json!({ "tenantRegistrationId": kit::registration("acme"), "jobOutput": output });
    done(&world, Function::ApplicationEvents, &event(EventName::ProvisionSuccess, "done", &detail), at(10))
        .await;
    let tenant = kit::tenant(&world, "acme").await;
    let (_, shown) =
        ask(&world, "GET /tenants/{tenantId}", &json!({ "tenantId": tenant.tenant_id }), &Value::Null).await;
    let data = &shown["data"];
    assert_eq!((&data["status"], &data["sbtaws_active"]), (&json!("Active"), &json!(true)));
    assert_eq!((&data["tier"], data["version"].as_u64()), (&json!("foreign"), Some(tenant.version)));
}

/// SBT's clients read these words.
#[tokio::test]
async fn what_is_not_there_is_said_in_sbts_words() {
    let world = World::new().await;
    let registration = json!({ "tenantRegistrationId": "4f1c" });
    let (status, problem) =
        ask(&world, "DELETE /tenant-registrations/{tenantRegistrationId}", &registration, &Value::Null).await;
    assert_eq!((status, &problem["message"]), (404, &json!("Tenant registration not found for id 4f1c")));
    let id = "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11";
    let (_, problem) = ask(&world, "GET /tenants/{tenantId}", &json!({ "tenantId": id }), &Value::Null).await;
    assert_eq!(problem["message"], json!(format!("Tenant not found for id {id}")));
    assert_eq!(problem["code"], "NotFound");
}

/// SBT's update shows the fields that it was given, in both of its parts.
#[tokio::test]
async fn an_update_shows_what_was_asked_for() {
    let world = World::new().await;
    live(&world, "acme", foreign(), ACTIVE).await;
    let body = json!({ "tenantRegistrationData": { "testKey": "v" }, "tenantData": { "testKey": "v" } });
    let parameters = json!({ "tenantRegistrationId": kit::registration("acme") });
    let (status, answer) =
        ask(&world, "PATCH /tenant-registrations/{tenantRegistrationId}", &parameters, &body).await;
    assert_eq!(status, 202, "{answer}");
    for part in ["tenantRegistration", "tenant"] {
        assert_eq!(answer["data"][part]["testKey"], "v", "{answer}");
        assert_eq!(answer["data"][part]["tenantRegistrationId"], json!(kit::registration("acme")));
    }
}

/// A tier is the same in whatever case, and its tenants have the spelling that
/// the deployment gave it, also in the list of its tenants.
#[tokio::test]
async fn a_tier_keeps_its_spelling_and_is_found_in_any() {
    let world = World::new().await;
    let mut tier = foreign();
    tier.name = "Basic".parse().unwrap();
    world.registry().put_tier(&tier).await.unwrap();
    for (name, asked) in [("acme", "BASIC"), ("globex", "basic")] {
        let detail = json!({ "tenantName": name, "email": "a@b.example", "tier": asked, "tenantRegistrationId": name });
        done(&world, Function::Onboarding, &event(EventName::OnboardingRequest, name, &detail), at(0)).await;
    }
    for filter in ["Basic", "basic", "bAsIc"] {
        let mut list = request("GET /tenants", &Value::Null, &Value::Null);
        list["queryStringParameters"] = json!({ "tier": filter });
        let (_, page) = answer(&world.invoke(Function::Api, &list, noon()).await.unwrap());
        let tiers: Vec<&str> =
            page["data"].as_array().unwrap().iter().filter_map(|item| item["tier"].as_str()).collect();
        assert_eq!(tiers, ["Basic", "Basic"], "{filter}");
    }
}

/// A role beyond our groups is kept with the user, who is a viewer; a group's
/// name makes its member, and takes the other role's place.
#[tokio::test]
async fn a_role_beyond_ours_is_kept_with_the_user() {
    let world = World::new().await;
    world.create_operators().await;
    let admin = world.operator("root", "admins").await;
    let ask = async |key: &str, body: &Value| {
        let asked = claiming(request(key, &json!({ "userId": "user1" }), body), &admin);
        answer(&world.invoke(Function::Api, &asked, noon()).await.unwrap())
    };
    let body = json!({ "userName": "user1", "email": "u@ops.example", "userRole": "basicUser" });
    assert_eq!(ask("POST /users", &body).await.0, 201);
    for (role, group) in [
        ("basicUser", "viewers"),
        ("advancedUser", "viewers"),
        ("operators", "operators"),
        ("Tenant Auditor", "viewers"),
    ] {
        assert_eq!(ask("PUT /users/{userId}", &json!({ "userRole": role })).await.0, 200, "{role}");
        let (_, user) = ask("GET /users/{userId}", &Value::Null).await;
        assert_eq!(
            (&user["data"]["userRole"], &user["data"]["group"]),
            (&json!(role), &json!(group)),
            "{user}"
        );
    }
    let (status, problem) = ask("PUT /users/{userId}", &json!({ "userRole": "a\u{202e}b" })).await;
    assert_eq!((status, &problem["field"]), (400, &json!("userRole")));
}

/// A plane on the tenant bus sees a request when the registry does, and may be
/// faster: its answer comes again, and counts once the request is accepted.
#[tokio::test]
async fn an_answer_that_overtakes_its_own_request_comes_again() {
    for (request, answered, status) in [
        (EventName::OffboardingRequest, EventName::DeprovisionSuccess, Status::Deprovisioned),
        (EventName::DeactivateRequest, EventName::DeactivateSuccess, Status::Suspended),
    ] {
        let world = World::new().await;
        live(&world, "acme", foreign(), ACTIVE).await;
        let registration = json!({ "tenantRegistrationId": kit::registration("acme") });
        let mut detail = registration.clone();
        detail["jobOutput"] = json!({ "tenantData": {}, "tenantRegistrationData": {} });
        let answer = event(answered, "early", &detail);
        let refusal = world.invoke(Function::ApplicationEvents, &answer, at(10)).await.unwrap_err();
        assert_eq!((refusal.name, refusal.is_retryable), ("NotYet", true), "{answered}");
        let function = if request == EventName::OffboardingRequest {
            Function::Offboarding
        } else {
            Function::Lifecycle
        };
        done(&world, function, &event(request, "asked", &registration), at(11)).await;
        done(&world, Function::ApplicationEvents, &answer, at(12)).await;
        assert_eq!(kit::tenant(&world, "acme").await.status, status, "{answered}");
    }
}
