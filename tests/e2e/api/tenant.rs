//! A tenant's life, asked for and seen by HTTP alone.

use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{Ask, cloud};

/// Created, provisioned, shown with its operation, execution and history, found
/// by its name's beginning and by its status, its login page's settings public,
/// suspended and resumed; a stale version is refused; the same story has who
/// asked.
#[test]
fn a_tenants_life_by_http() {
    let cloud = cloud();
    let api = cloud.api();
    let operator = |method: &str, path: &str| Ask::new(method, path).by(api.token("operator"));
    let read =
        |path: &str| api.send_patiently(&Ask::new("GET", path).by(api.token("viewer"))).expect(200).json();
    let body = json!({ "tenantName": "By HTTP", "email": "a@http.example", "tier": "platinum" });
    let created = api.send_patiently(&operator("POST", "/tenant-registrations").with(&body)).expect(202);
    let id = created.json()["data"]["tenantId"].as_str().expect("an id").to_owned();
    let unknown = api.send_patiently(&Ask::new("GET", "/tenant-config/By%20HTTP")).expect(404);
    let never = api.send_patiently(&Ask::new("GET", "/tenant-config/Nobody%20At%20All")).expect(404);
    let bare = |mut answer: Value| {
        answer["requestId"] = Value::Null;
        answer
    };
    assert_eq!(bare(unknown.json()), bare(never.json()));
    let _ = cloud.settles(&id, "Active");

    let shown =
        api.send_patiently(&Ask::new("GET", &format!("/tenants/{id}")).by(api.token("viewer"))).expect(200);
    let etag = shown.headers["etag"].clone();
    let tenant = shown.json()["data"].clone();
    assert_eq!(tenant["status"], "Active");
    let listed = read("/tenants?status=Active&name=by%20h");
    assert_eq!(listed["data"][0]["tenantId"], json!(id));
    let tiers = read("/tiers");
    assert!(tiers["data"].as_array().unwrap().iter().any(|tier| tier["name"] == "platinum"), "{tiers}");
    let operations = read(&format!("/tenants/{id}/operations"));
    let operation = &operations["data"][0];
    assert_eq!((&operation["kind"], &operation["state"]), (&json!("provision"), &json!("succeeded")));
    assert!(operation["buildId"].is_string() && operation["logsUrl"].is_string(), "{operation}");
    let execution = operation["execution"].as_str().expect("an execution");
    let execution = read(&format!("/executions/{execution}"));
    assert_eq!(execution["data"]["status"], "SUCCEEDED");
    assert!(execution["data"]["states"].as_array().unwrap().len() >= 2, "{execution}");
    assert!(!execution.to_string().contains("By HTTP"), "{execution}");
    let executions = read("/executions?limit=100");
    assert!(executions["data"].as_array().unwrap().iter().any(|one| one["tenantId"] == json!(id)));
    let config = api.send_patiently(&Ask::new("GET", "/tenant-config/by%20http")).expect(200).json();
    let expected: Value = serde_json::from_str(tenant["tenantConfig"].as_str().expect("settings")).unwrap();
    assert_eq!(config, expected);

    let suspend =
        operator("POST", &format!("/tenants/{id}/suspend")).with(&json!({ "reason": "invoice overdue" }));
    let stale = api.send_patiently(&suspend.clone().header("If-Match", "\"1\"")).expect(412);
    assert_eq!(stale.json()["code"], "VersionMismatch");
    let _ = api.send_patiently(&suspend.header("If-Match", &etag)).expect(202);
    let _ = cloud.settles(&id, "Suspended");
    let _ = api.send_patiently(&Ask::new("GET", "/tenant-config/by%20http")).expect(404);
    let nothing = api.send_patiently(&operator("POST", &format!("/tenants/{id}/retry"))).expect(409);
    assert_eq!(nothing.json()["code"], "NothingToRetry");
    let _ = api.send_patiently(&operator("POST", &format!("/tenants/{id}/resume"))).expect(202);
    let _ = cloud.settles(&id, "Active");

    let history = read(&format!("/tenants/{id}/history?limit=100"));
    let lines = history["data"].as_array().unwrap();
    let line = lines.iter().find(|line| line["action"] == EventName::DeactivateRequest.as_str());
    let line = line.expect("the suspension is in the history");
    for code in ["VersionMismatch", "NothingToRetry"] {
        let line = lines.iter().find(|line| line["code"] == code).expect("what was refused is, too");
        assert!(line["actor"].as_str().unwrap().starts_with("HTTP API ("), "{line}");
    }
    assert_eq!(line["why"], "invoice overdue");
    assert!(line["actor"].as_str().unwrap().contains("tenantry-api/"), "{line}");
    assert!(lines.iter().any(|line| line["type"] == "operation" && line["kind"] == "resume"), "{history}");

    let delete = operator(
        "DELETE",
        &format!("/tenant-registrations/{}", tenant["tenantRegistrationId"].as_str().unwrap()),
    );
    let _ = api.send_patiently(&delete).expect(202);
    let _ = cloud.settles(&id, "Deprovisioned");
    let gone = api.send_patiently(&operator("POST", &format!("/tenants/{id}/suspend"))).expect(409);
    assert_eq!(gone.json()["code"], "TenantOffboarded");
}
