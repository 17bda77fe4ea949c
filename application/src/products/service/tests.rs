//! Requests that are answered before the table is asked. What the table does
//! is shown end to end.

use super::*;
use lambda_http::request::from_str;

fn deps() -> Deps {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    Deps { store: Store::new(client, "products".to_owned()), tenant_id: "t".to_owned(), suspended: false }
}

fn request(method: &str, path: &str, claims: Value, body: &str) -> Request {
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "if-match": "nonsense"},
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "d", "domainPrefix": "d", "requestId": "r",
            "routeKey": "$default", "stage": "$default", "time": "t", "timeEpoch": 1,
            "authorizer": {"jwt": {"claims": claims, "scopes": null}},
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "1", "userAgent": "u"},
        },
        "body": body,
        "isBase64Encoded": false,
    });
    from_str(&event.to_string()).unwrap()
}

async fn status(method: &str, path: &str, claims: Value, body: &str) -> (u16, Value) {
    let response = handle(&deps(), request(method, path, claims, body), Utc::now()).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let Body::Text(text) = response.body() else { panic!("a problem has a body") };
    (response.status().as_u16(), serde_json::from_str(text).unwrap())
}

#[tokio::test]
async fn without_verified_claims_nobody_gets_in() {
    for claims in [json!({}), json!({"sub": "", "token_use": "access"}), json!(null)] {
        assert_eq!(status("GET", "/products", claims, "").await.0, 401);
    }
}

/// An ID token, a token of no stated use and one of another tenant's user open
/// nothing; an access token does, also one that says whose user it is.
#[tokio::test]
async fn an_access_token_of_this_tenant_opens_the_api_and_nothing_else_does() {
    for used in ["id", "refresh", "Access", ""] {
        let claims = json!({"sub": "u", "token_use": used});
        assert_eq!(status("GET", "/nothing", claims, "").await.0, 401, "{used}");
    }
    assert_eq!(status("GET", "/nothing", json!({"sub": "u"}), "").await.0, 401);
    for (tenant, expected) in [("t", 404), ("another", 401), ("", 401)] {
        let claims = json!({"sub": "u", "token_use": "access", "custom:tenantId": tenant});
        assert_eq!(status("GET", "/nothing", claims, "").await.0, expected, "{tenant}");
    }
}

#[tokio::test]
async fn what_is_not_valid_is_told_by_field() {
    let user = || json!({"sub": "u", "token_use": "access"});
    let (code, body) =
        status("POST", "/products", user(), r#"{"name":"Tea","sku":"T","priceCents":-1}"#).await;
    assert_eq!((code, &body["errors"][0]["field"]), (400, &json!("priceCents")));
    let id = Uuid::now_v7();
    let (code, body) = status("DELETE", &format!("/products/{id}"), user(), "").await;
    assert_eq!((code, &body["errors"][0]["field"]), (400, &json!("If-Match")));
    assert_eq!(status("POST", "/products", user(), &" ".repeat(20_000)).await.0, 413);
    assert_eq!(status("GET", "/nothing", user(), "").await.0, 404);
    assert_eq!(status("PATCH", "/products", user(), "").await.0, 405);
}

#[tokio::test]
async fn a_suspended_tenant_is_told_so_and_nothing_is_served() {
    let suspended = Deps { suspended: true, ..deps() };
    let claims = json!({"token_use": "access", "sub": "s"});
    let response = handle(&suspended, request("GET", "/products", claims, ""), Utc::now()).await.unwrap();
    assert_eq!(response.status(), 403);
    let Body::Text(text) = response.body() else { panic!("a problem has a body") };
    assert!(text.contains("suspended"), "{text}");
}
