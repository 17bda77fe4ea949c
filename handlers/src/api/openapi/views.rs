//! What is answered, as schemas.

pub(in crate::api) mod derived;
mod operations;
mod users;

use crate::api::routes::Route;
use serde_json::{Map, Value, json};
use tenantry_registry::plan::Plan;
use tenantry_registry::tenant::Status;

/// The schema of a route's success.
pub(super) fn of(route: Route) -> Value {
    let one = |name: &str| json!({ "type": "object", "required": ["data"], "properties": { "data": reference(name) } });
    let many = |name: &str| {
        json!({
            "type": "object",
            "required": ["data"],
            "properties": {
                "data": { "type": "array", "items": reference(name) },
                "next_token": { "type": "string", "description": "Where the next page begins; absent on the last." },
            },
        })
    };
    match route {
        Route::ListRegistrations | Route::ListTenants => many("TenantSummary"),
        Route::GetRegistration | Route::GetTenant => one("Tenant"),
        Route::TenantHistory => many("HistoryLine"),
        Route::TenantOperations => many("Operation"),
        Route::ListTiers => many("Tier"),
        Route::TenantConfig | Route::FindTenantConfig => reference("TenantConfig"),
        Route::ListExecutions => many("ExecutionSummary"),
        Route::GetExecution => one("Execution"),
        Route::ListQueues => many("Queue"),
        Route::GetQueue => many("DeadLetter"),
        Route::RedriveQueue => one("Redriven"),
        Route::DiscardQueue => one("Discarded"),
        Route::ListUsers => many("User"),
        Route::GetUser => one("User"),
        Route::CreateUser
        | Route::UpdateUser
        | Route::DeleteUser
        | Route::DisableUser
        | Route::EnableUser => one("UserMessage"),
        Route::OpenApi => json!({ "type": "object" }),
        _ => one("Accepted"),
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Every schema.
pub(super) fn schemas() -> Value {
    let mut all = Map::new();
    for part in [of_all(), of_tenants(), operations::schemas(), users::schemas()] {
        all.extend(part.as_object().cloned().unwrap_or_default());
    }
    all.extend(derived::schemas());
    Value::Object(all)
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn uuid() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

fn moment() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn version() -> Value {
    json!({ "type": "integer", "minimum": 1 })
}

fn of_all() -> Value {
    let statuses: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
    json!({
        "Status": { "type": "string", "enum": statuses },
        "Plan": { "type": "string", "enum": Plan::ALL.map(Plan::as_str) },
        "OperationKind": { "type": "string", "enum": ["provision", "cleanUp", "suspend", "resume", "deprovision"] },
        "OperationState": { "type": "string", "enum": ["running", "succeeded", "failed", "cancelled", "deferred"] },
        "OperationId": { "type": "string", "pattern": "^[1-9][0-9]*-[1-9][0-9]*$" },
        "Message": {
            "type": "object",
            "description": "How API Gateway itself refuses.",
            "required": ["message"],
            "properties": { "message": { "type": ["string", "null"] } },
        },
        "Problem": {
            "type": "object",
            "description": "RFC 9457, with a code that never changes.",
            "required": ["type", "title", "status", "message", "detail", "code", "requestId"],
            "properties": {
                "type": { "type": "string", "format": "uri" },
                "title": text(),
                "status": { "type": "integer" },
                "message": { "type": "string", "description": "The same as `detail`, where API Gateway's own refusals have it." },
                "detail": text(),
                "code": text(),
                "field": { "type": "string", "description": "Which field, parameter or header." },
                "limit": { "type": "string", "description": "What it must be." },
                "requestId": text(),
            },
        },
        "Accepted": {
            "type": "object",
            "required": ["message", "tenantId"],
            "properties": { "message": text(), "tenantId": uuid(), "tenantRegistrationId": text() },
        },
        "Failure": {
            "type": "object",
            "required": ["code", "step", "reason", "attempt", "retryable"],
            "properties": {
                "code": text(),
                "step": text(),
                "reason": text(),
                "buildId": text(),
                "logsUrl": text(),
                "leftBehind": text(),
                "attempt": { "type": "integer" },
                "retryable": { "type": "boolean" },
            },
        },
    })
}

fn of_tenants() -> Value {
    let open = json!({
        "type": "object",
        "required": ["id", "kind", "startedAt", "deadline", "cancelled"],
        "properties": {
            "id": reference("OperationId"),
            "kind": reference("OperationKind"),
            "executionArn": text(),
            "startedAt": moment(),
            "revision": { "type": "integer", "minimum": 0, "description": "The tenant's revision when it began." },
            "deadline": moment(),
            "cancelled": { "type": "boolean" },
        },
    });
    let ended = json!({
        "type": "object",
        "required": ["id", "kind", "state"],
        "properties": {
            "id": reference("OperationId"),
            "kind": reference("OperationKind"),
            "state": reference("OperationState"),
            "executionArn": text(),
        },
    });
    json!({
        "Tenant": {
            "type": "object",
            "required": [
                "tenantId", "tenantRegistrationId", "tenantName", "email", "tier", "plan", "status",
                "attributes", "desired", "generation", "createdAt", "updatedAt", "version", "sbtaws_active",
            ],
            "properties": tenant(&open, &ended),
        },
        "TenantSummary": {
            "type": "object",
            "required": [
                "tenantId", "tenantName", "email", "tier", "plan", "status", "desired", "createdAt",
                "updatedAt", "version", "sbtaws_active",
            ],
            "properties": {
                "tenantId": uuid(),
                "tenantRegistrationId": text(),
                "tenantName": text(),
                "email": text(),
                "tier": text(),
                "plan": reference("Plan"),
                "status": reference("Status"),
                "desired": desired(),
                "registration": given(),
                "registrationStatus": { "type": "string", "description": "SBT's: what the tenant's job gave for the registration." },
                "sbtaws_active": active(),
                "release": text(),
                "attention": { "type": "string", "description": "Why it needs a person." },
                "createdAt": moment(),
                "updatedAt": moment(),
                "version": version(),
            },
        },
        "TenantConfig": {
            "type": "object",
            "description": "The fields that Tenantry's own tenants have, and whatever else an application plane gave as `tenantConfig`.",
            "properties": { "apiGatewayUrl": text(), "appClientId": text(), "userPoolId": text() },
            "additionalProperties": true,
        },
        "Tier": {
            "type": "object",
            "required": ["name", "plan"],
            "properties": {
                "name": text(),
                "plan": reference("Plan"),
                "maxOperations": version(),
            },
        },
    })
}

fn given() -> Value {
    let about =
        "What the tenant's jobs gave for the registration; each stands at the top as well, where SBT has it.";
    json!({ "type": "object", "description": about, "additionalProperties": text() })
}

fn desired() -> Value {
    json!({ "type": "string", "enum": ["active", "suspended", "deprovisioned"] })
}

fn active() -> Value {
    json!({ "type": "boolean", "description": "SBT's: false once the offboarding is asked for." })
}

fn tenant(open: &Value, ended: &Value) -> Value {
    json!({
        "tenantId": uuid(),
        "tenantRegistrationId": text(),
        "tenantName": text(),
        "email": text(),
        "tier": text(),
        "plan": reference("Plan"),
        "attributes": {
            "type": "object",
            "description": "What the publisher keeps with the tenant, under the publisher's own names.",
            "additionalProperties": true,
        },
        "prices": { "description": "SBT's: the attribute of this name, if there is one." },
        "registrationStatus": { "description": "SBT's: what the tenant's job gave for the registration, or the attribute of this name." },
        "status": reference("Status"),
        "desired": desired(),
        "revision": {
            "type": "integer",
            "minimum": 0,
            "description": "Grows with every change of what its resources must have: its administrator's address.",
        },
        "deployed": {
            "type": "object",
            "description": "What its resources have, as far as an operation has reported it.",
            "required": ["revision"],
            "properties": {
                "state": { "type": "string", "enum": ["active", "suspended"] },
                "revision": { "type": "integer", "minimum": 0 },
            },
        },
        "generation": version(),
        "attempt": { "type": "integer", "minimum": 0 },
        "operation": open,
        "lastOperation": ended,
        "waiting": {
            "type": "object",
            "description": "The next operation, which begins when there is capacity.",
            "required": ["since", "cleanUp"],
            "properties": {
                "since": moment(),
                "cleanUp": { "type": "boolean", "description": "It takes down what a provisioning left." },
                "queuePosition": version(),
            },
        },
        "capacity": {
            "type": "object",
            "description": "What it waits for: its operation was put off, as all of the account's builds are taken, and begins again.",
            "required": ["since", "deferrals", "reason"],
            "properties": {
                "since": moment(),
                "deferrals": { "type": "integer", "minimum": 1, "description": "How often it was put off." },
                "reason": { "type": "string", "description": "The same in words." },
            },
        },
        "openRequests": {
            "type": "array",
            "description": "What was asked for, accepted, and not answered so far; the oldest first.",
            "items": {
                "type": "object",
                "required": ["asks", "request"],
                "properties": {
                    "asks": reference("OperationKind"),
                    "request": {
                        "type": "object",
                        "required": ["eventId", "correlationId", "at"],
                        "properties": { "eventId": uuid(), "correlationId": uuid(), "at": moment() },
                    },
                },
            },
        },
        "failure": reference("Failure"),
        "registration": given(),
        "outputs": { "type": "object", "additionalProperties": text() },
        "tenantConfig": { "type": "string", "description": "What a login page needs, as JSON text, as SBT has it." },
        "release": text(),
        "createdAt": moment(),
        "updatedAt": moment(),
        "version": version(),
        "sbtaws_active": active(),
    })
}
