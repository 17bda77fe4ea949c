//! What is no request: refused where a person finds it, with the words that
//! `tenantry event validate` has for it beforehand, and without any effect.

use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_events::receive::{MAX_BYTES, MAX_DEPTH};
use tenantry_events::sources::Sources;
use tenantry_events::text::RegistrationId;
use tenantry_tests::cloud::{Cloud, cloud, request, run_with, until};
use tenantry_tests::examples;
use uuid::Uuid;

const REQUEST: EventName = EventName::OnboardingRequest;

/// An event that is wrong: the code of its refusal, its source, its detail.
struct Bad {
    code: String,
    source: String,
    detail: Value,
    /// A text of its own, by which it is found again.
    mark: String,
}

/// Every invalid example of the contract that is a JSON object, and what
/// examples cannot show: each is in the dead-letter queue with the code and the
/// message that `validate` gives, and nothing has become of it.
#[test]
fn bad_requests_of_nobody_are_dead_letters() {
    let cloud = cloud();
    let bad = bad_requests();
    assert!(bad.len() >= 30, "only {}", bad.len());
    for bad in bad.chunks(10) {
        let entry = |bad: &Bad| cloud.entry(&bad.source, REQUEST, &bad.detail.to_string());
        let answer = cloud.put_entries(&bad.iter().map(entry).collect::<Vec<_>>());
        assert_eq!(answer["FailedEntryCount"], 0, "{answer}");
    }
    for bad in &bad {
        let said = validated(&cloud, &bad.source, &bad.detail.to_string());
        assert_eq!(said["code"], bad.code, "{said}");
        let letter = cloud.dead_letter(&bad.mark);
        assert_eq!(letter.attribute("ERROR_CODE"), bad.code);
        let message = said["message"].as_str().expect("a message");
        assert_eq!(limit(letter.attribute("ERROR_MESSAGE")), limit(message), "{}", bad.code);
        assert_eq!(letter.attribute("FUNCTION"), "onboarding");
    }
    let executions = cloud.tenantry(&["execution", "list", "--limit", "1000"]).exits(0).stdout;
    let stacks = cloud.aws(&["cloudformation", "list-stacks"]).exits(0).stdout;
    for id in bad.iter().filter_map(|bad| bad.detail["tenantId"].as_str()) {
        assert!(!executions.contains(id) && !stacks.contains(id), "{id}");
        if id.parse::<Uuid>().is_ok() {
            cloud.tenantry(&["tenant", "show", id]).exits(3);
            cloud.tenantry(&["tenant", "history", id]).exits(3);
        }
    }
}

/// What is wrong with an event about a tenant that there is, is in its history,
/// in the same words; the tenant stays as it is.
#[test]
fn bad_requests_about_a_tenant_are_in_its_history() {
    let cloud = cloud();
    let known = cloud.guest("Known");
    let id = known["tenantId"].as_str().expect("an id");
    let before = cloud.show(id);
    let with = |field: &str, value: Value| {
        let mut detail = known.clone();
        detail[field] = value;
        detail
    };
    let bad = [
        with("tenantName", json!(7)),
        with("email", json!("admin@\u{7}.example")),
        with("status", json!("Active")),
        with("tier", json!("t".repeat(33))),
    ];
    for detail in &bad {
        let seen = cloud.history(id, REQUEST.detail_type()).len();
        cloud.put(&[(REQUEST, detail)]);
        let line = until("the refusal in the history", || {
            cloud.history(id, REQUEST.detail_type()).get(seen).cloned()
        });
        let said = validated(&cloud, Sources::default().of(REQUEST), &detail.to_string());
        assert_eq!(line["verdict"], "refused");
        assert_eq!((&line["code"], &line["reason"]), (&said["code"], &said["message"]));
    }
    assert_eq!(cloud.show(id), before);
    assert_eq!(cloud.dead_letters(id).len(), 0);
}

