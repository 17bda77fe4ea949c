//! `api`: what it answers, without API Gateway in front of it.

use crate::kit::{self, ACTIVE, DEPROVISIONING, GONE, PENDING, PROVISIONING, UNWANTED, live};
use serde_json::{Value, json};
use tenantry_tests::builders::{noon, platinum};
use tenantry_tests::http::{answer, claiming, keyed, request};
use tenantry_tests::workspace;
use tenantry_tests::world::{Function, World};

async fn ask(world: &World, request: &Value) -> (u64, Value) {
    let answered = world.invoke(Function::Api, request, noon()).await;
    answer(&answered.unwrap_or_else(|refusal| panic!("{request}: {refusal:?}")))
}

fn create(fields: &Value) -> Value {
    let mut body = json!({ "tenantName": "acme", "email": "a@acme.example", "tier": "platinum" });
    for (name, value) in fields.as_object().expect("fields") {
        match value {
            Value::Null => body.as_object_mut().unwrap().remove(name),
            value => body.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    request("POST /tenant-registrations", &Value::Null, &body)
}

async fn with_tier() -> World {
    let world = World::new().await;
    world.registry().put_tier(&platinum()).await.unwrap();
    world
}

/// What is wrong with a body is said by a code, the field and its limit, never
/// by the value, and nothing is sent.
#[tokio::test]
async fn a_wrong_body_is_refused_by_field_and_limit() {
    let world = with_tier().await;
    world.faulty().start(Vec::new());
    let cases = [
        (json!({ "tenantName": "x".repeat(101) }), "InvalidField", "tenantName", "at most 100 characters"),
        (json!({ "tenantName": null }), "MissingField", "tenantName", "must be given"),
        (json!({ "email": "nobody" }), "InvalidField", "email", "must be an address"),
        (json!({ "email": 7 }), "InvalidField", "email", "must be a string"),
        (json!({ "tier": "Gold!" }), "InvalidField", "tier", "letters, digits"),
        (json!({ "tier": "gold" }), "InvalidField", "tier", "a tier that the registry has"),
        (json!({ "tenantRegistrationId": "a b" }), "InvalidField", "tenantRegistrationId", "letters, digits"),
        (json!({ "status": "Active" }), "OwnedField", "status", "must not be sent"),
        (json!({ "tenantData": [] }), "InvalidField", "tenantData", "must be an object"),
        (json!({ "tenantData": {} }), "InvalidField", "email", "must be in `tenantData`"),
    ];
    for (fields, code, field, limit) in cases {
        let (status, problem) = ask(&world, &create(&fields)).await;
        assert_eq!(
            (status, &problem["code"], &problem["field"]),
            (400, &json!(code), &json!(field)),
            "{problem}"
        );
        assert!(problem["limit"].as_str().is_some_and(|said| said.contains(limit)), "{fields}: {problem}");
        assert_eq!(problem["requestId"], "request-1");
    }
    for body in ["[]", "7", "{", "\"x\"", "\u{0}"] {
        let mut wrong = create(&json!({}));
        wrong["body"] = json!(body);
        assert_eq!(ask(&world, &wrong).await.1["field"], "body", "{body}");
    }
    let mut large = create(&json!({}));
    large["body"] = json!(format!("{{\"a\": \"{}\"}}", "x".repeat(70_000)));
    assert_eq!(ask(&world, &large).await.0, 413);
    assert!(world.faulty().calls().iter().all(|call| call.operation != "PutEvents"));
}

/// A body in base64, as API Gateway sends it for other content types, is the
/// same body.
#[tokio::test]
async fn a_body_in_base64_is_the_same() {
    use base64::Engine;
    let world = with_tier().await;
    let plain = keyed(create(&json!({})), "k");
    let first = ask(&world, &plain).await;
    assert_eq!(first.0, 202);
    let mut coded = plain.clone();
    coded["body"] = json!(base64::engine::general_purpose::STANDARD.encode(plain["body"].as_str().unwrap()));
    coded["isBase64Encoded"] = json!(true);
    assert_eq!(ask(&world, &coded).await, first);
}

/// A create is one event, under an id that follows from the key; the same key
/// gives the same bytes without another event, from another caller it is another
/// key, and with another body it is refused.
#[tokio::test]
async fn a_key_is_one_request_of_one_caller() {
    let world = with_tier().await;
    world.faulty().start(Vec::new());
    let sent = || world.faulty().calls().iter().filter(|call| call.operation == "PutEvents").count();
    let first = world.invoke(Function::Api, &keyed(create(&json!({})), "k-1"), noon()).await.unwrap();
    let later = noon() + chrono::TimeDelta::hours(1);
    let again = world.invoke(Function::Api, &keyed(create(&json!({})), "k-1"), later).await.unwrap();
    assert_eq!(first, again);
    assert_eq!((first["statusCode"].as_u64(), sent()), (Some(202), 1));
    let other = ask(&world, &keyed(create(&json!({ "email": "b@acme.example" })), "k-1")).await;
    assert_eq!((other.0, &other.1["code"]), (409, &json!("IdempotencyKeyReused")));
    let colleague = keyed(create(&json!({ "email": "b@acme.example" })), "k-1");
    let colleague = claiming(colleague, &json!({ "sub": "operator-2" }));
    let (status, body) = ask(&world, &colleague).await;
    assert_eq!(status, 202);
    assert_ne!(body["data"]["tenantId"], answer(&first).1["data"]["tenantId"]);
    assert_eq!(sent(), 2);
}

/// A key that is forgotten after a day means the same tenant still: the event
/// has the same id, and the registry knows it.
#[tokio::test]
async fn a_key_of_the_day_before_yesterday_is_the_same_tenant() {
    let world = with_tier().await;
    let first = world.invoke(Function::Api, &keyed(create(&json!({})), "k-1"), noon()).await.unwrap();
    let later = noon() + chrono::TimeDelta::hours(25);
    let again = world.invoke(Function::Api, &keyed(create(&json!({})), "k-1"), later).await.unwrap();
    assert_eq!(answer(&first).1, answer(&again).1);
}

/// What the lifecycle would refuse is refused at once, with its reason, and
/// nothing is sent; what it would take is sent with who asked.
#[tokio::test]
async fn the_lifecycle_decides_before_anything_is_sent() {
    let world = World::new().await;
    let gone = live(&world, "gone", platinum(), GONE).await;
    let active = live(&world, "acme", platinum(), ACTIVE).await;
    world.faulty().start(Vec::new());
    let about = |verb: &str, id: &str| {
        let key = format!("POST /tenants/{{tenantId}}/{verb}");
        request(&key, &json!({ "tenantId": id }), &json!({ "reason": "why" }))
    };
    for verb in ["retry", "cancel", "suspend", "resume"] {
        let (status, problem) = ask(&world, &about(verb, &gone.tenant_id.to_string())).await;
        assert_eq!(status, 409, "{verb}: {problem}");
        let (status, _) = ask(&world, &about(verb, "7f1a3a2e-0000-4000-8000-000000000000")).await;
        assert_eq!(status, 404, "{verb}");
        let (status, _) = ask(&world, &about(verb, "nonsense")).await;
        assert_eq!(status, 404, "{verb}");
    }
    assert!(world.faulty().calls().iter().all(|call| call.operation != "PutEvents"));
    let (status, _) = ask(&world, &about("suspend", &active.tenant_id.to_string())).await;
    assert_eq!(status, 202);
    let calls = world.faulty().calls();
    let sent = calls.iter().find(|call| call.operation == "PutEvents").expect("an event");
    let detail: Value = serde_json::from_str(sent.request["Entries"][0]["Detail"].as_str().unwrap()).unwrap();
    assert_eq!((&detail["requestedBy"], &detail["reason"]), (&json!("operator-1"), &json!("why")));
    assert_eq!(detail["metadata"]["producer"], "tenantry-api/operator-1");
}

/// A page token is of its own list only; limits are checked; filters do not mix.
#[tokio::test]
async fn lists_check_what_they_are_asked() {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        live(&world, name, platinum(), PENDING).await;
    }
    let list = |query: Value| {
        let mut list = request("GET /tenants", &Value::Null, &Value::Null);
        list["queryStringParameters"] = query;
        list
    };
    let (status, page) = ask(&world, &list(json!({ "limit": "2" }))).await;
    assert_eq!((status, page["data"].as_array().unwrap().len()), (200, 2));
    let next = page["next_token"].clone();
    let (status, rest) = ask(&world, &list(json!({ "limit": "2", "next_token": next }))).await;
    assert_eq!((status, rest["data"].as_array().unwrap().len()), (200, 1));
    for (query, field) in [
        (json!({ "limit": "0" }), "limit"),
        (json!({ "limit": "101" }), "limit"),
        (json!({ "limit": "x" }), "limit"),
        (json!({ "status": "Sleeping" }), "status"),
        (json!({ "status": "Active", "tier": "platinum" }), "status"),
        (json!({ "next_token": "nonsense!" }), "next_token"),
        (json!({ "status": "Active", "next_token": next }), "next_token"),
        (json!({ "name": "x".repeat(300) }), "name"),
    ] {
        let (status, problem) = ask(&world, &list(query.clone())).await;
        assert_eq!((status, &problem["field"]), (400, &json!(field)), "{query}: {problem}");
    }
}

/// A login page learns nothing of a tenant that nobody can sign in to, and
/// every name costs the same reads.
#[tokio::test]
async fn a_login_page_learns_what_it_needs_and_no_more() {
    let world = World::new().await;
    live(&world, "pending", platinum(), PENDING).await;
    live(&world, "gone", platinum(), GONE).await;
    let look =
        |name: &str| request("GET /tenant-config/{tenantName}", &json!({ "tenantName": name }), &Value::Null);
    let mut seen = Vec::new();
    for name in ["pending", "gone", "nobody"] {
        world.faulty().start(Vec::new());
        let (status, problem) = ask(&world, &look(name)).await;
        assert_eq!(status, 404, "{name}");
        let reads = world.faulty().calls().into_iter().map(|call| call.operation).collect::<Vec<_>>();
        seen.push((problem, reads));
    }
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:#?}");
    assert_eq!(seen[0].1, ["GetItem", "GetItem"]);
    for name in ["", "\u{7}", " "] {
        assert_eq!(ask(&world, &look(name)).await.1, seen[0].0, "{name:?}");
    }
}

/// No log line of the API has an address, a name, a body or a token in it; a
/// change and a refusal each have their audit line.
#[tokio::test]
async fn the_log_tells_who_did_what_and_nothing_personal() {
    let world = with_tier().await;
    let secret = json!({ "note": kit::SECRET, "email": format!("{}@acme.example", kit::SECRET) });
    let forbidden = claiming(create(&secret), &json!({ "cognito:groups": ["viewers"] }));
    let (done, accepted) = kit::logged(&world, Function::Api, &create(&secret), noon()).await;
    let (refused, refusal) = kit::logged(&world, Function::Api, &forbidden, noon()).await;
    let [done, refused] = [done, refused].map(|invocation| answer(&invocation.unwrap()).0);
    let log = accepted + &refusal;
    assert_eq!((done, refused), (202, 403));
    for word in [
        "operator-1",
        "192.0.2.7",
        "POST /tenant-registrations",
        "request-1",
        "accepted",
        "refused",
        "NotAllowed",
    ] {
        assert!(log.contains(word), "{word} is not in\n{log}");
    }
    assert!(!log.contains(kit::SECRET) && !log.contains("acme"), "{log}");
}

/// A dead letter is listed with its reason and without what is personal; handed
/// over in vain, it stays in the queue; a letter that is not there is not found.
#[tokio::test]
async fn a_dead_letter_is_shown_discreetly_and_stays_until_it_is_handled() {
    let world = World::new().await;
    world.create_queue().await;
    let put_away =
        world.invoke(Function::Onboarding, &kit::onboarding_request("acme", "first"), noon()).await;
    assert!(put_away.is_ok(), "{put_away:?}");
    let name = json!({ "queueName": "dead-letters" });
    let look = request("GET /queues/{queueName}", &name, &Value::Null);
    let (status, letters) = ask(&world, &look).await;
    assert_eq!((status, &letters["data"][0]["code"]), (200, &json!("UnknownTier")), "{letters}");
    let shown = letters.to_string();
    assert!(!shown.contains('@') && !shown.contains(kit::SECRET), "{letters}");
    let (status, queues) = ask(&world, &request("GET /queues", &Value::Null, &Value::Null)).await;
    assert_eq!((status, &queues["data"][0]["messages"]), (200, &json!(1)), "{queues}");
    let redrive = |body: Value| request("POST /queues/{queueName}/redrive", &name, &body);
    let (status, problem) = ask(&world, &redrive(json!({ "ids": ["none"] }))).await;
    assert_eq!((status, &problem["code"]), (404, &json!("NotFound")));
    let (status, answer) = ask(&world, &redrive(json!({ "ids": [letters["data"][0]["id"]] }))).await;
    assert_eq!((status, &answer["data"]["redriven"]), (200, &json!(0)), "{answer}");
    assert_eq!(answer["data"]["failed"][0]["id"], letters["data"][0]["id"]);
    let (_, again) = ask(&world, &look).await;
    assert_eq!(again["data"][0]["id"], letters["data"][0]["id"]);
}

/// A request that was accepted and refused later has a history, and its tenant
/// has none of its own; of nobody there is nothing.
#[tokio::test]
async fn the_history_of_who_never_came_to_be_says_why() {
    let world = World::new().await;
    world.create_queue().await;
    let refused = kit::onboarding_request("acme", "first");
    assert!(world.invoke(Function::Onboarding, &refused, noon()).await.is_ok());
    let look =
        |id: &Value| request("GET /tenants/{tenantId}/history", &json!({ "tenantId": id }), &Value::Null);
    let (status, lines) = ask(&world, &look(&refused["detail"]["tenantId"])).await;
    assert_eq!((status, &lines["data"][0]["code"]), (200, &json!("UnknownTier")), "{lines}");
    let (status, _) = ask(&world, &look(&json!("7f1a3a2e-0000-4000-8000-000000000000"))).await;
    assert_eq!(status, 404);
}

/// What the API refuses of a tenant is in the tenant's history: who, what, from
/// where and why; once for a request, however often it comes, and nothing of who
/// is not there.
#[tokio::test]
async fn a_refusal_is_in_the_tenants_history() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), ACTIVE).await;
    let before = kit::history(&world, "acme").await;
    let parameters = json!({ "tenantId": tenant.tenant_id });
    let mut operator = request("POST /tenants/{tenantId}/retry", &parameters, &Value::Null);
    let viewer = claiming(operator.clone(), &json!({ "cognito:groups": ["viewers"] }));
    operator["requestContext"]["requestId"] = json!("request-2");
    for _ in 0..2 {
        assert_eq!(ask(&world, &viewer).await.0, 403);
        assert_eq!(ask(&world, &operator).await.0, 409);
    }
    let mut lines = kit::history(&world, "acme").await;
    lines.retain(|line| !before.contains(line));
    let lines: Vec<_> = lines.iter().map(|line| (line.code.as_deref(), line.origin.actor.as_str())).collect();
    let who = "HTTP API (operator-1, from 192.0.2.7)";
    assert_eq!(lines.len(), 2, "{lines:?}");
    for code in ["NotAllowed", "NothingToRetry"] {
        assert!(lines.contains(&(Some(code), who)), "{lines:?}");
    }
    let nobody = json!({ "tenantId": "7f1a3a2e-0000-4000-8000-000000000000" });
    assert_eq!(ask(&world, &request("POST /tenants/{tenantId}/retry", &nobody, &Value::Null)).await.0, 404);
    let items = world.items().await;
    assert_eq!(items.keys().filter(|key| key.starts_with("refusals#")).count(), 2);
}

