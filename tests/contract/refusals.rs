//! Bad input as it arrives: through the envelope, with an error that names the
//! field and the limit.

use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use tenantry_events::attributes::{self, OWNED};
use tenantry_events::catalogue::kind;
use tenantry_events::delivery::Entry;
use tenantry_events::details::{OffboardingRequest, OnboardingRequest};
use tenantry_events::envelope::{Delivered, Envelope};
use tenantry_events::ids::EventId;
use tenantry_events::name::EventName;
use tenantry_events::receive::{MAX_BYTES, MAX_DEPTH, Rejection, RejectionCode, receive};
use tenantry_events::sources::Sources;
use tenantry_events::text::{Email, RegistrationId, TenantName, TierName};
use tenantry_tests::examples;

const TENANT: &str = "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11";

/// `detail` in the envelope of an onboardingRequest, as JSON.
fn enveloped(detail: Value) -> Value {
    json!({
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "sbt_aws_onboardingRequest",
        "source": "sbt.control.plane",
        "account": "111122223333",
        "time": "2026-11-24T09:30:00Z",
        "region": "ap-southeast-1",
        "resources": [],
        "detail": detail
    })
}

fn read(envelope: Value) -> Result<(), Rejection> {
    let envelope: Delivered = serde_json::from_value(envelope).expect("an envelope");
    receive::<OnboardingRequest>(&envelope, &Sources::default()).map(|_| ())
}

/// The request `minimal`, with the tenant's id and `fields` on top.
fn request(fields: Value) -> Value {
    let mut detail = examples::of(EventName::OnboardingRequest, "minimal").detail();
    detail["tenantId"] = json!(TENANT);
    detail.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    detail
}

fn with(key: &str, value: &str) -> Value {
    let mut envelope = enveloped(request(json!({})));
    envelope[key] = json!(value);
    envelope
}

/// A list in a list in a list…, `depth` deep.
fn nested(depth: usize) -> Value {
    (0..depth).fold(json!("x"), |inner, _| json!([inner]))
}

fn many(count: usize) -> Value {
    (0..count).map(|n| (format!("field{n}"), json!(n))).collect::<Map<String, Value>>().into()
}

/// An address of so many characters.
fn address(characters: usize) -> String {
    let rest = characters - "@.example".len() - 64;
    format!("{}@{}.example", "e".repeat(64), "d".repeat(rest))
}

/// What reaches the control plane and is wrong, each by what it is.
fn cases() -> Vec<(String, Value)> {
    let text = |field: &str, value: String| enveloped(request(json!({ field: value })));
    let mut without = enveloped(json!(null));
    without.as_object_mut().unwrap().remove("detail");
    let mut cases = vec![
        ("a detail that is text, not JSON".to_owned(), enveloped(json!("{\"tenantName\": "))),
        ("a detail that is a list".to_owned(), enveloped(json!([request(json!({}))]))),
        ("no detail".to_owned(), without),
        ("the other plane's source".to_owned(), with("source", "sbt.application.plane")),
        ("a stranger's source".to_owned(), with("source", "com.example")),
        ("another event".to_owned(), with("detail-type", "sbt_aws_offboardingRequest")),
        ("an event that there is not".to_owned(), with("detail-type", "sbt_aws_onbordingRequest")),
        ("256 KiB + 1".to_owned(), enveloped(sized(EventName::OnboardingRequest, MAX_BYTES + 1))),
        (format!("nested {} deep", MAX_DEPTH + 1), enveloped(request(json!({ "tree": nested(MAX_DEPTH) })))),
        ("an attribute nested 9 deep".to_owned(), enveloped(request(json!({ "tree": nested(9) })))),
        ("51 attributes".to_owned(), enveloped(request(many(attributes::MAX_COUNT + 1)))),
        ("an attribute with a name of 101".to_owned(), enveloped(request(json!({ "n".repeat(101): 1 })))),
        ("an attribute without a name".to_owned(), enveloped(request(json!({ "": 1 })))),
        ("16 KiB + 1 of attributes".to_owned(), text("note", "x".repeat(attributes::MAX_BYTES - 10))),
        ("a name of 101".to_owned(), text("tenantName", "n".repeat(TenantName::MAX + 1))),
        ("an address of 129".to_owned(), text("email", address(Email::MAX + 1))),
        ("an address that is not ASCII".to_owned(), text("email", "ä@acme.example".to_owned())),
        ("an address in brackets".to_owned(), text("email", "<a@b.c>".to_owned())),
        ("an address of a bare top-level domain".to_owned(), text("email", "a@acme".to_owned())),
        ("a registration of dots".to_owned(), text("tenantRegistrationId", "..".to_owned())),
        ("a name of dots".to_owned(), text("tenantName", ".".to_owned())),
        ("a name of fillers".to_owned(), text("tenantName", "\u{3164}\u{3164}".to_owned())),
        ("a name of a blank Braille cell".to_owned(), text("tenantName", "\u{2800}".to_owned())),
        ("a name whose key is too long".to_owned(), text("tenantName", "\u{fdfa}".repeat(TenantName::MAX))),
        ("an attribute with a hidden name".to_owned(), enveloped(request(json!({ "a\u{202e}b": 1 })))),
        (
            "an attribute with a field without a name".to_owned(),
            enveloped(request(json!({ "a": [{ "": 1 }] }))),
        ),
        ("a tier of 33".to_owned(), text("tier", "t".repeat(TierName::MAX + 1))),
        (
            "a registration of 129".to_owned(),
            text("tenantRegistrationId", "r".repeat(RegistrationId::MAX + 1)),
        ),
        ("a name with a NUL".to_owned(), text("tenantName", "Ac\0me".to_owned())),
        ("a name with an escape sequence".to_owned(), text("tenantName", "\u{1b}[31mAcme".to_owned())),
        ("a name of zero width".to_owned(), text("tenantName", "\u{200b}".to_owned())),
        ("a tier that is a path".to_owned(), text("tier", "../platinum".to_owned())),
        ("an id that is a command".to_owned(), text("tenantId", "$(reboot)".to_owned())),
    ];
    for example in examples::invalid() {
        if example.event == EventName::OnboardingRequest && example.code() != "NotJson" {
            cases.push((format!("example {}", example.name), enveloped(example.detail())));
        }
    }
    cases
}

