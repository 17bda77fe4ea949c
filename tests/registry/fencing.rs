//! A stale writer loses at the write.

use chrono::TimeDelta;
use tenantry_events::ids::TenantId;
use tenantry_registry::audit::Verdict;
use tenantry_registry::lifecycle::{Decision, Input};
use tenantry_registry::store::Registry;
use tenantry_registry::tenant::{OperationState, Status, Tenant};
use tenantry_tests::builders::{begin, ending, noon, offboarding, onboarding, origin, success};
use tenantry_tests::table::registry;

async fn apply(registry: &Registry, id: TenantId, input: &Input, seed: &str) -> (Decision, Option<Tenant>) {
    let steps = registry.history(id).await.unwrap().audit.len();
    let now = noon() + TimeDelta::seconds(steps.try_into().unwrap());
    let applied = registry.apply(id, input, &origin(seed), now).await.unwrap();
    (applied.decision, registry.tenant(id).await.unwrap())
}

/// The outcome of a stopped provisioning arrives after the offboarding has
/// begun: it changes nothing and is in the history as stale.
#[tokio::test]
async fn the_outcome_of_a_superseded_operation_changes_nothing() {
    let registry = registry().await;
    let id = TenantId::derive("acme");
    let (_, pending) = apply(&registry, id, &onboarding("acme"), "onboard").await;
    let (_, provisioning) = apply(&registry, id, &begin(&pending.unwrap()), "begin").await;
    let late = ending(provisioning.as_ref().unwrap(), success());
    let (_, unwanted) = apply(&registry, id, &offboarding("leave"), "leave").await;
    let cancel = ending(&unwanted.unwrap(), tenantry_registry::lifecycle::OutcomeResult::Cancelled);
    let (_, cancelled) = apply(&registry, id, &cancel, "cancel").await;
    let (_, before) = apply(&registry, id, &begin(&cancelled.unwrap()), "begin again").await;
    let (decision, after) = apply(&registry, id, &late, "late").await;
    assert!(matches!(decision, Decision::Stale(_)), "{decision}");
    assert_eq!(before, after);
    let last = registry.history(id).await.unwrap().audit.pop().unwrap();
    assert_eq!((last.verdict, last.code.as_deref()), (Verdict::Stale, Some("Superseded")));
}

/// A whole life leaves its operations with their states, and a free name.
#[tokio::test]
async fn a_whole_life_is_in_the_history_and_frees_the_name() {
    let registry = registry().await;
    let id = TenantId::derive("acme");
    let (_, t) = apply(&registry, id, &onboarding("acme"), "onboard").await;
    let (_, t) = apply(&registry, id, &begin(&t.unwrap()), "begin").await;
    let (_, t) = apply(&registry, id, &ending(&t.unwrap(), success()), "provisioned").await;
    assert_eq!(t.as_ref().unwrap().outputs["apiUrl"], "https://api");
    let (_, t) = apply(&registry, id, &offboarding("leave"), "leave").await;
    let (_, t) = apply(&registry, id, &begin(&t.unwrap()), "begin again").await;
    let (_, t) = apply(&registry, id, &ending(&t.unwrap(), success()), "deprovisioned").await;
    assert_eq!(t.unwrap().status, Status::Deprovisioned);
    let history = registry.history(id).await.unwrap();
    let operations: Vec<_> = history.operations.iter().map(|o| (o.id.to_string(), o.state)).collect();
    let done = OperationState::Succeeded;
    assert_eq!(operations, [("1-1".to_owned(), done), ("2-1".to_owned(), done)]);
    assert_eq!(history.audit.len(), 6);

    let mut successor = tenantry_tests::builders::onboard("acme");
    successor.tenant_id = TenantId::derive("another acme");
    successor.tenant_registration_id = "another".parse().unwrap();
    let input = Input::Onboard(Box::new(successor.clone()));
    let (decision, _) = apply(&registry, successor.tenant_id, &input, "successor").await;
    assert!(matches!(decision, Decision::Change(_)), "{decision}");
}
