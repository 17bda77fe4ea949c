//! Every field of every event with every kind of wrong value: the type and the
//! schema say the same of it, and what is said is about the right field.

use serde_json::{Value, json};
use tenantry_events::catalogue::kind;
use tenantry_events::name::EventName;
use tenantry_events::receive::{RejectionCode, Violation};
use tenantry_events::sources::Sources;
use tenantry_tests::{examples, schemas};

/// What must not be in a message, wherever it stood in the event.
const CANARY: &str = "CANARY";
const NUMBER: i64 = 918_273_645;

fn values() -> Vec<Value> {
    vec![
        json!(CANARY),
        json!(format!("{CANARY}\u{7}")),
        json!(format!("{CANARY}\u{202e}")),
        json!(CANARY.repeat(50)),
        json!(""),
        json!(" "),
        json!(null),
        json!(true),
        json!(NUMBER),
        json!(-NUMBER),
        json!(918_273.645),
        json!([CANARY]),
        json!({ CANARY: CANARY }),
        json!(1.0),
        json!(4_294_967_296_u64),
        json!(u64::MAX),
        json!(1e19),
        json!("0B6AD4C4-6F0C-4C1D-8A35-0D1F6C0F3A11"),
        json!("0b6ad4c46f0c4c1d8a350d1f6c0f3a11"),
        json!("{0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11}"),
        json!("urn:uuid:0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11"),
        json!("12-3"),
        json!("99999999999999999999-1"),
        json!("1-4294967295"),
        json!("2026-01-02t12:00:00z"),
        json!("2026-01-02 12:00:00Z"),
        json!("1969-12-31T23:59:59Z"),
        json!("9999-12-31T23:59:59-23:59"),
        json!("9998-12-31T23:59:59-23:59"),
        json!("2026-02-30T12:00:00Z"),
        json!("2026-01-02T24:00:00Z"),
        json!("a@b.cd"),
        json!("<a@b.cd>"),
        json!(".."),
        json!("\u{3164}"),
        json!("a\u{ad}b"),
    ]
}

/// One event's detail with one field changed or gone.
struct Mutation {
    path: String,
    detail: Value,
}

fn mutations(event: EventName) -> Vec<Mutation> {
    let full = examples::of(event, "full").detail();
    let mut mutations = Vec::new();
    for pointer in pointers(&full, "") {
        let path = pointer.trim_start_matches('/').replace('/', ".");
        for value in values() {
            let mut detail = full.clone();
            *detail.pointer_mut(&pointer).unwrap() = value;
            mutations.push(Mutation { path: path.clone(), detail });
        }
        let mut detail = full.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        detail.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
        mutations.push(Mutation { path, detail });
    }
    mutations
}

fn pointers(value: &Value, at: &str) -> Vec<String> {
    let Value::Object(fields) = value else { return Vec::new() };
    let below = |(name, field): (&String, &Value)| {
        let pointer = format!("{at}/{name}");
        [vec![pointer.clone()], pointers(field, &pointer)].concat()
    };
    fields.iter().flat_map(below).collect()
}

fn verdict(event: EventName, detail: &Value) -> Result<(), Violation> {
    kind(event).validate(None, detail.to_string().as_bytes(), &Sources::default())
}

/// Type and schema agree on each of some thousand mutations.
#[test]
fn types_and_schemas_agree_on_what_is_valid() {
    let mut refused = 0;
    for event in EventName::ALL {
        let validator = schemas::validator(*event);
        for Mutation { path, detail } in mutations(*event) {
            let verdict = verdict(*event, &detail);
            refused += usize::from(verdict.is_err());
            assert_eq!(
                validator.is_valid(&detail),
                verdict.is_ok(),
                "{event}, {path}: {verdict:?} of {detail}"
            );
        }
    }
    assert!(refused > 500, "only {refused} mutations were refused");
}

/// A refusal is about the field that was changed (or one within it, or, of two
/// of which one must be there, the other), names it, and never says its value.
#[test]
fn refusals_name_the_field_and_never_the_value() {
    for event in EventName::ALL {
        for Mutation { path, detail } in mutations(*event) {
            let Err(violation) = verdict(*event, &detail) else { continue };
            let Violation { code, field, message } = violation;
            let field = field.unwrap_or_default();
            let expected = match detail.pointer(&format!("/{}", path.replace('.', "/"))) {
                None => RejectionCode::MissingField,
                Some(Value::Object(_)) if field.len() > path.len() => RejectionCode::MissingField,
                Some(_) => RejectionCode::InvalidField,
            };
            assert_eq!(code, expected, "{event}, {path}: {message}");
            assert!(field == path || field.starts_with(&format!("{path}.")), "{event}, {path}: {message}");
            assert!(message.contains(&format!("`{field}`")), "{event}, {path}: {message}");
            let told = [CANARY.to_owned(), NUMBER.to_string(), "918273.645".to_owned()];
            assert!(!told.iter().any(|value| message.contains(value)), "{event}, {path}: {message}");
        }
    }
}
