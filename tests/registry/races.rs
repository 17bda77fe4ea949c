//! Many writers at once: one wins each version, and nobody's write is lost.

use tenantry_events::ids::TenantId;
use tenantry_registry::audit::Verdict;
use tenantry_registry::lifecycle::{Code, Decision, Input};
use tenantry_registry::tenant::Status;
use tenantry_tests::builders::{begin, noon, offboarding, onboard, onboarding, origin, request};
use tenantry_tests::table::registry;
use tokio::task::JoinSet;

/// Forty identical onboardings at once: one tenant, one acceptance, the rest
/// duplicates, all in the history.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn identical_onboardings_at_once_make_one_tenant() {
    let registry = registry().await;
    let id = TenantId::derive("acme");
    let mut all = JoinSet::new();
    for n in 0..40 {
        let registry = registry.clone();
        all.spawn(async move {
            let mut onboard = onboard("acme");
            onboard.request = request(&format!("event {n}"));
            let input = Input::Onboard(Box::new(onboard));
            registry.apply(id, &input, &origin(&format!("event {n}")), noon()).await
        });
    }
    let mut accepted = 0;
    while let Some(applied) = all.join_next().await {
        let applied = applied.unwrap().expect("the registry answers");
        accepted += usize::from(matches!(applied.decision, Decision::Change(_)));
    }
    assert_eq!(accepted, 1);
    let history = registry.history(id).await.unwrap();
    let count = |verdict| history.audit.iter().filter(|entry| entry.verdict == verdict).count();
    assert_eq!((count(Verdict::Accepted), count(Verdict::Duplicate)), (1, 39));
    assert_eq!(registry.tenant(id).await.unwrap().unwrap().version, 1);
}

/// The same event five times within a millisecond is five lines of history.
#[tokio::test]
async fn repetitions_within_a_millisecond_are_all_in_the_history() {
    let registry = registry().await;
    let id = TenantId::derive("acme");
    for n in 0..5 {
        let input = Input::Onboard(Box::new(onboard("acme")));
        let at = noon() + chrono::TimeDelta::microseconds(n);
        registry.apply(id, &input, &origin("event"), at).await.expect("the registry answers");
    }
    let history = registry.history(id).await.unwrap();
    let count = |verdict| history.audit.iter().filter(|entry| entry.verdict == verdict).count();
    assert_eq!((count(Verdict::Accepted), count(Verdict::Duplicate)), (1, 4));
}

/// A line that was written, and whose answer was lost, stays when the same
/// decision is taken anew in the same moment: it knows of the change.
#[tokio::test]
async fn a_written_line_is_not_replaced_by_its_repetition() {
    let registry = registry().await;
    let id = TenantId::derive("acme");
    registry.apply(id, &onboarding("acme"), &origin("onboard"), noon()).await.unwrap();
    let resume = Input::Resume(request("resume"));
    for _ in 0..2 {
        registry.apply(id, &resume, &origin("resume"), noon()).await.unwrap();
    }
    let lines = registry.history(id).await.unwrap().audit;
    let versions: Vec<_> = lines.iter().map(|line| line.tenant_version).collect();
    assert_eq!((versions, registry.tenant(id).await.unwrap().unwrap().version), (vec![Some(1), Some(2)], 2));
}

/// Two names at once, thirty times over: exactly one tenant gets the name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_name_goes_to_one_tenant() {
    let registry = registry().await;
    let mut all = JoinSet::new();
    for n in 0..30 {
        let registry = registry.clone();
        all.spawn(async move {
            let seed = format!("claimant {n}");
            let mut onboard = onboard(&seed);
            onboard.tenant_name = " ACME ".parse().unwrap();
            let id = onboard.tenant_id;
            let input = Input::Onboard(Box::new(onboard));
            registry.apply(id, &input, &origin(&seed), noon()).await
        });
    }
    let mut holders = 0;
    while let Some(applied) = all.join_next().await {
        match applied.unwrap().expect("the registry answers").decision {
            Decision::Change(_) => holders += 1,
            Decision::Refused(note) => assert_eq!(note.code, Code::NameTaken),
            other => panic!("{other}"),
        }
    }
    assert_eq!(holders, 1);
}

/// The beginning of an operation and an offboarding at once: both happen, in
/// one order or the other, and neither overwrites the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beginning_and_an_offboarding_at_once_both_count() {
    let registry = registry().await;
    for n in 0..10 {
        let name = format!("tenant {n}");
        let id = TenantId::derive(&name);
        registry.apply(id, &onboarding(&name), &origin(&name), noon()).await.unwrap();
        let tenant = registry.tenant(id).await.unwrap().unwrap();
        let (begin, leave) = (begin(&tenant), offboarding("leave"));
        let (from, from_leave) = (origin("begin"), origin("leave"));
        let (begun, left) = tokio::join!(
            registry.apply(id, &begin, &from, noon()),
            registry.apply(id, &leave, &from_leave, noon()),
        );
        assert!(matches!(left.unwrap().decision, Decision::Change(_)));
        let after = registry.tenant(id).await.unwrap().unwrap();
        assert_eq!(after.generation, 2);
        let started = matches!(begun.unwrap().decision, Decision::Change(_));
        assert_eq!(after.operation.is_some(), started);
        // Nothing was built of a tenant that only waited: it is gone at once.
        assert_eq!(after.status, if started { Status::Provisioning } else { Status::Deprovisioned });
        assert_eq!(after.version, if started { 3 } else { 2 });
    }
}