/// A user under a key is one user, and one answer; without it, the second is
/// told that there is one.
#[tokio::test]
async fn a_user_under_a_key_is_one_user() {
    let world = World::new().await;
    world.create_operators().await;
    let body = json!({ "email": "ada@ops.example", "userRole": "operators" });
    let admin = world.operator("root", "admins").await;
    let create = claiming(request("POST /users", &Value::Null, &body), &admin);
    let first = world.invoke(Function::Api, &keyed(create.clone(), "k"), noon()).await.unwrap();
    let again = world.invoke(Function::Api, &keyed(create.clone(), "k"), noon()).await.unwrap();
    assert_eq!((answer(&first).0, &first), (201, &again));
    for other in [create.clone(), keyed(create.clone(), "another"), keyed(create, "another")] {
        let (status, problem) = ask(&world, &other).await;
        assert_eq!(
            (status, &problem["code"], &problem["field"]),
            (409, &json!("UserExists"), &json!("email"))
        );
    }
    let users = world.operators().await;
    let users: Vec<_> = users.iter().filter(|(name, _)| *name != "root").map(|(_, user)| user).collect();
    assert_eq!(users, [&("ada@ops.example".to_owned(), vec!["operators".to_owned()])]);
}

/// Who waits for room is shown with their place in line.
#[tokio::test]
async fn who_waits_for_room_has_a_place() {
    let world = World::new().await;
    let first = live(&world, "first", platinum(), PENDING).await;
    let second = kit::take(&world, "second", &platinum(), kit::Step::Onboard, 1).await;
    for (place, tenant) in [first, second].iter().enumerate() {
        let parameters = json!({ "tenantId": tenant.tenant_id });
        let look = request("GET /tenants/{tenantId}", &parameters, &Value::Null);
        let (status, view) = ask(&world, &look).await;
        assert_eq!(status, 200);
        let waiting = &view["data"]["waiting"];
        assert_eq!(
            (&waiting["queuePosition"], &waiting["cleanUp"]),
            (&json!(place + 1), &json!(false)),
            "{view}"
        );
    }
}

