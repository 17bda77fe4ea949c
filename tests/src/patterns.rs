//! EventBridge's event patterns, matched by quamina.
//!
//! quamina reads a part of EventBridge's operators, and `exists` only where it
//! is alone in its list: a list with more in it becomes several patterns here.
//! What the two do not read the same way is refused loudly.
//!
//! Source: "Comparison operators for use in event patterns", Amazon EventBridge
//! User Guide.

use quamina::Quamina;
use serde_json::{Map, Value};

/// Whether `event` matches `pattern`.
///
/// # Panics
///
/// On a pattern that EventBridge and the matcher might not read the same way.
#[must_use]
pub fn matches(pattern: &Value, event: &Value) -> bool {
    check("the pattern", pattern);
    let mut matcher = Quamina::new();
    for one in alternatives(pattern) {
        matcher.add_pattern((), &one.to_string()).unwrap_or_else(|error| panic!("{one}: {error}"));
    }
    matcher.has_matches(event.to_string().as_bytes()).expect("an event")
}

/// Patterns of which one matches where `pattern` does, with `exists` alone in
/// each list.
fn alternatives(pattern: &Value) -> Vec<Value> {
    let mut patterns = vec![Map::new()];
    for (name, field) in pattern.as_object().into_iter().flatten() {
        let variants = match field.as_array() {
            None => alternatives(field),
            Some(values) => {
                let (alone, rest): (Vec<_>, Vec<_>) =
                    values.iter().cloned().partition(|value| value.get("exists").is_some());
                let rest = (!rest.is_empty()).then_some(Value::Array(rest));
                alone.into_iter().map(|value| Value::Array(vec![value])).chain(rest).collect()
            }
        };
        let with = |pattern: &Map<String, Value>, variant: &Value| {
            pattern.clone().into_iter().chain([(name.clone(), variant.clone())]).collect()
        };
        patterns = patterns.iter().flat_map(|p| variants.iter().map(move |v| with(p, v))).collect();
    }
    patterns.into_iter().map(Value::Object).collect()
}

/// Panics unless `pattern` (that of `at`) is made of plain values and of objects
/// with exactly one operator that both read the same way.
pub fn check(at: &str, pattern: &Value) {
    let fields = pattern.as_object().unwrap_or_else(|| panic!("{at}: {pattern} is no pattern"));
    assert!(!fields.is_empty(), "{at}: an empty pattern matches everything");
    for (name, field) in fields {
        let at = format!("{at}.{name}");
        assert!(!name.starts_with('$'), "{at}: the matcher has no `$or`");
        match field.as_array() {
            Some(values) => values.iter().for_each(|value| check_value(&at, value)),
            None => check(&at, field),
        }
    }
}

fn check_value(at: &str, value: &Value) {
    let Some(operator) = value.as_object() else { return };
    assert_eq!(operator.len(), 1, "{at}: the matcher would only see the first operator of {value}");
    let shared = operator.iter().all(|(name, operand)| match name.as_str() {
        "exists" => operand.is_boolean(),
        "prefix" | "suffix" | "equals-ignore-case" | "wildcard" => operand.is_string(),
        "anything-but" => operand.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
        _ => false,
    });
    assert!(shared, "{at}: EventBridge and the matcher may not read {value} the same way");
}
