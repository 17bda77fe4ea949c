//! The bodies of requests, from the types of the events that they become.

use crate::api::routes::Route;
use serde_json::{Value, json};
use tenantry_events::catalogue::kind;
use tenantry_events::name::EventName;

/// The schema of a route's body; `None` if it has none.
pub(super) fn of(route: Route) -> Option<Value> {
    match route {
        Route::CreateRegistration => Some(registration()),
        Route::UpdateRegistration => Some(change()),
        Route::CancelTenant => Some(request(&["reason", "operationId"])),
        Route::RetryTenant | Route::SuspendTenant | Route::ResumeTenant => Some(request(&["reason"])),
        Route::CreateUser => Some(user(&["email", "userRole"], true)),
        Route::UpdateUser => Some(user(&[], false)),
        Route::RedriveQueue => Some(redrive()),
        _ => None,
    }
}

/// Whether the body must be there.
pub(super) fn is_required(route: Route) -> bool {
    matches!(route, Route::CreateRegistration | Route::CreateUser | Route::RedriveQueue)
}

/// Flat, as the event is, or in SBT's two parts.
fn registration() -> Value {
    let mut flat = kind(EventName::OnboardingRequest).json_schema();
    for name in ["$schema", "$id", "$defs", "title", "description"] {
        if let Some(schema) = flat.as_object_mut() {
            schema.remove(name);
        }
    }
    for name in ["tenantId", "metadata", "requestedBy", "sbtaws_active", "tenantConfig", "tenantData"] {
        flat["properties"][name] = json!(false);
    }
    flat["properties"]["tenantRegistrationData"] = json!(false);
    let id = flat["properties"]["tenantRegistrationId"].clone();
    let mut data = flat.clone();
    data["properties"]["tenantRegistrationId"] = json!(false);
    json!({ "anyOf": [flat, {
        "type": "object",
        "required": ["tenantData"],
        "properties": {
            "tenantRegistrationId": id,
            "tenantData": data,
            "tenantRegistrationData": { "type": "object", "description": "What the publisher keeps of the registration; merged with `tenantData`." },
        },
        "additionalProperties": false,
    }] })
}

/// The address and any attribute, flat or in SBT's two parts.
fn change() -> Value {
    let mut flat = registration()["anyOf"][0].clone();
    if let Some(schema) = flat.as_object_mut() {
        schema.remove("required");
    }
    for fixed in ["tenantName", "tenantRegistrationId", "tier"] {
        flat["properties"][fixed] = json!(false);
    }
    flat["minProperties"] = json!(1);
    let part = json!({ "type": "object" });
    let parts = json!({
        "type": "object",
        "minProperties": 1,
        "properties": { "tenantData": part, "tenantRegistrationData": part },
        "additionalProperties": false,
    });
    json!({ "anyOf": [flat, parts] })
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
                "enum": ["viewers", "operators", "admins", "basicUser", "SystemAdmin"],
                "description": "A group; SBT's `basicUser` is a viewer, its `SystemAdmin` an administrator.",
            },
        },
        "additionalProperties": false,
    });
    if with_name {
        schema["properties"]["userName"] =
            json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]+$", "maxLength": 64 });
    }
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn redrive() -> Value {
    json!({
        "oneOf": [
            { "type": "object", "required": ["all"], "properties": { "all": { "const": true } }, "additionalProperties": false },
            {
                "type": "object",
                "required": ["ids"],
                "properties": { "ids": { "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": 50 } },
                "additionalProperties": false,
            },
        ],
    })
}