/// A tier that the deployment does not have: only it can say so, and it says
/// the same before (`--online`) and after; the publisher is told on the bus.
#[test]
fn an_unknown_tier_is_refused_before_and_after() {
    let cloud = cloud();
    let mut detail = request("Tin Ltd");
    detail["tier"] = json!("tin");
    let id = detail["tenantId"].as_str().expect("an id");
    let text = detail.to_string();
    run_with(cloud.command().args(["event", "validate", REQUEST.as_str(), "-"]), &text).exits(0);
    let online = ["event", "validate", REQUEST.as_str(), "-", "--online", "--output", "json"];
    let said = run_with(cloud.command().args(online), &text).exits(6).json();
    assert_eq!((&said["valid"], &said["field"]), (&json!(false), &json!("tier")));
    assert_eq!(said["code"], "UnknownTier");

    cloud.put(&[(REQUEST, &detail)]);
    let letter = cloud.dead_letter(id);
    assert_eq!(letter.attribute("ERROR_CODE"), "UnknownTier");
    assert_eq!(letter.attribute("ERROR_MESSAGE"), said["message"]);
    let failure = &cloud.hears(EventName::OnboardingFailure, id)["detail"]["failure"];
    assert_eq!((&failure["code"], &failure["reason"]), (&said["code"], &said["message"]));
    cloud.assert_nothing_of(id);
}

/// What is not JSON, PutEvents itself refuses. What reaches the function on
/// another way than the bus is put away all the same.
#[test]
fn what_is_no_event_is_put_away() {
    let cloud = cloud();
    let sources = Sources::default();
    let source = sources.of(REQUEST);
    let said = validated(&cloud, source, "{\"tenantName\": ");
    assert_eq!(said["code"], "NotJson");
    let answer = cloud.put_entries(&[cloud.entry(source, REQUEST, "{\"tenantName\": ")]);
    assert_eq!(
        (&answer["FailedEntryCount"], &answer["Entries"][0]["ErrorCode"]),
        (&json!(1), &json!("MalformedDetail"))
    );

    let mark = || Uuid::new_v4().to_string();
    let envelope = json!({
        "id": mark(), "source": source, "detail-type": REQUEST.detail_type(), "time": "2026-01-02T12:00:00Z",
    });
    let with = |name: &str, value: Value| {
        let mut event = envelope.clone();
        event["id"] = json!(mark());
        event[name] = value;
        event
    };
    let cases = [
        (json!(mark()), "NotAnEvent"),
        (json!([mark()]), "NotAnEvent"),
        (with("time", json!("yesterday")), "NotAnEvent"),
        (with("detail", json!("{\"tenantName\": ")), "NotAnObject"),
        (with("detail", json!([1])), "NotAnObject"),
        (with("detail-type", json!("sbt_aws_billingSuccess")), "UnexpectedEvent"),
    ];
    std::thread::scope(|scope| {
        for (payload, code) in &cases {
            scope.spawn(|| is_put_away(&cloud, payload, code));
        }
    });
}

/// Calls the function with `payload`, which it puts away under `code`.
fn is_put_away(cloud: &Cloud, payload: &Value, code: &str) {
    let text = payload.to_string();
    let invoke = ["lambda", "invoke", "--function-name", "tenantry-onboarding", "--payload", &text];
    let answer = cloud.aws(&[&invoke[..], &["/dev/null"]].concat()).exits(0);
    assert!(!answer.stdout.contains("FunctionError"), "{payload}: {}", answer.stdout);
    let mark = [&payload["id"], &payload[0], payload].into_iter().find_map(Value::as_str);
    assert_eq!(cloud.dead_letter(mark.expect("its mark")).attribute("ERROR_CODE"), code, "{payload}");
}

