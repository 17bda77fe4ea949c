//! The OpenAPI document: generated from the table of routes, the types of the
//! events and what the views show. `schemas/openapi.json` is a copy of it, and
//! a test compares them.

mod bodies;
pub(super) mod views;

use super::answer::Answer;
use super::query;
use super::routes::Route;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

pub(super) fn answer() -> Answer {
    Answer::new(200, &DOCUMENT).with("cache-control", "public, max-age=300")
}

/// The document, whatever order its parts were made in.
#[must_use]
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in Route::ALL {
        let path = paths.entry(route.path()).or_insert_with(|| json!({}));
        path[route.method().to_lowercase()] = operation(*route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tenantry",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The control plane over HTTP. What changes a tenant is answered with 202 and becomes an event on the tenant bus; the tenant's history says what became of it. Times are RFC 3339 in UTC.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{
            "url": "https://{apiId}.execute-api.{region}.amazonaws.com",
            "description": "A deployment: the output `ApiUrl` of its stack.",
            "variables": { "apiId": { "default": "a1b2c3d4e5" }, "region": { "default": "us-east-1" } },
        }],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "parameters": parameters(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of the deployment's identity provider, with the scope that the operation names.",
                },
            },
        },
    })
}

fn schemas() -> Value {
    let parts = [views::schemas(), bodies::schemas()];
    parts.iter().flat_map(|part| part.as_object().cloned().unwrap_or_default()).collect::<Map<_, _>>().into()
}

fn operation(route: Route) -> Value {
    let mut operation = json!({
        "operationId": route.id(),
        "summary": route.about(),
        "tags": [route.path().split('/').nth(1).unwrap_or_default()],
        "responses": responses(route),
    });
    let parameters: Vec<Value> = route
        .parameters()
        .map(str::to_owned)
        .chain(query::parameters(route).iter().map(|parameter| parameter.document.to_owned()))
        .chain(headers(route).iter().map(|name| (*name).to_owned()))
        .map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }))
        .collect();
    if !parameters.is_empty() {
        operation["parameters"] = Value::from(parameters);
    }
    if let Some(schema) = bodies::of(route) {
        let required = bodies::is_required(route);
        operation["requestBody"] =
            json!({ "required": required, "content": { "application/json": { "schema": schema } } });
    }
    if let Some(scope) = route.scope() {
        operation["security"] = json!([{ "token": [scope.default_name()] }]);
        operation["x-least-group"] = json!(scope.least_group().as_str());
    } else {
        operation["security"] = json!([]);
    }
    operation
}

fn headers(route: Route) -> &'static [&'static str] {
    match route {
        Route::CreateRegistration | Route::CreateUser => &["Idempotency-Key"],
        Route::UpdateRegistration
        | Route::DeleteRegistration
        | Route::RetryTenant
        | Route::CancelTenant
        | Route::SuspendTenant
        | Route::ResumeTenant => &["Idempotency-Key", "If-Match"],
        _ => &[],
    }
}