/// Whatever a tenant goes through, what is shown of it is described, field by
/// field, in the API's description.
#[tokio::test]
async fn every_field_that_is_shown_is_described() {
    let description: Value = serde_json::from_str(&workspace::read("schemas/openapi.json")).unwrap();
    let world = World::new().await;
    let lives = [
        PENDING,
        PROVISIONING,
        UNWANTED,
        ACTIVE,
        DEPROVISIONING,
        GONE,
        &[kit::Step::Onboard, kit::Step::Begin, kit::Step::Fail],
    ];
    for (number, steps) in lives.into_iter().enumerate() {
        let tenant = live(&world, &format!("tenant-{number}"), platinum(), steps).await;
        let parameters = json!({ "tenantId": tenant.tenant_id });
        for route in ["/tenants/{tenantId}", "/tenants/{tenantId}/history", "/tenants/{tenantId}/operations"]
        {
            let (status, view) =
                ask(&world, &request(&format!("GET {route}"), &parameters, &Value::Null)).await;
            assert_eq!(status, 200, "{view}");
            let answer =
                &description["paths"][route]["get"]["responses"]["200"]["content"]["application/json"];
            let mut unknown = Vec::new();
            undescribed(&description, &answer["schema"], &view, route, &mut unknown);
            // What the publisher sent of its own.
            unknown.retain(|field| !tenant.attributes.keys().any(|own| field.ends_with(&format!("/{own}"))));
            assert_eq!(unknown, Vec::<String>::new(), "{steps:?}: {view}");
        }
    }
}

/// The fields of `value` that `schema` does not describe.
fn undescribed(all: &Value, schema: &Value, value: &Value, at: &str, unknown: &mut Vec<String>) {
    let mut parts = vec![schema.clone()];
    let mut fields = serde_json::Map::new();
    let mut items = Value::Null;
    let mut open = false;
    while let Some(part) = parts.pop() {
        if let Some(name) = part["$ref"].as_str() {
            parts.push(all.pointer(name.trim_start_matches('#')).expect("a schema").clone());
        }
        for of in ["oneOf", "allOf"] {
            parts.extend(part[of].as_array().cloned().unwrap_or_default());
        }
        fields.extend(part["properties"].as_object().cloned().unwrap_or_default());
        items = if part["items"].is_null() { items } else { part["items"].clone() };
        open |= part["additionalProperties"].is_object();
    }
    match value {
        Value::Array(list) => list.iter().for_each(|item| undescribed(all, &items, item, at, unknown)),
        Value::Object(object) if !open => {
            for (name, value) in object {
                let here = format!("{at}/{name}");
                match fields.get(name) {
                    Some(schema) => undescribed(all, schema, value, &here, unknown),
                    None => unknown.push(here),
                }
            }
        }
        _ => {}
    }
}
