//! Another OpenID provider than the deployment's own user pool: its issuer, its
//! audience, its names for scopes and its claim for groups are parameters.

use serde_json::json;
use tenantry_events::name::EventName;
use tenantry_tests::access::REGION;
use tenantry_tests::cloud::{Ask, cloud, until};

/// All that this provider's tokens have as scopes: what Cognito puts into a token
/// of who signs in with a password.
const SCOPE: &str = "aws.cognito.signin.user.admin";
const SCOPES: [&str; 6] =
    ["TenantRead", "TenantWrite", "OperationRead", "OperationWrite", "UserRead", "UserWrite"];

/// Tokens of another provider do as well, by group; those of the deployment's own
/// pool no longer do, nor those for another audience; and who its users are is
/// that provider's business.
#[test]
fn tokens_of_another_provider_do_as_well() {
    let cloud = cloud();
    let api = cloud.api();
    let pool = api.cognito("CreateUserPool", &json!({ "PoolName": "provider" }))["UserPool"]["Id"].clone();
    let pool = pool.as_str().expect("an id");
    let client = |name: &str| {
        let flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
        let client = json!({ "UserPoolId": pool, "ClientName": name, "ExplicitAuthFlows": flows });
        let client = api.cognito("CreateUserPoolClient", &client);
        client["UserPoolClient"]["ClientId"].as_str().expect("an id").to_owned()
    };
    let (audience, other) = (client("audience"), client("other"));
    for group in ["viewers", "operators", "admins"] {
        api.cognito("CreateGroup", &json!({ "UserPoolId": pool, "GroupName": group }));
    }
    let issuer = format!("https://cognito-idp.{REGION}.amazonaws.com/{pool}");
    let mut parameters =
        vec![("TokenIssuer".to_owned(), issuer), ("TokenAudience".to_owned(), audience.clone())];
    parameters.extend(SCOPES.map(|scope| (format!("{scope}Scope"), SCOPE.to_owned())));
    let plane = cloud.plane_with("provider", &parameters);
    let there = plane.api();
    let tier = plane.guest_tier();

    let viewer = api.sign_up(pool, &audience, "viewer", "viewers");
    let operator = api.sign_up(pool, &audience, "operator", "operators");
    let admin = api.sign_up(pool, &audience, "admin", "admins");
    let list = Ask::new("GET", "/tenants");
    let body = json!({ "tenantName": "Provided", "email": "a@provided.example", "tier": tier });
    let create = Ask::new("POST", "/tenant-registrations").with(&body);
    for (token, listed, created) in [
        (api.token("admin"), 401, 401),
        (&api.sign_in(&other, "admin"), 401, 401),
        (&viewer, 200, 403),
        (&operator, 200, 202),
    ] {
        there.send_patiently(&list.clone().by(token)).expect(listed);
        there.send_patiently(&create.clone().by(token)).expect(created);
    }
    let found = until("the tenant", || {
        let found = there.send_patiently(&list.clone().by(&viewer)).expect(200).json();
        found["data"][0]["tenantId"].as_str().map(str::to_owned)
    });
    let lines = plane.lines(&found, EventName::OnboardingRequest.as_str(), 1);
    assert_eq!(lines[0]["verdict"], "accepted");
    let users = there.send_patiently(&Ask::new("GET", "/users").by(&admin)).expect(501).json();
    assert_eq!(users["code"], "UsersElsewhere");
}
