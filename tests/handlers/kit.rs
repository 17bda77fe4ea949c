//! What the functions' tests share: tenants in any situation, and invocations
//! whose log is looked at.

use chrono::{DateTime, TimeDelta, Utc};
use lambda_runtime::tracing::subscriber::util::SubscriberInitExt;
use lambda_runtime::tracing::{Level, subscriber};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tenantry_events::ids::TenantId;
use tenantry_events::name::EventName;
use tenantry_events::text::RegistrationId;
use tenantry_registry::audit::AuditEntry;
use tenantry_registry::lifecycle::Input;
use tenantry_registry::tenant::{OperationKind, Tenant};
use tenantry_registry::tier::{Provisioner, Tier};
use tenantry_tests::builders::{
    begin, cancel, deferred, ending, failure, noon, offboarding, onboard, origin, request, success, unclean,
};
use tenantry_tests::events::event;
use tenantry_tests::world::{Function, Invocation, World};

/// What no log may show, wherever it comes from: it is in every request here,
/// as is an address.
pub(crate) const SECRET: &str = "canary-4f1d";

/// Something that happens to a tenant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Onboard,
    Begin,
    Succeed,
    Fail,
    /// Without cleaning up.
    Crash,
    Defer,
    Suspend,
    Resume,
    Retry,
    Cancel,
    Offboard,
}

pub(crate) const PENDING: &[Step] = &[Step::Onboard];
pub(crate) const PROVISIONING: &[Step] = &[Step::Onboard, Step::Begin];
pub(crate) const UNWANTED: &[Step] = &[Step::Onboard, Step::Begin, Step::Offboard];
pub(crate) const ACTIVE: &[Step] = &[Step::Onboard, Step::Begin, Step::Succeed];
pub(crate) const DEPROVISIONING: &[Step] =
    &[Step::Onboard, Step::Begin, Step::Succeed, Step::Offboard, Step::Begin];
pub(crate) const GONE: &[Step] =
    &[Step::Onboard, Step::Begin, Step::Succeed, Step::Offboard, Step::Begin, Step::Succeed];

/// A tenant that has come so far, and what the stream says of its last step.
pub(crate) struct Lived {
    pub(crate) tenant: Tenant,
    /// All records of the step.
    pub(crate) batch: Value,
}

/// The tenant called `name`, after `steps`.
pub(crate) async fn live(world: &World, name: &str, tier: Tier, steps: &[Step]) -> Tenant {
    let mut tenant = None;
    for (place, step) in steps.iter().enumerate() {
        tenant = Some(apply(world, name, &tier, (*step, place), tenant).await);
    }
    tenant.expect("a step")
}

/// The same, with the batch that the last step makes.
pub(crate) async fn lived(world: &World, name: &str, tier: Tier, steps: &[Step]) -> Lived {
    let (last, before) = steps.split_last().expect("a step");
    let tenant = match before {
        [] => None,
        _ => Some(live(world, name, tier.clone(), before).await),
    };
    let step = (*last, before.len());
    let (batch, tenant) = world.changes(apply(world, name, &tier, step, tenant)).await;
    Lived { tenant, batch }
}

/// One step of the tenant called `name`, as it is now; `place` tells it from
/// its other ones.
pub(crate) async fn take(world: &World, name: &str, tier: &Tier, step: Step, place: usize) -> Tenant {
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
    let known = || known.clone().expect("the tenant is there");
    let input = match step {
        Step::Onboard => {
            let request = onboard(name);
            Input::Onboard(Box::new(tenantry_registry::lifecycle::Onboard {
                tier_name: tier.name.clone(),
                tier: Some(tier.clone()),
                ..request
            }))
        }
        Step::Begin => begin_on(world, &known()),
        Step::Succeed => ending(&known(), success()),
        Step::Fail => ending(&known(), failure()),
        Step::Crash => ending(&known(), unclean()),
        Step::Defer => ending(&known(), deferred()),
        Step::Suspend => Input::Suspend(request(&format!("{name} closes, step {place}"))),
        Step::Resume => Input::Resume(request(&format!("{name} opens, step {place}"))),
        Step::Retry => Input::Retry(request(&format!("{name} tries again, step {place}"))),
        Step::Cancel => cancel(&format!("{name} stops, step {place}")),
        Step::Offboard => offboarding(&format!("{name} leaves, step {place}")),
    };
    let origin = origin(&format!("{name}, step {place}"));
    let applied = world.registry().apply(id, &input, &origin, at(place)).await.unwrap();
    applied.tenant.expect("the tenant is there")
}

