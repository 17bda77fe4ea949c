//! The gate itself, held to one case of each kind of change.

use super::{Who, breaks};
use jsonschema::canonical::{self, Containment};
use serde_json::{Value, json};

/// A change, and what the gate says of it: `P` and the field for an old
/// publisher, `C` and the field for an old consumer.
type Case = (&'static str, Value, Value, &'static [&'static str]);

fn object(fields: Value) -> Value {
    json!({ "type": "object", "properties": fields })
}

fn cases() -> Vec<Case> {
    let text = || json!({ "type": "string" });
    let (one, two) = (object(json!({ "a": text() })), object(json!({ "a": text(), "b": text() })));
    let with = |schema: &Value, key: &str, value: Value| {
        let mut schema = schema.clone();
        schema[key] = value;
        schema
    };
    let field = |schema: Value| object(json!({ "a": schema }));
    let limited = |name: &str, limit: u32| field(json!({ "type": "string", name: limit }));
    let listed = |values: Value| field(json!({ "type": "string", "enum": values }));
    let referred = |target: Value| json!({ "type": "object", "properties": { "a": { "$ref": "#/$defs/A" } }, "$defs": { "A": target } });
    let closed = |schema: &Value| with(schema, "additionalProperties", json!(false));
    vec![
        ("nothing changes", two.clone(), two.clone(), &[]),
        ("words change", one.clone(), with(&one, "description", json!("better")), &[]),
        ("an optional field comes", one.clone(), two.clone(), &[]),
        ("a required field comes", one.clone(), with(&two, "required", json!(["b"])), &["P b"]),
        ("a field becomes required", two.clone(), with(&two, "required", json!(["b"])), &["P b"]),
        ("a field becomes optional", with(&two, "required", json!(["b"])), two.clone(), &["C b"]),
        ("a field goes", two.clone(), one.clone(), &["C b"]),
        ("a field goes, and others are ruled out", closed(&two), closed(&one), &["P b", "C b"]),
        ("a field is refused", one.clone(), field(json!(false)), &["P a", "C a"]),
        ("a field unheard of is refused", one.clone(), object(json!({ "a": text(), "b": false })), &["P b"]),
        ("a refused field is allowed", field(json!(false)), one.clone(), &[]),
        ("a field is retyped", one.clone(), field(json!({ "type": "integer" })), &["P a", "C a"]),
        ("a field may be null", one.clone(), field(json!({ "type": ["string", "null"] })), &["C a"]),
        (
            "a number must be whole",
            field(json!({ "type": "number" })),
            field(json!({ "type": "integer" })),
            &["P a"],
        ),
        ("an enum is narrowed", listed(json!(["x", "y"])), listed(json!(["x"])), &["P a"]),
        ("an enum is widened", listed(json!(["x"])), listed(json!(["x", "y"])), &[]),
        ("an enum comes", one.clone(), listed(json!(["x"])), &["P a"]),
        ("an upper limit is tightened", limited("maxLength", 9), limited("maxLength", 5), &["P a"]),
        ("an upper limit is loosened", limited("maxLength", 5), limited("maxLength", 9), &["C a"]),
        ("a lower limit is tightened", limited("minLength", 1), limited("minLength", 2), &["P a"]),
        ("a lower limit is loosened", limited("minLength", 2), limited("minLength", 1), &["C a"]),
        ("an upper limit comes", one.clone(), limited("maxLength", 9), &["P a"]),
        (
            "a pattern changes",
            field(json!({ "pattern": "^a" })),
            field(json!({ "pattern": "^b" })),
            &["P a", "C a"],
        ),
        ("a format comes", one.clone(), field(json!({ "type": "string", "format": "uuid" })), &["P a"]),
        ("additional fields are ruled out", one.clone(), closed(&one), &["P *"]),
        ("additional fields are let in", closed(&one), one.clone(), &["C *"]),
        ("a field comes where none was to be added", closed(&one), closed(&two), &["C b"]),
        (
            "an item is retyped",
            field(json!({ "items": text() })),
            field(json!({ "items": { "type": "null" } })),
            &["P a.[]", "C a.[]"],
        ),
        (
            "what a reference means changes",
            referred(two.clone()),
            referred(with(&two, "required", json!(["b"]))),
            &["P a.b"],
        ),
        (
            "an alternative goes",
            field(json!({ "anyOf": [text(), { "type": "null" }] })),
            field(json!({ "anyOf": [text()] })),
            &["P a", "C a"],
        ),
        (
            "an unknown keyword changes",
            one.clone(),
            with(&one, "dependentRequired", json!({ "a": ["b"] })),
            &["P ", "C "],
        ),
    ]
}

/// Every kind of change breaks exactly whom it should.
#[test]
fn each_kind_of_change_breaks_whom_it_should() {
    for (what, old, new, expected) in cases() {
        let said: Vec<String> = breaks(&old, &new)
            .iter()
            .map(|found| format!("{} {}", if found.who == Who::Publisher { "P" } else { "C" }, found.field))
            .collect();
        assert_eq!(said, expected, "{what}: {:?}", breaks(&old, &new));
    }
}

/// Where the schema library proves that every old detail is still valid, the
/// gate reports no publisher: two implementations agree on what is safe.
#[test]
fn no_publisher_is_reported_where_all_that_it_may_send_is_still_valid() {
    let canonical =
        |schema: &Value| canonical::options().should_validate_formats(true).canonicalize(schema).unwrap();
    let mut proven = 0;
    for (what, old, new, _) in cases() {
        if canonical(&new).covers(&canonical(&old)).is_ok_and(|answer| answer == Containment::Yes) {
            proven += 1;
            assert!(breaks(&old, &new).iter().all(|found| found.who == Who::Consumer), "{what}");
        }
    }
    assert!(proven > 5, "the library proved {proven} cases only");
}
