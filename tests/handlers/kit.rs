//! What the functions' tests share: tenants in any situation, and invocations
//! whose log is looked at.

pub(crate) use tenantry_tests::lives::{
    ACTIVE, DEPROVISIONING, GONE, PENDING, PROVISIONING, SECRET, SUSPENDING, Step, UNWANTED, UPDATING, at,
    live, lived, onboarding_request, readdressed, registration, take,
};

use chrono::{DateTime, Utc};
use lambda_runtime::tracing::subscriber::util::SubscriberInitExt;
use lambda_runtime::tracing::{Level, subscriber};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tenantry_events::ids::TenantId;
use tenantry_registry::audit::AuditEntry;
use tenantry_registry::tenant::{OperationKind, Tenant};
use tenantry_tests::world::{Function, Invocation, World};

/// The `metadata` of an event with the id of `seed`.
pub(crate) fn metadata(seed: &str, producer: &str) -> Value {
    let id = tenantry_tests::builders::request(seed).event_id;
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
