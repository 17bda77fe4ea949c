//! The bodies of requests, from the types of the events that they become.

use crate::api::routes::Route;
use serde_json::{Value, json};
use tenantry_events::catalogue::kind;
use tenantry_events::name::EventName;

/// The schema of a route's body; `None` if it has none.
pub(super) fn of(route: Route) -> Option<Value> {
    match route {
        Route::CreateRegistration => Some(either("Registration")),
        Route::UpdateRegistration => Some(either("RegistrationChange")),
        Route::CancelTenant => Some(request(&["reason", "operationId"])),
        Route::RetryTenant => Some(request(&["reason", "reprovision"])),
        Route::SuspendTenant | Route::ResumeTenant => Some(request(&["reason"])),
        Route::CreateUser => Some(user(&["email", "userRole"], true)),
        Route::UpdateUser => Some(user(&[], false)),
        Route::RedriveQueue => Some(redrive()),
        Route::DiscardQueue => Some(discard()),
        _ => None,
    }
}

/// Whether the body must be there.
pub(super) fn is_required(route: Route) -> bool {
    matches!(route, Route::CreateRegistration | Route::CreateUser | Route::RedriveQueue | Route::DiscardQueue)
}

/// What the events' schemas allow and a body does not: the path, the token or
/// SBT's two parts say it.
const NOT_SENT: [&str; 7] = [
    "metadata",
    "requestedBy",
    "sbtaws_active",
    "tenantConfig",
    "tenantData",
    "tenantId",
    "tenantRegistrationData",
];

/// The properties that the event's schema refuses whatever their value is.
fn owned(schema: &Value) -> Vec<String> {
    let refused = |(name, schema): (&String, &Value)| (*schema == json!(false)).then(|| name.clone());
    schema["properties"].as_object().into_iter().flatten().filter_map(refused).collect()
}

/// Refuses the property `name` by `propertyNames`. A property whose schema is
/// `false` says the same, but generators of clients do not take it: of
/// openapi-python-client 0.29 it is a parsing error.
fn forbid(schema: &mut Value, name: &str) {
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.remove(name);
    }
    match schema.pointer_mut("/propertyNames/not/enum").and_then(Value::as_array_mut) {
        Some(names) => names.push(name.into()),
        None => schema["propertyNames"] = json!({ "not": { "enum": [name] } }),
    }
}

/// The bodies that have names of their own, by which generators of clients call
/// their types.
pub(super) fn schemas() -> Value {
    let flat = registration();
    let mut data = flat.clone();
    forbid(&mut data, "tenantRegistrationId");
    let part = json!({ "type": "object" });
    json!({
        "Registration": flat,
        "RegistrationInParts": {
            "type": "object",
            "description": "A registration as SBT's clients send it.",
            "required": ["tenantData"],
            "properties": {
                "tenantRegistrationId": flat["properties"]["tenantRegistrationId"],
                "tenantData": data,
                "tenantRegistrationData": { "type": "object", "description": "What the publisher keeps of the registration; merged with `tenantData`." },
            },
            "additionalProperties": false,
        },
        "RegistrationChange": change(),
        "RegistrationChangeInParts": {
            "type": "object",
            "description": "A change as SBT's clients send it.",
            "minProperties": 1,
            "properties": { "tenantData": part, "tenantRegistrationData": part },
            "additionalProperties": false,
        },
    })
}

/// Flat, as the event is, or in SBT's two parts.
fn either(name: &str) -> Value {
    let schema = |name: String| json!({ "$ref": format!("#/components/schemas/{name}") });
    json!({ "anyOf": [schema(name.to_owned()), schema(format!("{name}InParts"))] })
}

/// Flat, as the event is.
fn registration() -> Value {
    let mut flat = kind(EventName::OnboardingRequest).json_schema();
    for name in ["$schema", "$id", "$defs", "title", "description"] {
        if let Some(schema) = flat.as_object_mut() {
            schema.remove(name);
        }
    }
    for name in owned(&flat).iter().map(String::as_str).chain(NOT_SENT) {
        forbid(&mut flat, name);
    }
    flat
}

/// The address and any attribute, flat.
fn change() -> Value {
    let mut flat = registration();
    if let Some(schema) = flat.as_object_mut() {
        schema.remove("required");
    }
    for fixed in ["tenantName", "tenantRegistrationId", "tier"] {
        forbid(&mut flat, fixed);
    }
    flat["minProperties"] = json!(1);
    flat
}

fn request(names: &[&str]) -> Value {
    let schema = kind(EventName::CancelRequest).json_schema();
    let property = |name: &&str| ((*name).to_owned(), schema["properties"][*name].clone());
    let properties: serde_json::Map<String, Value> = names.iter().map(property).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn user(required: &[&str], with_name: bool) -> Value {
    let email = kind(EventName::OnboardingRequest).json_schema()["properties"]["email"].clone();
    let mut schema = json!({
        "type": "object",
        "properties": {
            "email": email,
            "userRole": {
                "type": "string",
                "maxLength": crate::api::roles::MAX,
                "description": "A group (`viewers`, `operators`, `admins`), SBT's `SystemAdmin` for an administrator, or any other text, which is kept with the user, who is a viewer.",
            },
        },
        "additionalProperties": false,
    });
    if with_name {
        schema["properties"]["userName"] = json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*$", "maxLength": 64 });
    }
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn discard() -> Value {
    json!({
        "type": "object",
        "required": ["ids", "reason"],
        "properties": {
            "ids": { "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": 50 },
            "reason": { "type": "string", "minLength": 1, "maxLength": 500, "description": "Why, for the audit and the tenant's history." },
        },
        "additionalProperties": false,
    })
}

fn redrive() -> Value {
    json!({
        "oneOf": [
            { "type": "object", "required": ["all"], "properties": { "all": { "const": true }, "after": { "type": "string", "maxLength": 116, "description": "Only what arrived later: `next` of the answer before." } }, "additionalProperties": false },
            {
                "type": "object",
                "required": ["ids"],
                "properties": { "ids": { "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": 50 } },
                "additionalProperties": false,
            },
        ],
    })
}
