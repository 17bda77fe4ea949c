//! Requests as API Gateway hands them to a function: payload format 2.0.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

/// A request for the route `key`, by an operator.
#[must_use]
pub fn request(key: &str, parameters: &Value, body: &Value) -> Value {
    let scopes: Vec<&str> = tenantry_handlers::api::access::Scope::ALL.map(|s| s.default_name()).to_vec();
    let claims = json!({
        "sub": "operator-1",
        "username": "operator-1",
        "client_id": "client-1",
        "token_use": "access",
        "cognito:groups": ["operators"],
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
    with_token(request, &claims)
}

/// The same with a token that has `claims`, as API Gateway hands it over once it
/// has verified it.
#[must_use]
pub fn with_token(mut request: Value, claims: &Value) -> Value {
    let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()));
    request["headers"]["authorization"] = json!(format!("Bearer {token}"));
    let texts =
        claims.as_object().expect("claims").iter().map(|(name, value)| (name.clone(), json!(text(value))));
    let texts: Map<String, Value> = texts.collect();
    request["requestContext"]["authorizer"] = json!({ "jwt": { "claims": texts, "scopes": null } });
    request
}

/// A claim as API Gateway hands it over: a list as its items in brackets.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    }
}

/// The claims of the token in `request`.
#[must_use]
pub fn claims(request: &Value) -> Value {
    let payload = request["headers"]["authorization"].as_str().and_then(|token| token.split('.').nth(1));
    let bytes = URL_SAFE_NO_PAD.decode(payload.expect("a token")).expect("base64");
    serde_json::from_slice(&bytes).expect("claims")
}

/// The same by somebody with other claims.
#[must_use]
pub fn claiming(request: Value, others: &Value) -> Value {
    let mut claims = claims(&request);
    claims.as_object_mut().expect("claims").extend(others.as_object().expect("claims").clone());
    with_token(request, &claims)
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
