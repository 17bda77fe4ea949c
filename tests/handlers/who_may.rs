//! Who may change what: groups as tokens have them, and administrators as they
//! are now.

use aws_sdk_cognitoidentityprovider::types::SoftwareTokenMfaSettingsType;
use proptest::prelude::*;
use serde_json::{Value, json};
use tenantry_handlers::api::access::{Caller, Group, Kind, ScopeNames};
use tenantry_handlers::api::token::{Claims, Verified};
use tenantry_handlers::shared::fault::Fault;
use tenantry_handlers::token_scopes::{self, Deps};
use tenantry_tests::builders::noon;
use tenantry_tests::http::{answer, claiming, request, with_token};
use tenantry_tests::world::{Function, World};

const CLAIM: &str = "cognito:groups";

/// The caller of a request as API Gateway hands it over.
fn caller(groups: &Value) -> Option<Caller> {
    let claims = json!({ "sub": "u", "client_id": "c", "token_use": "access", CLAIM: groups });
    let request = with_token(json!({ "headers": {}, "requestContext": {} }), &claims);
    let verified = &request["requestContext"]["authorizer"]["jwt"]["claims"];
    let verified: Verified = serde_json::from_value(verified.clone()).unwrap();
    let claims = Claims::read(request["headers"]["authorization"].as_str()?, &verified)?;
    Caller::of_claims(&claims, CLAIM)
}

fn group(groups: &Value) -> Option<Group> {
    match caller(groups).expect("a caller").kind {
        Kind::Person(group) => group,
        Kind::Machine => panic!("a person"),
    }
}

/// A group of that very name counts, in a list or alone; a name that has a
/// group's name in it, and a form that is none, count for nothing.
#[test]
fn a_group_counts_by_its_whole_name() {
    for (claim, expected) in [
        (json!(["admins"]), Some(Group::Admins)),
        (json!(["viewers", "operators"]), Some(Group::Operators)),
        (json!("operators"), Some(Group::Operators)),
        (json!(["Site admins"]), None),
        (json!(["Site", "admins"]), Some(Group::Admins)),
        (json!("[Site admins]"), None),
        (json!("[admins]"), None),
        (json!("Site admins"), None),
        (json!("viewers admins"), None),
        (json!("viewers,admins"), None),
        (json!("[\"admins\"]"), None),
        (json!(["Admins"]), None),
        (json!([" admins"]), None),
        (json!(["admins", 7]), None),
        (json!([["admins"]]), None),
        (json!({ "admins": true }), None),
        (json!(null), None),
        (json!([]), None),
        (json!(""), None),
    ] {
        assert_eq!(group(&claim), expected, "{claim}");
    }
}

proptest! {
    /// Whatever an identity provider's groups are called, a person is in those of
    /// ours that are items of the list, and in no other.
    #[test]
    fn no_name_of_a_group_makes_another_group(
        names in prop::collection::vec(
            prop_oneof![
                "\\PC{0,20}",
                "(Site |x,|\\[|\"|)(viewers|operators|admins)( x|,x|\\]|\"|)",
                "(viewers|operators|admins)",
            ],
            0..6,
        ),
    ) {
        let expected = names.iter().filter_map(|name| Group::of_name(name)).max();
        prop_assert_eq!(group(&json!(names)), expected);
        // One text is one name, however many it looks like.
        let joined = names.join(" ");
        prop_assert_eq!(group(&json!(joined)), Group::of_name(&joined));
        let listed = format!("[{joined}]");
        prop_assert_eq!(group(&json!(listed)), None);
    }
}

