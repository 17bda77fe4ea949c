//! The same tenants in a registry, with what the stream says of them.

use super::{PROVISIONING, SECRET, Step, at, input};
use crate::builders::{begin, ending, onboard, origin, platinum};
use crate::events::event;
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenantry_events::ids::TenantId;
use tenantry_events::name::EventName;
use tenantry_handlers::engine::External;
use tenantry_registry::lifecycle::{Input, OutcomeResult};
use tenantry_registry::plan::Engine;
use tenantry_registry::tenant::{OperationKind, Tenant};
use tenantry_registry::tier::Tier;

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
        OutcomeResult::Succeeded { outputs, registration: BTreeMap::new(), release: None, revision: Some(1) };
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

/// The beginning of what `tenant` needs, on the world's own machines.
fn begin_on(world: &World, tenant: &Tenant) -> Input {
    let Input::Begin(mut begin) = begin(tenant) else { unreachable!("a beginning") };
    begin.execution_arn = match tenant.plan.engine() {
        Engine::External => {
            let external = External { own_bus: world.has_plane_bus() };
            begin.hand_over =
                external.beginning(tenant, begin.id, begin.kind).expect("a beginning").hand_over;
            None
        }
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
