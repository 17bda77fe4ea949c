//! Tenants that have come to any point of their lives, and requests about them.

use crate::builders::{
    begin, cancel, change_data, deferred, ending, failure, invited, noon, offboarding, onboard, origin,
    platinum, request, success, unclean,
};
use crate::events::event;
use crate::world::World;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenantry_events::ids::TenantId;
use tenantry_events::name::EventName;
use tenantry_events::text::RegistrationId;
use tenantry_registry::lifecycle::{Input, OutcomeResult, decide};
use tenantry_registry::plan::Engine;
use tenantry_registry::tenant::{OperationKind, Tenant};
use tenantry_registry::tier::Tier;

/// What no log may show, wherever it comes from: it is in every request here,
/// as is an address.
pub const SECRET: &str = "canary-4f1d";

/// Something that happens to a tenant.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Its onboarding is accepted.
    Onboard,
    /// The operation that it needs begins.
    Begin,
    /// Its operation succeeds.
    Succeed,
    /// Its provisioning succeeds, and its administrator is invited.
    Invite,
    /// Its operation fails.
    Fail,
    /// Its operation fails without cleaning up.
    Crash,
    /// There is no room for its operation.
    Defer,
    /// Another address of its administrator is accepted.
    Change,
    /// Its suspension is accepted.
    Suspend,
    /// Its resumption is accepted.
    Resume,
    /// Another try is accepted.
    Retry,
    /// A cancellation is accepted.
    Cancel,
    /// Its offboarding is accepted.
    Offboard,
}

/// Up to its acceptance.
pub const PENDING: &[Step] = &[Step::Onboard];
/// Up to its provisioning.
pub const PROVISIONING: &[Step] = &[Step::Onboard, Step::Begin];
/// Up to its offboarding while it is provisioned.
pub const UNWANTED: &[Step] = &[Step::Onboard, Step::Begin, Step::Offboard];
/// Up to its use.
pub const ACTIVE: &[Step] = &[Step::Onboard, Step::Begin, Step::Succeed];
/// Up to its suspension.
pub const SUSPENDING: &[Step] = &[Step::Onboard, Step::Begin, Step::Succeed, Step::Suspend, Step::Begin];
/// Up to the deployment of another address of its administrator.
pub const UPDATING: &[Step] = &[Step::Onboard, Step::Begin, Step::Succeed, Step::Change, Step::Begin];
/// Up to its deprovisioning.
pub const DEPROVISIONING: &[Step] = &[Step::Onboard, Step::Begin, Step::Succeed, Step::Offboard, Step::Begin];
/// Up to its end.
pub const GONE: &[Step] =
    &[Step::Onboard, Step::Begin, Step::Succeed, Step::Offboard, Step::Begin, Step::Succeed];

/// A tenant that has come so far, and what the stream says of its last step.
pub struct Lived {
    /// The tenant.
    pub tenant: Tenant,
    /// All records of the step.
    pub batch: Value,
}

/// The tenant called `name`, after `steps`.
pub async fn live(world: &World, name: &str, tier: Tier, steps: &[Step]) -> Tenant {
    let mut tenant = None;
    for (place, step) in steps.iter().enumerate() {
        tenant = Some(apply(world, name, &tier, (*step, place), tenant).await);
    }
    tenant.expect("a step")
}

/// The same, with the batch that the last step makes.
pub async fn lived(world: &World, name: &str, tier: Tier, steps: &[Step]) -> Lived {
    let (last, before) = steps.split_last().expect("a step");
    let tenant = match before {
        [] => None,
        _ => Some(live(world, name, tier.clone(), before).await),
    };
    let step = (*last, before.len());
    let (batch, tenant) = world.changes(apply(world, name, &tier, step, tenant)).await;
    Lived { tenant, batch }
}

/// The tenant called `name` while it gets an administrator with another address,
/// in the place of the user `before` in `pool`.
pub async fn readdressed(world: &World, name: &str, pool: &str, before: &str) -> Tenant {
    let provisioning = live(world, name, platinum(), PROVISIONING).await;
    let outputs = [("userPoolId", pool), ("administrator", before)];
    let outputs = outputs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let result =
        OutcomeResult::Succeeded { outputs, registration: BTreeMap::new(), release: None, revision: Some(0) };
    let id = provisioning.tenant_id;
    let outcome = ending(&provisioning, result);
    world.registry().apply(id, &outcome, &origin(&format!("{name} is active")), at(3)).await.unwrap();
    take(world, name, &platinum(), Step::Change, 4).await;
    take(world, name, &platinum(), Step::Begin, 5).await
}