/// A world with two administrators, who have signed in.
async fn two_administrators() -> (World, [(&'static str, Value); 2]) {
    let world = World::new().await;
    world.create_operators().await;
    let ada = world.operator("ada", "admins").await;
    let grace = world.operator("grace", "admins").await;
    (world, [("ada", ada), ("grace", grace)])
}

/// What becomes of a request of `claims` about the user `about`.
async fn ask(world: &World, claims: &Value, route: &str, about: &str, body: &Value) -> (u64, Value) {
    let parameters = if about.is_empty() { Value::Null } else { json!({ "userId": about }) };
    let mut request = claiming(request(route, &parameters, body), claims);
    // API Gateway gives each request an id of its own.
    let id = format!("{} {route} {about}", claims["username"]);
    request["requestContext"]["requestId"] = json!(id);
    match world.invoke(Function::Api, &request, noon()).await {
        Ok(answered) => answer(&answered),
        Err(refusal) => (503, json!({ "code": refusal.name })),
    }
}

/// Every route that changes users, with a body that it takes.
fn changes() -> [(&'static str, &'static str, Value); 5] {
    [
        ("POST /users", "", json!({ "email": "new@ops.example", "userRole": "admins" })),
        ("PUT /users/{userId}", "grace", json!({ "userRole": "viewers" })),
        ("DELETE /users/{userId}", "grace", Value::Null),
        ("POST /users/{userId}/disable", "grace", Value::Null),
        ("POST /users/{userId}/enable", "ada", Value::Null),
    ]
}

/// The token of an administrator who was demoted, disabled, deleted, or deleted
/// and created anew under the same name changes no user, on any route.
#[tokio::test]
async fn who_is_no_administrator_any_more_changes_no_user() {
    for fate in ["demoted", "disabled", "deleted", "another"] {
        let (world, [(_, ada), _]) = two_administrators().await;
        let (client, pool) = (world.cognito(), world.operators_pool());
        let user = |name: &str| (pool.to_owned(), name.to_owned());
        let (id, name) = user("ada");
        match fate {
            "demoted" => {
                let leave = client.admin_remove_user_from_group().user_pool_id(id).username(name);
                leave.group_name("admins").send().await.map(drop).unwrap();
            }
            "disabled" => {
                client.admin_disable_user().user_pool_id(id).username(name).send().await.map(drop).unwrap();
            }
            _ => {
                client.admin_delete_user().user_pool_id(id).username(name).send().await.map(drop).unwrap();
            }
        }
        if fate == "another" {
            let _ = world.operator("ada", "admins").await;
        }
        let before = world.operators().await;
        for (route, about, body) in changes() {
            let (status, problem) = ask(&world, &ada, route, about, &body).await;
            assert_eq!((status, &problem["code"]), (403, &json!("NoLongerAllowed")), "{fate}: {route}");
        }
        assert_eq!(world.operators().await, before, "{fate}");
    }
}

/// Who is an administrator changes other users, and nobody takes their own
/// access away.
#[tokio::test]
async fn an_administrator_changes_others_and_never_ends_their_own_access() {
    let (world, [(_, ada), (_, grace)]) = two_administrators().await;
    for (route, about, body) in changes() {
        let (status, problem) = ask(&world, &grace, route, about, &body).await;
        let own = about == "grace";
        assert_eq!(status == 409 && problem["code"] == "OwnUser", own, "{route}: {problem}");
        assert!(own || status < 300, "{route}: {problem}");
    }
    for (route, about, body) in changes() {
        let (status, problem) = ask(&world, &ada, route, about, &body).await;
        // Whoever was deleted by now is not there, and whoever was created is.
        assert!(status < 300 || status == 404 || status == 409, "{route}: {problem}");
    }
}

/// However two administrators take each other's access away, one after the other
/// or at once, one of them is left.
#[tokio::test]
async fn of_two_administrators_one_is_always_left() {
    let ways: [(&str, Value); 3] = [
        ("PUT /users/{userId}", json!({ "userRole": "viewers" })),
        ("DELETE /users/{userId}", Value::Null),
        ("POST /users/{userId}/disable", Value::Null),
    ];
    for (route, body) in &ways {
        for at_once in [false, true, true, true] {
            let (world, [(_, ada), (_, grace)]) = two_administrators().await;
            let first = ask(&world, &ada, route, "grace", body);
            let second = ask(&world, &grace, route, "ada", body);
            let answers = match at_once {
                true => tokio::join!(first, second),
                false => (first.await, second.await),
            };
            let done = [&answers.0, &answers.1].into_iter().filter(|(status, _)| *status == 200).count();
            assert_eq!(done, 1, "{route}: {answers:?}");
            let users = world.operators().await;
            let left = users.values().filter(|(_, groups)| groups == &["admins"]).count();
            // Who is disabled keeps the group.
            let expected = if route.ends_with("disable") { 2 } else { 1 };
            assert_eq!(left, expected, "{route}: {users:?}");
        }
    }
}

/// While one change of users is under way, another one waits outside, and gets in
/// once the first is done or long dead.
#[tokio::test]
async fn changes_of_users_take_turns() {
    let (world, [(_, ada), _]) = two_administrators().await;
    let registry = world.registry();
    assert!(registry.lease("users", "somebody", noon()).await.unwrap());
    let demote = json!({ "userRole": "viewers" });
    let try_it = async || ask(&world, &ada, "PUT /users/{userId}", "grace", &demote).await.0;
    assert_eq!(try_it().await, 503);
    registry.give_back("users", "another").await.unwrap();
    assert_eq!(try_it().await, 503);
    registry.give_back("users", "somebody").await.unwrap();
    assert_eq!(try_it().await, 200);
    let later = noon() + tenantry_registry::store::LEASE + chrono::TimeDelta::seconds(1);
    assert!(registry.lease("users", "dead", noon()).await.unwrap());
    assert!(!registry.lease("users", "next", later - chrono::TimeDelta::seconds(1)).await.unwrap());
    assert!(registry.lease("users", "next", later).await.unwrap());
}

/// What the trigger makes of a token of the user `name`, who is in `group`.
async fn scopes(world: &World, admins_need_mfa: bool, name: &str, group: &str) -> Vec<String> {
    let deps = Deps { scopes: ScopeNames::default(), users: world.cognito(), admins_need_mfa };
    let event = json!({
        "version": "2", "userPoolId": world.operators_pool(), "userName": name, "response": {},
        "request": { "groupConfiguration": { "groupsToOverride": [group] }, "scopes": ["aws.cognito.signin.user.admin"] },
    });
    let answer = token_scopes::handle(&deps, event).await.unwrap();
    let added = &answer["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"]["scopesToAdd"];
    serde_json::from_value(added.clone()).unwrap()
}

/// An administrator without an authenticator gets no scope, and with one all of
/// them; others need none, and nobody does where the deployment asks for none.
#[tokio::test]
async fn an_administrator_needs_an_authenticator() {
    let world = World::new().await;
    world.create_operators().await;
    for (name, group) in [("ada", "admins"), ("grace", "operators")] {
        let _ = world.operator(name, group).await;
    }
    assert!(scopes(&world, true, "ada", "admins").await.is_empty());
    assert_eq!(scopes(&world, true, "grace", "operators").await.len(), 4);
    assert_eq!(scopes(&world, false, "ada", "admins").await.len(), 6);
    let settings = SoftwareTokenMfaSettingsType::builder().enabled(true).preferred_mfa(true).build();
    let prefer = world.cognito().admin_set_user_mfa_preference().user_pool_id(world.operators_pool());
    prefer.username("ada").software_token_mfa_settings(settings).send().await.unwrap();
    assert_eq!(scopes(&world, true, "ada", "admins").await.len(), 6);
}

/// Who cannot be looked up gets no token at all, rather than one with more or
/// less than is theirs.
#[tokio::test]
async fn no_token_is_issued_for_whom_nobody_knows() {
    let world = World::new().await;
    world.create_operators().await;
    let deps = Deps { scopes: ScopeNames::default(), users: world.cognito(), admins_need_mfa: true };
    let groups = json!({ "groupConfiguration": { "groupsToOverride": ["admins"] } });
    let unknown = json!({ "userPoolId": world.operators_pool(), "userName": "nobody", "request": groups });
    for (event, name, is_retryable) in
        [(unknown, "UserPoolUnavailable", true), (json!({ "request": groups }), "InvalidPayload", false)]
    {
        let error = token_scopes::handle(&deps, event).await.unwrap_err();
        assert_eq!((error.name(), error.is_retryable()), (name, is_retryable));
    }
}
