//! The tenant's administrator: invited once, under the operation that provisions
//! the tenant, with attributes that say whose user it is.

use crate::kit::{self, PROVISIONING, Step, at, done, invoke, live, readdressed};
use aws_sdk_cognitoidentityprovider::types::{AttributeType, UserType};
use serde_json::{Value, json};
use tenantry_registry::tenant::{Status, Tenant};
use tenantry_tests::builders::platinum;
use tenantry_tests::faults::{Fault, Plan, Span};
use tenantry_tests::machine::build;
use tenantry_tests::payloads::succeeded;
use tenantry_tests::world::{Function, World};

/// What the machine sends for `tenant`, whose build made the pool.
fn provisioned(tenant: &Tenant, pool: &str) -> Value {
    let exported = json!([{ "Name": "USER_POOL_ID", "Value": pool }]);
    succeeded(tenant, "provision-silo", &build("SUCCEEDED", &exported))
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

/// However often it is tried, there is one administrator, who is the tenant's for
/// good.
#[tokio::test]
async fn the_administrator_is_invited_once() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
    let pool = world.create_user_pool().await;
    let request = provisioned(&tenant, &pool);
    world.faulty().start(vec![Plan::on("TransactWriteItems", 0, Fault::KilledBefore, Span::Once)]);
    let killed = world.faulty().run(world.invoke(Function::RecordOutcome, &request, at(10))).await;
    world.faulty().restart().await;
    assert!(killed.is_none());
    assert_eq!((kit::tenant(&world, "acme").await, users(&world, &pool).await.len()), (tenant.clone(), 1));
    done(&world, Function::RecordOutcome, &request, at(11)).await;
    let users = users(&world, &pool).await;
    assert_eq!(users.len(), 1);
    let (name, attributes) = &users[0];
    let outputs = kit::tenant(&world, "acme").await.outputs;
    assert_eq!((&outputs["administrator"], outputs.get("invitationUnsent")), (name, None));
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

/// A template without a user pool has nobody to invite, and waits for nobody.
#[tokio::test]
async fn without_a_pool_nobody_is_invited() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
    done(&world, Function::RecordOutcome, &provisioned(&tenant, ""), at(10)).await;
    let after = kit::tenant(&world, "acme").await;
    assert_eq!((after.status, after.outputs.len(), after.is_up_to_date()), (Status::Active, 0, true));
}

/// Where Cognito sends no more e-mails, the administrator is there all the same,
/// and the tenant's outputs say what is left to do.
#[tokio::test]
async fn an_invitation_that_cannot_be_sent_takes_nothing_down() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
    let pool = world.create_user_pool().await;
    world.faulty().start(vec![Plan::on("AdminCreateUser", 0, Fault::NoMail, Span::Throughout)]);
    done(&world, Function::RecordOutcome, &provisioned(&tenant, &pool), at(10)).await;
    let after = kit::tenant(&world, "acme").await;
    assert_eq!(
        (after.status, after.outputs["invitationUnsent"].as_str()),
        (Status::Active, "LimitExceededException")
    );
    let created: Vec<_> = users(&world, &pool).await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(created, [after.outputs["administrator"].clone()]);
}

/// Of an operation that is over, or another's, nobody is invited.
#[tokio::test]
async fn a_superseded_operation_invites_nobody() {
    let world = World::new().await;
    let pool = world.create_user_pool().await;
    let provisioning = live(&world, "acme", platinum(), PROVISIONING).await;
    let mut other = provisioned(&provisioning, &pool);
    other["operationId"] = json!("1-2");
    let refusal = invoke(&world, Function::RecordOutcome, &other, at(10)).await;
    assert_eq!(refusal.unwrap_err().name, "Superseded");
    let over = provisioned(&provisioning, &pool);
    kit::take(&world, "acme", &platinum(), Step::Succeed, 11).await;
    done(&world, Function::RecordOutcome, &over, at(12)).await;
    assert!(users(&world, &pool).await.is_empty());
}

/// What Cognito refuses is refused for good, without the address in it, and nothing
/// is recorded: the machine takes down what was built.
#[tokio::test]
async fn a_refusal_names_no_address() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
    let request = provisioned(&tenant, "us-east-1_nothing");
    let refusal = invoke(&world, Function::RecordOutcome, &request, at(10)).await.unwrap_err();
    assert_eq!((refusal.name, refusal.is_retryable), ("InvitationRefused", false));
    assert!(refusal.message.contains("ResourceNotFoundException"), "{}", refusal.message);
    assert!(!refusal.message.contains(tenant.email.as_str()));
    assert_eq!(kit::tenant(&world, "acme").await, tenant);
}

/// What the machine sends that gives a tenant an administrator with another
/// address.
fn update(tenant: &Tenant) -> Value {
    succeeded(tenant, "update-silo", &Value::Null)
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
/// one goes, however often it is tried.
#[tokio::test]
async fn another_address_replaces_the_administrator() {
    let world = World::new().await;
    let pool = world.create_user_pool().await;
    let before = create(&world, &pool, "before@acme.example", &[]).await;
    let tenant = readdressed(&world, "acme", &pool, &before).await;
    for (calls, call) in [(2, "AdminDeleteUser"), (1, "TransactWriteItems")] {
        world.faulty().start(vec![Plan::on(call, 0, Fault::KilledBefore, Span::Once)]);
        let killed =
            world.faulty().run(world.invoke(Function::RecordOutcome, &update(&tenant), at(10))).await;
        world.faulty().restart().await;
        assert!(killed.is_none());
        assert_eq!(users(&world, &pool).await.len(), calls, "{call}");
    }
    done(&world, Function::RecordOutcome, &update(&tenant), at(11)).await;
    let updated = kit::tenant(&world, "acme").await;
    assert_eq!((updated.status, updated.deployed.revision), (Status::Active, tenant.revision));
    let after = users(&world, &pool).await;
    assert_eq!(after.iter().map(|(name, _)| name).collect::<Vec<_>>(), [&updated.outputs["administrator"]]);
    assert!(after[0].1.contains(&("email".to_owned(), tenant.email.to_string())));
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
    let refusal = invoke(&world, Function::RecordOutcome, &update(&tenant), at(10)).await.unwrap_err();
    assert_eq!((refusal.name, refusal.is_retryable), ("InvitationRefused", false));
    assert!(refusal.message.contains("another role"), "{}", refusal.message);
    assert_eq!(users(&world, &pool).await, before);
}
