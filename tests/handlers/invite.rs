//! The tenant's administrator: invited once, under the operation that provisions
//! the tenant, with attributes that say whose user it is.

use crate::kit::{ACTIVE, PROVISIONING, at, invoke, live, readdressed};
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
    assert_eq!(answer, json!({ "administrator": "", "invitationUnsent": "", "revision": 0 }));
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

/// What the machine sends that gives a tenant an administrator with another
/// address.
fn update(tenant: &Tenant) -> Value {
    payload("update-silo", "Invite", &tenantry_tests::payloads::input(tenant))
}

async fn create(world: &World, pool: &str, name: &str, attributes: &[(&str, &str)]) -> String {
    let attribute =
        |(name, value): &(&str, &str)| AttributeType::builder().name(*name).value(*value).build().unwrap();
    let create = world.cognito().admin_create_user().user_pool_id(pool).username(name);
    let attributes = attributes.iter().map(attribute).collect();
    let created = create.set_user_attributes(Some(attributes)).send().await.expect("a user");
    created.user.and_then(|user| user.username).expect("a name")
}

/// Another address is another administrator: the new one is there before the old
/// one goes, and asked again nothing more happens.
#[tokio::test]
async fn another_address_replaces_the_administrator() {
    let world = World::new().await;
    let pool = world.create_user_pool().await;
    let before = create(&world, &pool, "before@acme.example", &[]).await;
    let tenant = readdressed(&world, "acme", &pool, &before).await;
    let answer = invoke(&world, Function::Invite, &update(&tenant), at(10)).await.unwrap();
    assert_eq!(answer["revision"], json!(tenant.revision));
    let after = users(&world, &pool).await;
    assert_eq!(
        after.iter().map(|(name, _)| json!(name)).collect::<Vec<_>>(),
        [answer["administrator"].clone()]
    );
    assert!(after[0].1.contains(&("email".to_owned(), tenant.email.to_string())));
    assert_eq!(invoke(&world, Function::Invite, &update(&tenant), at(11)).await.unwrap(), answer);
    assert_eq!(users(&world, &pool).await, after);
}

/// Whoever has the address already and is somebody else in the pool becomes no
/// administrator by that, and the one before stays.
#[tokio::test]
async fn nobody_becomes_administrator_by_having_the_address() {
    let world = World::new().await;
    let pool = world.create_user_pool().await;
    let before = create(&world, &pool, "before@acme.example", &[]).await;
    let tenant = readdressed(&world, "acme", &pool, &before).await;
    let id = tenant.tenant_id.to_string();
    let attributes = [("custom:tenantId", id.as_str()), ("custom:userRole", "User")];
    create(&world, &pool, tenant.email.as_str(), &attributes).await;
    let before = users(&world, &pool).await;
    let refusal = invoke(&world, Function::Invite, &update(&tenant), at(10)).await.unwrap_err();
    assert_eq!((refusal.name, refusal.is_retryable), ("InvitationRefused", false));
    assert!(refusal.message.contains("another role"), "{}", refusal.message);
    assert_eq!(users(&world, &pool).await, before);
}