/// The beginning of what `tenant` needs, on the world's own machines.
fn begin_on(world: &World, tenant: &Tenant) -> Input {
    let Input::Begin(mut begin) = begin(tenant) else { unreachable!("a beginning") };
    begin.execution_arn = match tenant.provisioner {
        Provisioner::External => None,
        Provisioner::Codebuild => {
            let machine = world.machine_arn(&begin.kind.to_string()).replace(":stateMachine:", ":execution:");
            Some(format!("{machine}:{}", begin.id.execution_name(tenant.tenant_id)))
        }
    };
    Input::Begin(begin)
}

/// The moment of the `n`-th thing that happens.
pub(crate) fn at(n: usize) -> DateTime<Utc> {
    noon() + TimeDelta::seconds(n.try_into().unwrap())
}

/// An onboardingRequest of the tenant called `name`, as the event `seed`.
pub(crate) fn onboarding_request(name: &str, seed: &str) -> Value {
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
pub(crate) fn registration(name: &str) -> RegistrationId {
    onboard(name).tenant_registration_id
}

/// The `metadata` of an event with the id of `seed`.
pub(crate) fn metadata(seed: &str, producer: &str) -> Value {
    let id = request(seed).event_id;
    json!({
        "eventId": id,
        "schemaVersion": 1,
        "occurredAt": "2026-01-02T11:59:58.000Z",
        "correlationId": id,
        "producer": producer,
    })
}

/// Invokes a function; its log must be discreet.
pub(crate) async fn invoke(
    world: &World,
    function: Function,
    payload: &Value,
    now: DateTime<Utc>,
) -> Invocation {
    logged(world, function, payload, now).await.0
}

/// The same, with the log as a person sees it.
pub(crate) async fn logged(
    world: &World,
    function: Function,
    payload: &Value,
    now: DateTime<Utc>,
) -> (Invocation, String) {
    let log = Log::default();
    let writer = log.clone();
    let lines = subscriber::fmt().with_max_level(Level::INFO).with_ansi(false);
    let guard = lines.with_writer(move || writer.clone()).finish().set_default();
    let invocation = Box::pin(world.invoke(function, payload, now)).await;
    drop(guard);
    let log = log.text();
    assert!(!shows(&log), "the log shows what it must not:\n{log}");
    if let Err(refusal) = &invocation {
        assert!(!shows(&refusal.message), "the error shows what it must not: {}", refusal.message);
    }
    (invocation, log)
}

/// Whether there is an address or the secret in `text`.
fn shows(text: &str) -> bool {
    let mut parts = text.split('@').peekable();
    let mut address = false;
    while let Some(part) = parts.next() {
        let ends = part.ends_with(char::is_alphanumeric);
        address |= ends && parts.peek().is_some_and(|next| next.starts_with(char::is_alphanumeric));
    }
    address || text.contains(SECRET)
}

/// The same, and nothing is left to do.
pub(crate) async fn done(world: &World, function: Function, payload: &Value, now: DateTime<Utc>) -> Value {
    let invocation = invoke(world, function, payload, now).await;
    assert!(tenantry_tests::world::is_done(&invocation), "{function}: {invocation:?}");
    invocation.unwrap()
}

/// The tenant called `name`, as it is now.
pub(crate) async fn tenant(world: &World, name: &str) -> Tenant {
    world.registry().tenant(TenantId::derive(name)).await.unwrap().expect("the tenant is there")
}

/// A tenant's history, oldest first.
pub(crate) async fn history(world: &World, name: &str) -> Vec<AuditEntry> {
    world.registry().history(TenantId::derive(name)).await.unwrap().audit
}

/// The verdicts in it, with their codes.
pub(crate) async fn verdicts(world: &World, name: &str) -> Vec<String> {
    let verdict = |line: AuditEntry| match line.code {
        Some(code) => format!("{} {code}", line.verdict),
        None => line.verdict.to_string(),
    };
    history(world, name).await.into_iter().map(verdict).collect()
}

/// The one message in the queue: what was put away, and why.
pub(crate) async fn put_away(world: &World) -> (Value, BTreeMap<String, String>) {
    let mut messages = world.messages().await;
    assert_eq!(messages.len(), 1, "{messages:?}");
    messages.remove(0)
}

/// The name of the execution of `tenant`'s open operation, with its machine.
pub(crate) fn execution(tenant: &Tenant, kind: OperationKind) -> String {
    let open = tenant.operation.as_ref().expect("an operation runs");
    format!("{kind} {}", open.id.execution_name(tenant.tenant_id))
}

/// The operations that the services were asked for since the start, without
/// the registry's reads.
pub(crate) fn asked(world: &World) -> Vec<String> {
    let calls = world.faulty().calls();
    let calls = calls.iter().filter(|call| !matches!(call.operation.as_str(), "GetItem" | "Query"));
    calls.map(|call| format!("{} {}", call.operation, call.subject).trim().to_owned()).collect()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
