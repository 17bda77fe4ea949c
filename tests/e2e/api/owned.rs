//! Fields that the control plane owns: no route takes one.

use super::routes;
use serde_json::{Value, json};
use tenantry_events::attributes::OWNED;
use tenantry_tests::cloud::{Ask, cloud, until};

/// Every owned field, on every route that changes something, flat and in both of
/// SBT's parts, is refused by name, and nothing changed.
#[test]
fn every_owned_field_on_every_route() {
    let cloud = cloud();
    let api = cloud.api();
    let detail = cloud.guest("Owned");
    let id = detail["tenantId"].as_str().expect("an id");
    let registration = detail["tenantRegistrationId"].as_str().expect("an id");
    let user = json!({ "userName": "owned", "email": "owned@ops.example", "userRole": "viewers" });
    let create = Ask::new("POST", "/users").by(api.token("admin")).with(&user);
    let _ = api.send_patiently(&create).expect(201);
    let before = snapshot(api, id);
    let users = api.send_patiently(&Ask::new("GET", "/users/owned").by(api.token("admin"))).body;
    let (mut tried, mut of_tenant) = (0, 0);
    for route in routes().into_iter().filter(|route| route.method != "GET") {
        let path = route.path.replace("{tenantId}", id).replace("{tenantRegistrationId}", registration);
        let path = path.replace("{userId}", "owned").replace("{queueName}", "dead-letters");
        for field in OWNED.iter().chain(&["metadata", "tenantId", "sbtaws_active", "requestedBy"]) {
            for body in bodies(&path, field) {
                let ask = Ask::new(&route.method, &path).by(api.token("admin")).with(&body);
                let answer = api.send_patiently(&ask);
                assert_eq!(answer.status, 400, "{} {path} {body}: {answer:?}", route.method);
                assert_eq!(answer.json()["field"], *field, "{} {path} {body}: {answer:?}", route.method);
                assert_eq!(answer.json()["code"], "OwnedField", "{} {path} {body}: {answer:?}", route.method);
                tried += 1;
                of_tenant += usize::from(route.path.contains("{tenant"));
            }
        }
    }
    assert!(tried > 200, "only {tried} were tried");
    assert_eq!(snapshot(api, id), before);
    // What was refused of it is in its history, once each.
    let refused: Vec<_> = history(api, id).into_iter().filter(is_refusal).collect();
    assert_eq!(refused.len(), of_tenant);
    assert!(refused.iter().all(|line| line["code"] == "OwnedField" && line["verdict"] == "refused"));
    assert_eq!(api.send_patiently(&Ask::new("GET", "/users/owned").by(api.token("admin"))).body, users);
    let list = Ask::new("GET", "/tenants?name=mass").by(api.token("viewer"));
    assert_eq!(api.send_patiently(&list).json()["data"], json!([]));
}

/// The field in an otherwise good body, in every place where it can be.
fn bodies(path: &str, field: &str) -> Vec<Value> {
    let good = json!({ "tenantName": "Mass", "email": "a@mass.example", "tier": "guest" });
    let with = |mut body: Value| {
        body[field] = json!("x");
        body
    };
    match path {
        path if path.starts_with("/tenant-registrations/") => {
            vec![with(json!({})), json!({ "tenantData": with(json!({})) })]
        }
        "/tenant-registrations" => vec![
            with(good.clone()),
            json!({ "tenantData": with(good.clone()) }),
            json!({ "tenantData": good, "tenantRegistrationData": with(json!({})) }),
        ],
        _ => vec![with(json!({}))],
    }
}

fn snapshot(api: &tenantry_tests::cloud::Api, id: &str) -> Value {
    let ask = |path: &str| Ask::new("GET", path).by(api.token("viewer"));
    // Once nothing is under way that would change it.
    let tenant = until("the tenant", || {
        let tenant = api.send_patiently(&ask(&format!("/tenants/{id}"))).expect(200).json();
        (tenant["data"]["status"] == "Provisioning").then_some(tenant)
    });
    let history: Vec<_> = history(api, id).into_iter().filter(|line| !is_refusal(line)).collect();
    json!([tenant, history])
}

/// All of it, page by page.
fn history(api: &tenantry_tests::cloud::Api, id: &str) -> Vec<Value> {
    let (mut lines, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("/tenants/{id}/history?limit=100{next}");
        let page = api.send_patiently(&Ask::new("GET", &path).by(api.token("viewer"))).expect(200).json();
        lines.extend(page["data"].as_array().expect("lines").iter().cloned());
        let Some(token) = page["next_token"].as_str() else { return lines };
        next = format!("&next_token={token}");
    }
}

/// Whether the line is of what the API refused itself.
fn is_refusal(line: &Value) -> bool {
    line["actor"].as_str().is_some_and(|actor| actor.starts_with("HTTP API ("))
}
