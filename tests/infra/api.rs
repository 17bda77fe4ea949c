//! The HTTP API: its routes are those of the one table in Rust, each with the
//! scope that the table says, and who can sign in how.

use crate::support::control_plane;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenantry_handlers::api::access::{Group, Scope};
use tenantry_handlers::api::routes::Route;
use tenantry_tests::template::{named, of_type};

/// Every route of the table is in the template, and no other, each with its
/// scope; only those that are public in the table have no authorizer.
#[test]
fn routes_and_scopes_are_those_of_the_table() {
    let template = control_plane();
    let declared: BTreeMap<String, Value> = of_type(&template, "AWS::ApiGatewayV2::Route")
        .into_values()
        .map(|route| {
            assert_eq!(named(&route["ApiId"]), Some("Api"));
            let key = route["RouteKey"].as_str().expect("a key").to_owned();
            let authorizer = named(&route["AuthorizerId"]);
            (key, json!([route["AuthorizationType"], authorizer, route["AuthorizationScopes"]]))
        })
        .collect();
    let expected = Route::ALL.iter().map(|route| {
        let access = match route.scope() {
            None => json!(["NONE", null, null]),
            Some(scope) => {
                json!(["JWT", "ApiAuthorizer", [{ "Ref": format!("{}Scope", scope.key()) }]])
            }
        };
        (route.key().to_owned(), access)
    });
    assert_eq!(declared, expected.collect());
}

/// The names of scopes are parameters, by default the user pool's own, which
/// its resource servers have; the function is told the same names.
#[test]
fn scopes_have_one_name_everywhere() {
    let template = control_plane();
    let servers = of_type(&template, "AWS::Cognito::UserPoolResourceServer");
    let offered: Vec<String> = servers
        .into_values()
        .flat_map(|server| {
            let identifier = server["Identifier"].as_str().expect("an identifier");
            let scopes = server["Scopes"].as_array().expect("scopes").iter();
            scopes.map(move |scope| format!("{identifier}/{}", scope["ScopeName"].as_str().unwrap()))
        })
        .collect();
    let told = &tenantry_tests::template::functions(&template)["ApiFunction"]["Environment"]["Variables"];
    let told = told["TENANTRY_SCOPES"]["Fn::Sub"].as_str().expect("names").to_owned();
    assert_eq!(offered.len(), Scope::ALL.len());
    for scope in Scope::ALL {
        let parameter = format!("{}Scope", scope.key());
        assert_eq!(template["Parameters"][&parameter]["Default"], scope.default_name());
        assert!(offered.iter().any(|name| name == scope.default_name()), "{parameter}");
        assert!(told.contains(&format!(r#""{}":"${{{parameter}}}""#, scope.key())), "{told}");
    }
}

/// Nobody signs themselves up; passwords are long; a second factor is offered;
/// tokens are not handed out in a page's address; a machine has a secret, and no
/// more than what publishers need; nobody's client can write what decides on
/// access; the groups are those that the function knows.
#[test]
fn who_can_sign_in_and_how() {
    let template = control_plane();
    let pools = of_type(&template, "AWS::Cognito::UserPool");
    let pool = pools["Users"];
    assert_eq!(pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"], true);
    assert_eq!(pool["MfaConfiguration"], json!({ "Ref": "Mfa" }));
    let parameters = &template["Parameters"];
    assert_eq!(parameters["Mfa"]["Default"], "OPTIONAL");
    // Of administrators a second factor is asked for, unless somebody says otherwise.
    assert_eq!(parameters["AdminsNeedMfa"]["Default"], "true");
    let asked = &template["Resources"]["TokenScopesFunction"]["Properties"]["Environment"]["Variables"];
    assert_eq!(asked["TENANTRY_ADMINS_NEED_MFA"], json!({ "Ref": "AdminsNeedMfa" }));
    let policy = &pool["Policies"]["PasswordPolicy"];
    assert!(policy["MinimumLength"].as_u64().is_some_and(|length| length >= 12));
    for class in ["RequireLowercase", "RequireNumbers", "RequireSymbols", "RequireUppercase"] {
        assert_eq!(policy[class], true, "{class}");
    }
    let clients = of_type(&template, "AWS::Cognito::UserPoolClient");
    for (id, client) in &clients {
        assert!(!client["AllowedOAuthFlows"].to_string().contains("implicit"), "{id}");
        assert_eq!(client["PreventUserExistenceErrors"], "ENABLED", "{id}");
        assert!(!client["WriteAttributes"].to_string().contains("custom:"), "{id}");
    }
    let machine = clients["MachineClient"];
    assert_eq!(machine["GenerateSecret"], true);
    assert_eq!(machine["AllowedOAuthFlows"], json!(["client_credentials"]));
    let for_machines: Vec<&str> =
        Scope::ALL.into_iter().filter(|s| s.is_for_machines()).map(Scope::default_name).collect();
    assert_eq!(machine["AllowedOAuthScopes"], json!(for_machines));
    let groups = of_type(&template, "AWS::Cognito::UserPoolGroup");
    let names: Vec<&str> = groups.values().filter_map(|group| group["GroupName"].as_str()).collect();
    assert_eq!(names.len(), Group::ALL.len());
    assert!(Group::ALL.iter().all(|group| names.contains(&group.as_str())), "{names:?}");
}

/// Every request is a line of the access log, which has no token and no body in
/// it; every route is throttled, the public one more than the others.
#[test]
fn the_stage_logs_and_throttles() {
    let template = control_plane();
    let stages = of_type(&template, "AWS::ApiGatewayV2::Stage");
    let stage = stages["ApiStage"];
    let format = stage["AccessLogSettings"]["Format"].as_str().expect("a format");
    for word in ["requestId", "identity.sourceIp", "routeKey", "status", "authorizer.error"] {
        assert!(format.contains(&format!("$context.{word}")), "{word}");
    }
    assert_eq!(stage["DefaultRouteSettings"]["ThrottlingRateLimit"], json!({ "Ref": "ApiRateLimit" }));
    let default = template["Parameters"]["ApiRateLimit"]["Default"].as_u64().expect("a limit");
    for route in ["GET /tenant-config/{tenantName}", "GET /tenant-config"] {
        let public = &stage["RouteSettings"][route];
        assert!(public["ThrottlingRateLimit"].as_u64().is_some_and(|limit| limit * 10 <= default), "{route}");
    }
}
