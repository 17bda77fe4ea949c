//! The tenant's administrator: invited once, under the operation that provisions
//! the tenant, with attributes that say whose user it is.

use crate::kit::{ACTIVE, PROVISIONING, at, invoke, live};
use aws_sdk_cognitoidentityprovider::types::{AttributeType, UserType};
use serde_json::{Value, json};
use tenantry_registry::tenant::Tenant;
use tenantry_tests::builders::platinum;
use tenantry_tests::faults::{Fault, Plan, Span};
use tenantry_tests::machine::{build, payload};
use tenantry_tests::world::{Function, World};

/// What the machine sends for `tenant`, whose build made the pool.
fn ask(tenant: &Tenant, operation: &str, pool: &str) -> Value {
    let exported = json!([{ "Name": "USER_POOL_ID", "Value": pool }]);
    let values = [
        ("$states.context.Execution.Input.tenantId", json!(tenant.tenant_id)),
        ("$states.context.Execution.Input.operationId", json!(operation)),
        ("$states.input", build("SUCCEEDED", &exported)),
    ];
    payload("provision-silo", "Invite", &values)
}

async fn users(world: &World, pool: &str) -> Vec<(String, Vec<(String, String)>)> {
    let listed = world.cognito().list_users().user_pool_id(pool).send().await.expect("the users");
    let user = |user: UserType| {
        let attributes = user.attributes.unwrap_or_default().into_iter();
        let pair = |one: AttributeType| (one.name, one.value.unwrap_or_default());
        (user.username.unwrap_or_default(), attributes.map(pair).collect())
    };
    listed.users.unwrap_or_default().into_iter().map(user).collect()
}

/// However often it is asked for, there is one administrator, who is the
/// tenant's for good.
#[tokio::test]
async fn the_administrator_is_invited_once() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
    let pool = world.create_user_pool().await;
    let request = ask(&tenant, "1-1", &pool);
    let first = invoke(&world, Function::Invite, &request, at(10)).await.unwrap();
    let again = invoke(&world, Function::Invite, &request, at(11)).await.unwrap();
    assert_eq!(first, again);
    let users = users(&world, &pool).await;
    assert_eq!(users.len(), 1);
    let (name, attributes) = &users[0];
    assert_eq!((&first["administrator"], &first["invitationUnsent"]), (&json!(name), &json!("")));
    for (attribute, value) in [
        ("email", tenant.email.as_str()),
        ("email_verified", "true"),
        ("custom:tenantId", &tenant.tenant_id.to_string()),
        ("custom:userRole", "TenantAdmin"),
    ] {
        assert!(
            attributes.contains(&(attribute.to_owned(), value.to_owned())),
            "{attribute}: {attributes:?}"
        );
    }
}

/// A template without a user pool has nobody to invite.
#[tokio::test]
async fn without_a_pool_nobody_is_invited() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
    let answer = invoke(&world, Function::Invite, &ask(&tenant, "1-1", ""), at(10)).await.unwrap();
    assert_eq!(answer, json!({ "administrator": "", "invitationUnsent": "" }));
}

/// Where Cognito sends no more e-mails, the administrator is there all the same,
/// and the answer says what is left to do; asked again, it is the same user.
#[tokio::test]
async fn an_invitation_that_cannot_be_sent_takes_nothing_down() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
    let pool = world.create_user_pool().await;
    let request = ask(&tenant, "1-1", &pool);
    world.faulty().start(vec![Plan::on("AdminCreateUser", 0, Fault::NoMail, Span::Throughout)]);
    let answer = invoke(&world, Function::Invite, &request, at(10)).await.unwrap();
    assert_eq!(answer["invitationUnsent"], "LimitExceededException");
    let created = users(&world, &pool).await;
    assert_eq!(
        created.iter().map(|(name, _)| json!(name)).collect::<Vec<_>>(),
        [answer["administrator"].clone()]
    );
    world.faulty().start(vec![Plan::on("AdminCreateUser", 0, Fault::NoMail, Span::Throughout)]);
    assert_eq!(invoke(&world, Function::Invite, &request, at(11)).await.unwrap(), answer);
    assert_eq!(users(&world, &pool).await, created);
}

/// Of an operation that is over, or another's, nobody is invited.
#[tokio::test]
async fn a_superseded_operation_invites_nobody() {
    let world = World::new().await;
    let pool = world.create_user_pool().await;
    let provisioning = live(&world, "acme", platinum(), PROVISIONING).await;
    let active = live(&world, "globex", platinum(), ACTIVE).await;
    for (tenant, operation) in [(&provisioning, "1-2"), (&active, "1-1")] {
        let refusal = invoke(&world, Function::Invite, &ask(tenant, operation, &pool), at(10)).await;
        assert_eq!(refusal.unwrap_err().name, "Superseded");
    }
    assert!(users(&world, &pool).await.is_empty());
}

/// What Cognito refuses is refused for good, without the address in it.
#[tokio::test]
async fn a_refusal_names_no_address() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
    let request = ask(&tenant, "1-1", "us-east-1_nothing");
    let refusal = invoke(&world, Function::Invite, &request, at(10)).await.unwrap_err();
    assert_eq!((refusal.name, refusal.is_retryable), ("InvitationRefused", false));
    assert!(refusal.message.contains("ResourceNotFoundException"), "{}", refusal.message);
    assert!(!refusal.message.contains(tenant.email.as_str()));
}
