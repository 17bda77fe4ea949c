//! Who may do what: every route of the template, with every kind of token.

use super::{Route, routes};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::fmt::Write;
use tenantry_tests::cloud::{Api, Ask, cloud, until};

/// Every route of the template, with no token, tokens that are not right, and
/// tokens of everybody, gives the status that it must: a route that is added
/// without its scope or without a thought fails here.
#[test]
fn every_route_with_every_token() {
    let cloud = cloud();
    let api = cloud.api();
    let wrong = wrong_tokens(api);
    let (mut table, mut failures) = (String::new(), 0);
    for route in routes() {
        let ask = Ask::new(&route.method, &route.of_nobody());
        let mut row = vec![("no token", ask.clone(), expected_without(&route))];
        for (kind, token) in &wrong {
            row.push((kind, ask.clone().by(token), expected_without(&route)));
        }
        for who in ["stranger", "viewer", "operator", "admin", "machine"] {
            row.push((who, ask.clone().by(api.token(who)), expected(&route, who)));
        }
        write!(table, "{:<8}{:<52}", route.method, route.path).unwrap();
        for (kind, ask, expected) in row {
            let status = api.send_patiently(&ask).status;
            let sign = if status == expected { "" } else { "!" };
            failures += usize::from(status != expected);
            write!(table, " {kind}={status}{sign}").unwrap();
            if status != expected {
                write!(table, "(not {expected})").unwrap();
            }
        }
        table.push('\n');
    }
    assert_eq!(failures, 0, "\n{table}");
}

/// What a route answers whom it lets in: it is asked for what nobody has.
fn let_in(route: &Route) -> u16 {
    match (route.method.as_str(), route.path.contains('{')) {
        (_, true) if route.path.ends_with("/redrive") || route.path.ends_with("/discard") => 400,
        (_, true) => 404,
        // Without a name, an id or a page that asks.
        ("GET", false) if route.path == "/tenant-config" => 400,
        ("GET", false) => 200,
        // Without a body.
        (_, false) => 400,
    }
}

fn expected_without(route: &Route) -> u16 {
    if route.scope.is_none() { let_in(route) } else { 401 }
}

fn expected(route: &Route, who: &str) -> u16 {
    let allowed = match (route.scope.as_deref(), who) {
        (None, _) => true,
        (Some("TenantReadScope"), who) => who != "stranger",
        (Some("TenantWriteScope"), who) => ["operator", "admin", "machine"].contains(&who),
        (Some("OperationReadScope"), who) => ["viewer", "operator", "admin"].contains(&who),
        (Some("OperationWriteScope"), who) => ["operator", "admin"].contains(&who),
        (Some("UserReadScope" | "UserWriteScope"), who) => who == "admin",
        (Some(scope), _) => panic!("a scope that this test does not know: {scope} of {route:?}"),
    };
    if allowed { let_in(route) } else { 403 }
}

/// Tokens that no route takes, each made from one that every route takes.
fn wrong_tokens(api: &Api) -> Vec<(&'static str, String)> {
    let right = api.token("admin").to_owned();
    let parts: Vec<&str> = right.split('.').collect();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let coded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut more = claims.clone();
    more["sub"] = json!("somebody-else");
    let tampered = format!("{}.{}.{}", parts[0], coded(&more), parts[2]);
    let none = coded(&json!({ "alg": "none", "typ": "JWT" }));
    let unsigned = format!("{none}.{}.", parts[1]);
    // The header of a real token, so that the key is found, and no signature.
    let bare = format!("{}.{}.", parts[0], parts[1]);
    // A key of the signature's own choice.
    let confused = format!("{}.{}.{}", coded(&json!({ "alg": "HS256", "typ": "JWT" })), parts[1], parts[2]);
    vec![
        ("expired", expired(api)),
        ("wrong issuer", other_issuer(api)),
        ("wrong audience", other_audience(api)),
        ("tampered", tampered),
        ("alg none", unsigned),
        ("no signature", bare),
        ("alg HS256", confused),
        ("no token at all", "nonsense".to_owned()),
    ]
}

/// Signed in through a client of the same pool whose tokens end at once, and
/// with the audience of none: so the audience is not what it is refused for, the
/// client's own setting is changed and put back.
fn expired(api: &Api) -> String {
    let found = json!({ "UserPoolId": api.pool, "ClientId": api.users_client });
    let client = api.cognito("DescribeUserPoolClient", &found)["UserPoolClient"].clone();
    let with = |validity: u32, unit: &str| {
        let mut update = client.clone();
        for name in ["ClientSecret", "CreationDate", "LastModifiedDate"] {
            update.as_object_mut().unwrap().remove(name);
        }
        update["AccessTokenValidity"] = json!(validity);
        update["TokenValidityUnits"]["AccessToken"] = json!(unit);
        api.cognito("UpdateUserPoolClient", &update);
    };
    with(1, "seconds");
    let token = api.sign_in(&api.users_client, "admin");
    with(1, "hours");
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let ends = claims["exp"].as_i64().expect("an end");
    until("the token's end", || (chrono::Utc::now().timestamp() > ends).then_some(()));
    token
}

/// Of another user pool, with a group of the same name.
fn other_issuer(api: &Api) -> String {
    let pool = api.cognito("CreateUserPool", &json!({ "PoolName": "another" }));
    let pool = pool["UserPool"]["Id"].as_str().expect("an id");
    let flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
    let client = json!({ "UserPoolId": pool, "ClientName": "another", "ExplicitAuthFlows": flows });
    let client = api.cognito("CreateUserPoolClient", &client);
    api.cognito("CreateGroup", &json!({ "UserPoolId": pool, "GroupName": "admins" }));
    api.sign_up(pool, client["UserPoolClient"]["ClientId"].as_str().expect("an id"), "admin", "admins")
}

/// Of another client of the same pool, for the same administrator, so that it
/// has all scopes.
fn other_audience(api: &Api) -> String {
    let flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
    let client = json!({ "UserPoolId": api.pool, "ClientName": "another", "ExplicitAuthFlows": flows });
    let client = api.cognito("CreateUserPoolClient", &client);
    api.sign_in(client["UserPoolClient"]["ClientId"].as_str().expect("an id"), "admin")
}
