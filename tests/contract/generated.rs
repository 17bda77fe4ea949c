//! What is generated from the types and checked in.

use serde_json::Value;
use std::collections::BTreeSet;
use tenantry_events::catalogue::{Kind, asyncapi, kind};
use tenantry_events::name::EventName;
use tenantry_tests::{generate, template, workspace};

/// What is in `schemas/` and not generated from the types of today.
const OTHERS: [&str; 2] = ["README.md", "released.json"];

/// With what lies beyond Unicode's basic plane escaped: patterns have invisible
/// characters of there in them.
fn pretty(document: &Value) -> String {
    let text = format!("{}\n", serde_json::to_string_pretty(document).unwrap());
    let escaped = |c: char| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    text.chars().map(|c| if c > '\u{ffff}' { escaped(c) } else { String::from(c) }).collect()
}

fn kinds() -> impl Iterator<Item = Kind> {
    EventName::ALL.iter().map(|name| kind(*name))
}

/// Path below `schemas/` and document, of everything that is generated.
fn documents() -> Vec<(String, Value)> {
    let of_kind = |kind: Kind| {
        let path = format!("events/{}/v{}", kind.name, kind.version);
        [(format!("{path}.json"), kind.json_schema()), (format!("{path}.openapi.json"), kind.openapi())]
    };
    let whole = [
        ("asyncapi.json".to_owned(), asyncapi::document()),
        ("openapi.json".to_owned(), tenantry_handlers::api::openapi::document()),
    ];
    kinds().flat_map(of_kind).chain(whole).collect()
}

/// The checked-in schemas are what the types of today give, byte for byte.
#[test]
fn the_schemas_are_those_of_the_types() {
    for (path, document) in documents() {
        workspace::assert_generated(&format!("schemas/{path}"), &pretty(&document));
    }
}

/// The state machines' definitions are what their source says, byte for byte.
#[test]
fn the_machines_are_those_of_their_source() {
    for (path, definition) in generate::machines::definitions() {
        workspace::assert_generated(&path, &definition);
    }
}

/// The templates are what their sources say, byte for byte. Nested stacks change
/// nothing: put together again, each resource is what its source says, whatever
/// went through parameters and outputs.
#[test]
fn the_templates_are_those_of_their_source() {
    for (path, template) in generate::templates::templates() {
        workspace::assert_generated(&path, &template);
    }
    let nested = template::load("control-plane.yaml");
    let source = template::plain(&generate::templates::resources());
    for (id, resource) in source.as_object().unwrap() {
        assert_eq!(&nested["Resources"][id], resource, "{id}");
    }
    assert_eq!(nested["Resources"].as_object().unwrap().len(), source.as_object().unwrap().len());
}

/// Nothing is left in `schemas/` that no type stands behind any more, except
/// versions that were released.
#[test]
fn no_schema_is_stale() {
    let root = workspace::root().join("schemas");
    let generated: BTreeSet<String> = documents().into_iter().map(|(path, _)| path).collect();
    for file in workspace::files(&root) {
        let path = file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let kept = path.starts_with("released/") || crate::released::is_superseded(&path);
        assert!(
            kept || OTHERS.contains(&path.as_str()) || generated.contains(&path),
            "schemas/{path} is stale"
        );
    }
}

/// Every schema is one by the rules of JSON Schema 2020-12.
#[test]
fn the_schemas_are_valid_schemas() {
    for kind in kinds() {
        let schema = kind.json_schema();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{}", kind.name);
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
    }
}

/// Every reference in a generated document leads somewhere: in the document
/// itself, or to one beside it.
#[test]
fn every_reference_leads_somewhere() {
    let documents = documents();
    let beside = |target: &str| documents.iter().any(|(path, _)| path == target.trim_start_matches("./"));
    let mut seen = 0;
    for (path, document) in &documents {
        for target in references(document) {
            seen += 1;
            let found = match target.strip_prefix('#') {
                Some(pointer) => document.pointer(pointer).is_some(),
                None => beside(&target),
            };
            assert!(found, "{path}: {target} leads nowhere");
        }
    }
    assert!(seen > EventName::ALL.len(), "there are references: {seen}");
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        _ => Vec::new(),
    }
}

/// In the AsyncAPI document the control plane receives what is asked of it,
/// sends what it says, and has nothing to do with what others carry.
#[test]
fn asyncapi_has_the_control_planes_operations() {
    let document = asyncapi::document();
    let names = |prefix: &str| -> Vec<&str> {
        let operations = document["operations"].as_object().unwrap();
        operations.keys().filter_map(|name| name.strip_prefix(prefix)).collect()
    };
    let outcomes = ["deprovisionFailure", "deprovisionSuccess", "provisionFailure", "provisionSuccess"];
    let received: Vec<&str> = names("receive.").into_iter().filter(|name| !outcomes.contains(name)).collect();
    let requests = [
        "activateRequest",
        "deactivateRequest",
        "offboardingRequest",
        "onboardingRequest",
        "tenantry_cancelRequest",
        "tenantry_changeRequest",
        "tenantry_retryRequest",
    ];
    assert_eq!(received, requests);
    assert!(outcomes.iter().all(|name| names("send.").contains(name)));
    assert_eq!(names("send.").len(), outcomes.len() + 15);
    assert_eq!(document["channels"].as_object().unwrap().len(), EventName::ALL.len());
}
