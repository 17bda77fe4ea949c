//! Requests as API Gateway hands them to a function: payload format 2.0.

use serde_json::{Value, json};

/// A request for the route `key`, by an operator.
#[must_use]
pub fn request(key: &str, parameters: &Value, body: &Value) -> Value {
    let scopes: Vec<&str> = tenantry_handlers::api::access::Scope::ALL.map(|s| s.default_name()).to_vec();
    let claims = json!({
        "sub": "operator-1",
        "client_id": "client-1",
        "cognito:groups": "[operators]",
        "scope": scopes.join(" "),
    });
    let mut request = json!({
        "version": "2.0",
        "routeKey": key,
        "rawPath": "/",
        "rawQueryString": "",
        "headers": { "content-type": "application/json" },
        "requestContext": {
            "requestId": "request-1",
            "authorizer": { "jwt": { "claims": claims, "scopes": null } },
            "http": { "method": "POST", "path": "/", "sourceIp": "192.0.2.7" },
        },
        "isBase64Encoded": false,
    });
    if !parameters.is_null() {
        request["pathParameters"] = parameters.clone();
    }
    if !body.is_null() {
        request["body"] = json!(body.to_string());
    }
    request
}

/// The same by an administrator.
#[must_use]
pub fn by_admin(mut request: Value) -> Value {
    request["requestContext"]["authorizer"]["jwt"]["claims"]["cognito:groups"] = json!("[admins]");
    request
}

/// The same with an idempotency key.
#[must_use]
pub fn keyed(mut request: Value, key: &str) -> Value {
    request["headers"]["idempotency-key"] = json!(key);
    request
}

/// The status and the body of an answer.
#[must_use]
pub fn answer(answer: &Value) -> (u64, Value) {
    let body = answer["body"].as_str().and_then(|text| serde_json::from_str(text).ok());
    (answer["statusCode"].as_u64().expect("a status"), body.unwrap_or_default())
}
