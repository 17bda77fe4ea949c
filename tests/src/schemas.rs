//! Details held to their JSON Schemas.

use jsonschema::Validator;
use serde_json::Value;
use tenantry_events::catalogue::kind;
use tenantry_events::name::EventName;

/// The validator of `event`'s detail. Formats count: an id that is no UUID is
/// wrong.
#[must_use]
pub fn validator(event: EventName) -> Validator {
    let schema = kind(event).json_schema();
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap_or_else(|error| panic!("the schema of {event}: {error}"))
}

/// What is wrong with `detail` as the detail of `event`; nothing if it is valid.
#[must_use]
pub fn errors(event: EventName, detail: &Value) -> Vec<String> {
    let wrong = |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    validator(event).iter_errors(detail).map(wrong).collect()
}
