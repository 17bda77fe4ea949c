//! Registrations and tiers.

use tenantry_events::ids::TenantId;
use tenantry_registry::lifecycle::{Code, Decision, Input};
use tenantry_registry::tier::Tier;
use tenantry_tests::builders::{noon, onboard, onboarding, origin, platinum};
use tenantry_tests::table::registry;

/// A registration id leads to its tenant, and no second tenant gets it.
#[tokio::test]
async fn a_registration_is_of_one_tenant() {
    let registry = registry().await;
    let first = onboard("acme");
    let registration = first.tenant_registration_id.clone();
    registry.apply(first.tenant_id, &onboarding("acme"), &origin("a"), noon()).await.unwrap();
    let found = registry.tenant_of_registration(registration.as_str()).await.unwrap();
    assert_eq!(found, Some(first.tenant_id));
    let mut second = onboard("other");
    second.tenant_registration_id = registration;
    let input = Input::Onboard(Box::new(second.clone()));
    let applied = registry.apply(second.tenant_id, &input, &origin("b"), noon()).await.unwrap();
    assert!(matches!(applied.decision, Decision::Refused(note) if note.code == Code::RegistrationTaken));
    assert_eq!(registry.tenant(second.tenant_id).await.unwrap(), None);
}

/// A refused request leaves a line in the history and nothing else.
#[tokio::test]
async fn an_unknown_tier_is_refused_and_leaves_nothing_half_written() {
    let registry = registry().await;
    let mut request = onboard("acme");
    request.tier = None;
    request.tier_name = "gold".parse().unwrap();
    let input = Input::Onboard(Box::new(request.clone()));
    let applied = registry.apply(request.tenant_id, &input, &origin("a"), noon()).await.unwrap();
    assert!(matches!(applied.decision, Decision::Refused(note) if note.code == Code::UnknownTier));
    let history = registry.history(request.tenant_id).await.unwrap();
    assert_eq!(history.audit.len(), 1);
    assert_eq!(registry.tenant_of_registration(request.tenant_registration_id.as_str()).await.unwrap(), None);
    // The name is free: another tenant may have it.
    let applied =
        registry.apply(TenantId::derive("acme"), &onboarding("acme"), &origin("b"), noon()).await.unwrap();
    assert!(matches!(applied.decision, Decision::Change(_)));
}

/// A tier is there once it is put, and gone once it is removed.
#[tokio::test]
async fn a_tier_can_be_put_and_removed() {
    let registry = registry().await;
    let Tier { name, .. } = platinum();
    assert_eq!(registry.tier(&name).await.unwrap(), None);
    registry.put_tier(&platinum()).await.unwrap();
    assert_eq!(registry.tier(&name).await.unwrap(), Some(platinum()));
    registry.remove_tier(&name).await.unwrap();
    assert_eq!(registry.tier(&name).await.unwrap(), None);
}