/// Each is refused; code, field and message are one snapshot.
#[test]
fn bad_input_is_refused_with_field_and_limit() {
    let mut said = String::new();
    for (what, envelope) in cases() {
        let Rejection { code, field, message, .. } = read(envelope).expect_err(&what);
        writeln!(said, "{what}\n    {code} {}\n    {message}", field.as_deref().unwrap_or("-")).unwrap();
    }
    insta::assert_snapshot!("bad_input", said);
}

/// A rejection knows whose the event seems to be, and its identity: of its
/// metadata, or else of its envelope.
#[test]
fn a_rejection_says_whose_event_it_was() {
    let rejection = read(enveloped(request(json!({ "tier": "" })))).unwrap_err();
    assert_eq!(rejection.tenant_id.map(|id| id.to_string()).as_deref(), Some(TENANT));
    assert_eq!(rejection.event_id.to_string(), "6a7e8feb-b491-4cf7-a9f1-bf3703467718");
    let own = "3b0c1a52-7d0e-5c55-8f5e-6a3a7b1f2c01";
    let rejection = read(enveloped(request(json!({ "metadata": { "eventId": own } })))).unwrap_err();
    assert_eq!(rejection.event_id.to_string(), own);
}

/// Every field of the control plane's is refused, before all else that is wrong.
#[test]
fn owned_fields_are_refused_first() {
    for owned in OWNED {
        let rejection = read(enveloped(request(json!({ *owned: "x", "tier": "" })))).expect_err(owned);
        assert_eq!(rejection.code, RejectionCode::OwnedField);
        assert_eq!(rejection.field.as_deref(), Some(*owned));
        assert_eq!(rejection.message, format!("`{owned}` is set by the control plane and must not be sent"));
    }
}

/// What reaches a limit exactly is accepted, and a name may hold any syntax.
#[test]
fn what_is_within_the_limits_is_accepted() {
    let text = |field: &str, value: String| enveloped(request(json!({ field: value })));
    for envelope in [
        enveloped(examples::of(EventName::OnboardingRequest, "name-with-syntax").detail()),
        enveloped(request(json!({ "tree": nested(attributes::MAX_DEPTH) }))),
        enveloped(request(many(attributes::MAX_COUNT))),
        enveloped(request(json!({ "n".repeat(attributes::MAX_NAME): 1 }))),
        text("note", "x".repeat(attributes::MAX_BYTES - r#"{"note":""}"#.len())),
        text("tenantName", "名".repeat(TenantName::MAX)),
        text("email", address(Email::MAX)),
        text("tier", "t".repeat(TierName::MAX)),
        text("tenantRegistrationId", "r".repeat(RegistrationId::MAX)),
    ] {
        assert_eq!(read(envelope), Ok(()));
    }
}

/// A request that is `bytes` long with its envelope.
fn sized(name: EventName, bytes: usize) -> Value {
    let mut envelope = enveloped(request(json!({ "note": "" })));
    envelope["detail-type"] = json!(name.detail_type());
    let parsed: Envelope = serde_json::from_value(envelope).unwrap();
    let missing = bytes - serde_json::to_vec(&parsed).unwrap().len();
    request(json!({ "note": "x".repeat(missing) }))
}

/// Publisher, command and receiver draw the line of 256 KiB at the same byte.
#[test]
fn sender_and_receiver_agree_on_the_size() {
    let (name, sources) = (EventName::OffboardingRequest, Sources::default());
    for (bytes, fits) in [(MAX_BYTES, true), (MAX_BYTES + 1, false)] {
        let detail = sized(name, bytes);
        let mut envelope = enveloped(detail.clone());
        envelope["detail-type"] = json!(name.detail_type());
        let envelope: Delivered = serde_json::from_value(envelope).unwrap();
        let received = receive::<OffboardingRequest>(&envelope, &sources);
        assert_eq!(received.as_ref().err().map(|r| r.code), (!fits).then_some(RejectionCode::TooLarge));
        let validated = kind(name).validate(None, detail.to_string().as_bytes(), &sources);
        assert_eq!(validated.err().map(|v| v.message), received.err().map(|r| r.message));
        assert_eq!(Entry::new(name, EventId::derive("x"), &detail, &sources).is_ok(), fits);
    }
}

/// What is nested deeper than any reader goes is called that, not "no JSON".
#[test]
fn text_that_is_nested_too_deep_is_called_that() {
    let text = format!("{{\"tree\": {}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let refused = kind(EventName::OnboardingRequest).validate(None, text.as_bytes(), &Sources::default());
    assert_eq!(refused.unwrap_err().code, RejectionCode::TooDeep);
}
