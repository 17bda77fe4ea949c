//! Repetitions: one key is one request, however often and however much at once.

use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenantry_tests::cloud::{Ask, cloud, cloud_alone, until};

const TIMES: u64 = 1_000;
/// How long a client goes on while there are too many at once. The functions of
/// the local cloud take a few dozen requests at a time, on as many processors as
/// this machine has.
const PATIENCE: Duration = Duration::from_secs(900);

/// A thousand creates at once with one key and one body are one tenant, and a
/// thousand equal answers; the same key with another body is refused.
#[test]
fn a_thousand_equal_creates_are_one_tenant() {
    let cloud = cloud_alone();
    let api = cloud.api();
    let tier = cloud.guest_tier();
    let body = json!({ "tenantName": "Thousandfold", "email": "a@thousand.example", "tier": tier });
    let ask = Ask::new("POST", "/tenant-registrations").by(api.token("machine")).with(&body);
    let ask = Arc::new(ask.header("Idempotency-Key", "order-4711"));
    let begun = Instant::now();
    let client = |number: u64| {
        let ask = Arc::clone(&ask);
        let work = move || loop {
            // Where a thousand come at once, some connections are refused.
            let answer = api.try_send(&ask);
            match &answer {
                Ok(answer) if ![429, 503].contains(&answer.status) => return answer.clone(),
                _ => {}
            }
            assert!(begun.elapsed() < PATIENCE, "{answer:?}");
            // As a client does that is told that there are too many.
            std::thread::sleep(Duration::from_millis(500 + number * 2));
        };
        let thread = std::thread::Builder::new().stack_size(256 * 1_024);
        thread.spawn(work).expect("a thread")
    };
    let clients: Vec<_> = (0..TIMES).map(client).collect();
    let answers: Vec<_> = clients.into_iter().map(|client| client.join().expect("an answer")).collect();
    assert_eq!(answers.len() as u64, TIMES);
    let mut different = BTreeMap::new();
    for answer in &answers {
        let location = answer.headers.get("location").cloned();
        *different.entry((answer.status, location, answer.body.clone())).or_insert(0) += 1;
    }
    assert_eq!(different.len(), 1, "{different:#?}");
    assert_eq!(answers[0].status, 202, "{:?}", answers[0]);
    let data = answers[0].json()["data"].clone();
    let id = data["tenantId"].as_str().expect("an id");
    let shown = until("the tenant", || cloud.show(id));
    assert_eq!(shown["tenant"]["tenantName"], "Thousandfold");

    let mut other = (*ask).clone();
    other.body =
        Some(json!({ "tenantName": "Another", "email": "a@thousand.example", "tier": tier }).to_string());
    let refused = api.send_patiently(&other).expect(409);
    assert_eq!(refused.json()["code"], "IdempotencyKeyReused");

    // One tenant of that name, and of the other name none.
    let list = Ask::new("GET", "/tenants?name=thousandfold").by(api.token("viewer"));
    assert_eq!(api.send_patiently(&list).expect(200).json()["data"].as_array().unwrap().len(), 1);
    let list = Ask::new("GET", "/tenants?name=another").by(api.token("viewer"));
    assert_eq!(api.send_patiently(&list).expect(200).json()["data"], json!([]));
}

/// A registration's id is a key of its own: the same registration again is the
/// same answer, another body under it is refused, and so is a taken name.
#[test]
fn a_registration_id_is_a_key_and_a_name_is_taken_at_once() {
    let cloud = cloud();
    let api = cloud.api();
    let tier = cloud.guest_tier();
    let create = |registration: &str, name: &str, email: &str| {
        let body =
            json!({ "tenantRegistrationId": registration, "tenantName": name, "email": email, "tier": tier });
        api.send_patiently(&Ask::new("POST", "/tenant-registrations").by(api.token("operator")).with(&body))
    };
    let first = create("crm-1", "Keyed", "a@keyed.example").expect(202);
    assert_eq!(first.headers["location"], "/tenant-registrations/crm-1");
    let again = create("crm-1", "Keyed", "a@keyed.example").expect(202);
    assert_eq!(first.body, again.body);
    let other = create("crm-1", "Keyed", "b@keyed.example").expect(409);
    assert_eq!(other.json()["code"], "IdempotencyKeyReused");
    let id = first.json()["data"]["tenantId"].as_str().expect("an id").to_owned();
    let _ = until("the tenant", || cloud.show(&id));
    let taken = create("crm-2", "  KEYED ", "c@keyed.example").expect(409);
    assert_eq!(taken.json()["code"], "NameTaken");
    let unknown = json!({ "tenantName": "Keyless", "email": "a@keyed.example", "tier": "no-such-tier" });
    let unknown = Ask::new("POST", "/tenant-registrations").by(api.token("operator")).with(&unknown);
    assert_eq!(api.send_patiently(&unknown).expect(400).json()["field"], "tier");
}

/// A user whose creation broke off before it was in a group is finished by the
/// same request; one that is whole is not created again, whichever group is
/// asked for.
#[test]
fn a_user_that_is_half_made_is_finished() {
    let cloud = cloud();
    let api = cloud.api();
    let pool = &api.pool;
    for named in [true, false] {
        let email = format!("half-made-{named}@ops.example");
        let mut body = json!({ "email": email, "userRole": "operators" });
        if named {
            body["userName"] = json!("half-made");
        }
        let create = |body: &serde_json::Value| {
            api.send_patiently(&Ask::new("POST", "/users").by(api.token("admin")).with(body))
        };
        let first = create(&body).expect(201).json()["data"]["userName"].clone();
        let leave = json!({ "UserPoolId": pool, "Username": first, "GroupName": "operators" });
        api.cognito("AdminRemoveUserFromGroup", &leave);
        let again = create(&body).expect(201);
        assert_eq!(again.json()["data"]["userName"], first);
        let path = format!("/users/{}", first.as_str().expect("a name"));
        let shown = api.send_patiently(&Ask::new("GET", &path).by(api.token("admin"))).expect(200).json();
        assert_eq!(
            (&shown["data"]["userRole"], &shown["data"]["email"]),
            (&json!("operators"), &json!(email))
        );
        body["userRole"] = json!("admins");
        let problem = create(&body).expect(409).json();
        let field = if named { "userName" } else { "email" };
        assert_eq!((&problem["code"], &problem["field"]), (&json!("UserExists"), &json!(field)));
        api.send_patiently(&Ask::new("DELETE", &path).by(api.token("admin"))).expect(200);
    }
}