/// A name with the syntax of shells, JSON and templates in it is a name: the
/// tenant, its build and its stack have it as it was sent.
#[test]
fn a_name_with_syntax_in_it_is_only_a_name() {
    let cloud = cloud();
    let mut detail = request("");
    detail["tenantName"] = examples::of(REQUEST, "name-with-syntax").detail()["tenantName"].clone();
    let (id, name) = (detail["tenantId"].as_str().expect("an id"), &detail["tenantName"]);
    cloud.put(&[(REQUEST, &detail)]);
    let shown = cloud.settles(id, "Active");
    assert_eq!(&shown["tenant"]["tenantName"], name);
    let build = cloud.build(shown["operations"][0]["buildId"].as_str().expect("a build"));
    let variables = build["environment"]["environmentVariables"].as_array().expect("variables").clone();
    let variable = variables.iter().find(|variable| variable["name"] == "TENANT_NAME").expect("the name");
    assert_eq!(&variable["value"], name);
    let stack = cloud.stack(id).expect("the tenant's stack");
    let output =
        stack["Outputs"].as_array().expect("outputs").iter().find(|o| o["OutputKey"] == "TenantName");
    assert_eq!(&output.expect("the name")["OutputValue"], name);
    let listed = cloud.json(&["tenant", "list", "--prefix", name.as_str().expect("a text")]);
    assert_eq!(listed["tenants"][0]["tenantId"], id);
}

/// What `tenantry event validate` says of a request that it refuses: the same
/// on standard error for people and as JSON for programs.
fn validated(cloud: &Cloud, source: &str, detail: &str) -> Value {
    let validate = ["event", "validate", REQUEST.as_str(), "-", "--source", source, "--output", "json"];
    let ran = run_with(cloud.command().args(validate), detail).exits(6);
    let said = ran.json();
    let line = format!(
        "({}): {}",
        said["code"].as_str().expect("a code"),
        said["message"].as_str().expect("a message")
    );
    assert!(ran.stderr.contains(&line), "{}", ran.stderr);
    assert_eq!(said["valid"], false);
    said
}

/// A message without the size of an event, which on its way is some bytes
/// shorter than it could have been.
fn limit(message: &str) -> &str {
    message.split(" long, was ").next().expect("a text")
}

fn bad_requests() -> Vec<Bad> {
    let sources = Sources::default();
    let right = sources.of(REQUEST);
    let bad = |code: &str, source: &str, mut detail: Value| {
        let mark = Uuid::new_v4().to_string();
        // What is wrong with an id stays wrong; any other request is a tenant's of its own.
        if detail["tenantId"].as_str().is_none_or(|id| id.parse::<Uuid>().is_ok()) {
            detail["tenantId"] = json!(mark);
        } else {
            detail["mark"] = json!(mark);
        }
        // The examples' own registration may be somebody's: then it would be in that one's history.
        if detail["tenantRegistrationId"].as_str().is_some_and(|id| id.parse::<RegistrationId>().is_ok()) {
            detail["tenantRegistrationId"] = json!(mark);
        }
        Bad { code: code.to_owned(), source: source.to_owned(), detail, mark }
    };
    let nested = (0..MAX_DEPTH).fold(json!("x"), |inner, _| json!([inner]));
    let with = |field: &str, value: Value| {
        let mut detail = request("Nobody");
        detail[field] = value;
        detail
    };
    let mut all = vec![
        bad("TooLarge", right, with("note", json!("x".repeat(MAX_BYTES)))),
        bad("TooDeep", right, with("tree", nested)),
        bad("WrongSource", "sbt.application.plane", request("Nobody")),
        bad("WrongSource", "com.example", request("Nobody")),
        bad("InvalidField", right, with("tenantName", json!("\u{1b}[31mNobody"))),
        bad("OwnedField", right, with("status", json!("Active"))),
    ];
    for example in examples::invalid().iter().filter(|example| example.event == REQUEST) {
        let Ok(detail) = serde_json::from_str::<Value>(&example.text) else { continue };
        if detail.is_object() {
            all.push(bad(example.code(), right, detail));
        }
    }
    all
}