/// One step of the tenant called `name`, as it is now; `place` tells it from
/// its other ones.
pub async fn take(world: &World, name: &str, tier: &Tier, step: Step, place: usize) -> Tenant {
    let known = world.registry().tenant(TenantId::derive(name)).await.unwrap();
    apply(world, name, tier, (step, place), known).await
}

async fn apply(
    world: &World,
    name: &str,
    tier: &Tier,
    (step, place): (Step, usize),
    known: Option<Tenant>,
) -> Tenant {
    let id = TenantId::derive(name);
    let input = input(name, tier, (step, place), known, |tenant| begin_on(world, tenant));
    let origin = origin(&format!("{name}, step {place}"));
    let applied = world.registry().apply(id, &input, &origin, at(place)).await.unwrap();
    applied.tenant.expect("the tenant is there")
}

/// The tenant called `name`, after `steps`, in nobody's registry.
#[must_use]
pub fn imagined(name: &str, steps: &[Step]) -> Tenant {
    let mut tenant: Option<Tenant> = None;
    for (place, step) in steps.iter().enumerate() {
        let input = input(name, &platinum(), (*step, place), tenant.clone(), begin);
        let decision = decide(tenant.as_ref(), &input, at(place));
        tenant = decision.change().map(|change| change.tenant.clone()).or(tenant);
    }
    tenant.expect("a step")
}

/// What happens to the tenant with the step.
fn input(
    name: &str,
    tier: &Tier,
    (step, place): (Step, usize),
    known: Option<Tenant>,
    begin: impl Fn(&Tenant) -> Input,
) -> Input {
    let known = || known.clone().expect("the tenant is there");
    match step {
        Step::Onboard => {
            let request = onboard(name);
            Input::Onboard(Box::new(tenantry_registry::lifecycle::Onboard {
                tier_name: tier.name.clone(),
                tier: Some(tier.clone()),
                ..request
            }))
        }
        Step::Begin => begin(&known()),
        Step::Succeed => ending(&known(), success()),
        Step::Invite => ending(&known(), invited()),
        Step::Fail => ending(&known(), failure()),
        Step::Crash => ending(&known(), unclean()),
        Step::Defer => ending(&known(), deferred()),
        Step::Change => change_data(&format!("{name} changes, step {place}"), None),
        Step::Suspend => Input::Suspend(request(&format!("{name} closes, step {place}"))),
        Step::Resume => Input::Resume(request(&format!("{name} opens, step {place}"))),
        Step::Retry => Input::Retry(request(&format!("{name} tries again, step {place}"))),
        Step::Cancel => cancel(&format!("{name} stops, step {place}")),
        Step::Offboard => offboarding(&format!("{name} leaves, step {place}")),
    }
}

/// The beginning of what `tenant` needs, on the world's own machines.
fn begin_on(world: &World, tenant: &Tenant) -> Input {
    let Input::Begin(mut begin) = begin(tenant) else { unreachable!("a beginning") };
    begin.execution_arn = match tenant.plan.engine() {
        Engine::External => None,
        Engine::Build => {
            let machine = match begin.kind {
                OperationKind::Provision => "provision",
                OperationKind::Update => "update",
                OperationKind::Suspend | OperationKind::Resume => "suspend",
                OperationKind::CleanUp | OperationKind::Deprovision => "deprovision",
            };
            let machine = world.machine_arn(machine).replace(":stateMachine:", ":execution:");
            Some(format!("{machine}:{}", begin.id.execution_name(tenant.tenant_id)))
        }
    };
    Input::Begin(begin)
}

/// The moment of the `n`-th thing that happens.
pub fn at(n: usize) -> DateTime<Utc> {
    noon() + TimeDelta::seconds(n.try_into().unwrap())
}

/// An onboardingRequest of the tenant called `name`, as the event `seed`.
pub fn onboarding_request(name: &str, seed: &str) -> Value {
    let request = onboard(name);
    let detail = json!({
        "tenantId": request.tenant_id,
        "tenantRegistrationId": request.tenant_registration_id,
        "tenantName": request.tenant_name,
        "email": format!("{SECRET}@acme.example"),
        "tier": "platinum",
        "apiToken": SECRET,
    });
    event(EventName::OnboardingRequest, seed, &detail)
}

/// The registration of the tenant called `name`.
pub fn registration(name: &str) -> RegistrationId {
    onboard(name).tenant_registration_id
}
