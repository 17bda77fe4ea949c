//! The golden examples, held to the types and to the schemas.

use serde_json::Value;
use std::fmt::Write as _;
use tenantry_events::catalogue::kind;
use tenantry_events::name::EventName;
use tenantry_events::sources::Sources;
use tenantry_tests::examples::{self, Example};
use tenantry_tests::schemas;

/// Every event has a full example, and one of what is refused.
#[test]
fn every_event_has_its_examples() {
    let (valid, invalid) = (examples::valid(), examples::invalid());
    for name in EventName::ALL {
        assert!(valid.iter().any(|example| example.event == *name && example.name == "full"), "{name}");
        assert!(invalid.iter().any(|example| example.event == *name), "{name} has nothing invalid");
        assert_eq!(kind(*name).example, examples::of(*name, "full").text, "{name}");
    }
}

/// Valid examples are accepted under their source, by the type and by the
/// schema alike.
#[test]
fn valid_examples_are_accepted() {
    let sources = Sources::default();
    for example in examples::valid() {
        let accepted =
            kind(example.event).validate(Some(sources.of(example.event)), example.text.as_bytes(), &sources);
        assert_eq!(accepted, Ok(()), "{}", example.title());
        let errors = schemas::errors(example.event, &example.detail());
        assert!(errors.is_empty(), "{}: {errors:?}", example.title());
    }
}

/// Reading and writing a valid example loses and changes nothing in it.
#[test]
fn valid_examples_round_trip() {
    for example in examples::valid() {
        assert_eq!(
            kind(example.event).rewrite(&example.detail()),
            Ok(example.detail()),
            "{}",
            example.title()
        );
    }
}

/// Invalid examples are refused with the code and the field of their name, by
/// the schema too; the one exception is a text that no schema ever sees.
#[test]
fn invalid_examples_are_refused_for_what_they_show() {
    for example in examples::invalid() {
        let title = example.title();
        let violation = violation(&example);
        assert_eq!(violation.code.as_str(), example.code(), "{title}: {violation}");
        assert_eq!(violation.field, example.field(), "{title}: {violation}");
        if example.code() != "NotJson" {
            assert!(
                !schemas::errors(example.event, &example.detail()).is_empty(),
                "{title}: valid by schema"
            );
        }
    }
}

/// What is said of an invalid example names the field, and the limit where
/// there is one, and never says the value again.
#[test]
fn messages_name_the_field_and_never_the_value() {
    let mut said = String::new();
    for example in examples::invalid() {
        let (title, message) = (example.title(), violation(&example).message);
        writeln!(said, "{title}\n    {message}").unwrap();
        let Some(field) = example.field() else { continue };
        assert!(message.contains(&format!("`{field}`")), "{title}: {message}");
        let has_limit =
            ["too-long", "empty", "negative", "white-space"].iter().any(|what| title.ends_with(what));
        let names_limit = message.contains(|c: char| c.is_ascii_digit()) || message.contains("a UUID");
        assert!(names_limit || !has_limit, "{title} names no limit: {message}");
        let pointer = format!("/{}", field.replace('.', "/"));
        if let Some(value) = example.detail().pointer(&pointer) {
            assert!(!repeats(&message, value), "{title}: {message}");
        }
    }
    insta::assert_snapshot!("invalid_examples", said);
}

fn violation(example: &Example) -> tenantry_events::receive::Violation {
    let refused = kind(example.event).validate(None, example.text.as_bytes(), &Sources::default());
    refused.expect_err(&example.title())
}

fn repeats(message: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim().len() > 2 && message.contains(text.as_str()),
        Value::Number(number) => message.contains(&number.to_string()),
        Value::Array(items) => items.iter().any(|item| repeats(message, item)),
        Value::Object(fields) => fields.values().any(|field| repeats(message, field)),
        Value::Bool(_) | Value::Null => false,
    }
}