fn responses(route: Route) -> Value {
    let problem = json!({ "$ref": "#/components/schemas/Problem" });
    let refused = |description: &str| {
        json!({
            "description": description,
            "content": { "application/problem+json": { "schema": problem } },
        })
    };
    // API Gateway itself refuses in its own words.
    let at_the_gate = |description: &str| {
        json!({
            "description": description,
            "content": {
                "application/json": { "schema": { "$ref": "#/components/schemas/Message" } },
                "application/problem+json": { "schema": problem },
            },
        })
    };
    let mut success = json!({
        "description": "Done as asked.",
        "content": { "application/json": { "schema": views::of(route) } },
    });
    if route.succeeds() == 202 {
        success["description"] = json!("Accepted: an event on the bus.");
        success["headers"] = json!({
            "Location": { "schema": { "type": "string" }, "description": "Where to look." },
            "X-Correlation-Id": { "schema": { "type": "string", "format": "uuid" } },
        });
    }
    let mut responses = json!({
        route.succeeds().to_string(): success,
        "400": refused("Something of the request is not as it must be: `code`, `field` and `limit` say what."),
        "404": at_the_gate("There is no such thing."),
        "429": at_the_gate("Too many requests: ask again later."),
        "500": refused("A defect; the log has the request's id."),
        "503": at_the_gate("Something does not answer: ask again."),
    });
    if route.scope().is_some() {
        responses["401"] = at_the_gate("A token is needed.");
        responses["403"] = at_the_gate("The token has not the scope, or its groups do not allow it.");
    }
    if route.path().starts_with("/users") {
        responses["501"] = refused("Users are looked after by another identity provider.");
    }
    if route.is_change() {
        responses["409"] = refused("It cannot be done as things are.");
        responses["412"] = refused("It has changed since it was read.");
        responses["413"] = at_the_gate("The body is too large.");
    }
    responses
}

fn parameters() -> Value {
    let path =
        |name: &str, schema: Value| json!({ "name": name, "in": "path", "required": true, "schema": schema });
    let in_query = |name: &str, about: &str, schema: Value| json!({ "name": name, "in": "query", "description": about, "schema": schema });
    let header = |name: &str, about: &str, schema: Value| json!({ "name": name, "in": "header", "description": about, "schema": schema });
    json!({
        "tenantRegistrationId": path("tenantRegistrationId", json!({ "type": "string", "pattern": "^[A-Za-z0-9._:-]*[A-Za-z0-9_:-][A-Za-z0-9._:-]*$", "maxLength": 128 })),
        "tenantId": path("tenantId", json!({ "type": "string", "format": "uuid" })),
        "tenantName": path("tenantName", json!({ "type": "string", "minLength": 1, "maxLength": 100 })),
        "executionId": path("executionId", json!({ "type": "string", "maxLength": 80, "examples": ["0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11-1-1"] })),
        "queueName": path("queueName", json!({ "type": "string", "enum": ["dead-letters"] })),
        "userId": path("userId", json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*$", "maxLength": 64 })),
        "tenantIdQuery": in_query("tenantId", "The tenant's id; counts before its name.", json!({ "type": "string" })),
        "tenantNameQuery": in_query("tenantName", "The tenant's name.", json!({ "type": "string" })),
        "machine": in_query("machine", "Whose executions.", json!({ "type": "string", "enum": ["provision", "update", "suspend", "deprovision"], "default": "provision" })),
        "executionStatus": in_query("status", "Only executions in this status.", json!({ "$ref": "#/components/schemas/ExecutionStatus" })),
        "limit": in_query("limit", "How many items at the most.", json!({ "type": "integer", "minimum": 1, "maximum": super::call::PAGE_MAX, "default": 10 })),
        "next_token": in_query("next_token", "Where the page begins: what the page before gave.", json!({ "type": "string", "maxLength": query::TOKEN_MAX })),
        "status": in_query("status", "Only tenants in this status; not together with tier or release.", json!({ "$ref": "#/components/schemas/Status" })),
        "tier": in_query("tier", "Only tenants of this tier.", json!({ "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9-]*$", "maxLength": 32 })),
        "name": in_query("name", "Only tenants whose name begins so; case and width do not matter.", json!({ "type": "string", "maxLength": 200 })),
        "release": in_query("release", "Only tenants on this release.", json!({ "type": "string", "maxLength": 200 })),
        "Idempotency-Key": header("Idempotency-Key", "The same key and request give the same answer, for a day; the same key with another request gives 409.", json!({ "type": "string", "pattern": "^[!-~]+$", "maxLength": super::call::KEY_MAX })),
        "If-Match": header("If-Match", "The ETag that was read: 412 if it has changed since.", json!({ "type": "string", "pattern": "^\"[0-9]{1,18}\"$" })),
    })
}
