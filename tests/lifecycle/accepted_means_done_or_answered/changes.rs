//! Changes of what is known of a tenant: of each field the youngest request
//! counts, whatever the order of arrival.

use chrono::TimeDelta;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tenantry_registry::lifecycle::{ChangeData, Code, Decision, Input, decide};
use tenantry_registry::tenant::{REMEMBERED, Request, Tenant};
use tenantry_tests::builders::{noon, request};
use tenantry_tests::lives::{ACTIVE, imagined};

/// What a request asks for: an address, and the values of some attributes; a
/// value of 0 removes one.
#[derive(Clone, Debug)]
struct Ask {
    email: Option<u8>,
    attributes: BTreeMap<u8, u8>,
}

fn ask() -> impl Strategy<Value = Ask> {
    let attributes = prop::collection::btree_map(0..4_u8, 0..3_u8, 0..4);
    (prop::option::of(0..3_u8), attributes).prop_map(|(email, attributes)| Ask { email, attributes })
}

fn change(ask: &Ask, minute: usize) -> ChangeData {
    let at = noon() + TimeDelta::minutes(minute.try_into().unwrap());
    let value = |value: u8| if value == 0 { Value::Null } else { json!(value) };
    ChangeData {
        request: Request { at, ..request(&format!("change at {minute}")) },
        email: ask.email.map(|n| format!("a{n}@acme.example").parse().unwrap()),
        attributes: ask.attributes.iter().map(|(name, it)| (format!("f{name}"), value(*it))).collect(),
        expected_version: None,
    }
}

fn active() -> Tenant {
    imagined("acme", ACTIVE)
}

fn arrives(tenant: &Tenant, change: &ChangeData) -> (Tenant, Decision) {
    let decision = decide(Some(tenant), &Input::ChangeData(Box::new(change.clone())), noon());
    let after = decision.change().map_or_else(|| tenant.clone(), |change| change.tenant.clone());
    (after, decision)
}

/// What is known of it.
fn known(tenant: &Tenant) -> (String, Map<String, Value>) {
    (tenant.email.as_str().to_owned(), tenant.attributes.clone())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// In every order of arrival, each any number of times: the fields are as if
    /// the requests had come in the order in which they were made; one that
    /// changed nothing of a field is told so.
    #[test]
    fn each_field_is_as_its_youngest_request_says(
        asks in vec(ask(), 1..6),
        order in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let changes: Vec<_> = asks.iter().enumerate().map(|(minute, ask)| change(ask, minute)).collect();
        let expected = changes.iter().fold(active(), |tenant, change| arrives(&tenant, change).0);
        let all = order.iter().map(|index| index.get(&changes)).chain(changes.iter().rev());
        let (mut tenant, mut seen) = (active(), Vec::new());
        for change in all {
            let (after, decision) = arrives(&tenant, change);
            let again = seen.contains(&change.request.event_id);
            if again {
                prop_assert_eq!(known(&after), known(&tenant), "{} came again", decision);
                prop_assert!(!matches!(decision, Decision::Change(_)), "{} came again", decision);
            }
            let wanted = change.attributes.len() + usize::from(change.email.is_some());
            match &decision {
                Decision::Change(change) => prop_assert!(change.overtaken.len() < wanted),
                Decision::Stale(note) => prop_assert_eq!(note.code, Code::Overtaken),
                Decision::Refused(note) => prop_assert!(false, "{}", note.reason),
                Decision::Duplicate(_) | Decision::Noted(..) => {}
            }
            seen.push(change.request.event_id);
            tenant = after;
        }
        prop_assert_eq!(known(&tenant), known(&expected));
    }
}

/// The one that lost a field and the one that lost all of them are told apart,
/// and both are told.
#[test]
fn a_loser_is_told() {
    let of = |names: &[u8]| Ask { email: None, attributes: names.iter().map(|name| (*name, 1)).collect() };
    let (tenant, _) = arrives(&active(), &change(&of(&[1]), 5));
    let (_, partly) = arrives(&tenant, &change(&of(&[1, 2]), 4));
    let Decision::Change(partly) = partly else { panic!("{partly}") };
    assert_eq!(partly.overtaken, ["attributes.f1"]);
    assert!(partly.summary.contains("a later change of one field"), "{}", partly.summary);
    let (_, wholly) = arrives(&tenant, &change(&of(&[1]), 4));
    assert!(matches!(&wholly, Decision::Stale(note) if note.code == Code::Overtaken), "{wholly}");
}

/// The memory is bounded, and what it has forgotten is not taken for new: a
/// request that may have been overtaken does not count.
#[test]
fn what_is_forgotten_is_not_taken_for_new() {
    let one = |name: String, minute: usize, value: Value| {
        let ask = Ask { email: None, attributes: BTreeMap::new() };
        ChangeData { attributes: Map::from_iter([(name, value)]), ..change(&ask, minute) }
    };
    let mut tenant = active();
    for n in 0..2 * REMEMBERED {
        let name = format!("name{n}");
        tenant = arrives(&tenant, &one(name.clone(), 10 + 2 * n, json!(1))).0;
        tenant = arrives(&tenant, &one(name, 11 + 2 * n, Value::Null)).0;
    }
    let bytes = serde_json::to_vec(&tenant.changes).unwrap().len();
    assert!(bytes < REMEMBERED * 300, "{bytes}");
    let (_, late) = arrives(&tenant, &one("name0".to_owned(), 9, json!(2)));
    assert!(matches!(late, Decision::Stale(_)), "{late}");
    let (_, young) = arrives(&tenant, &one("name0".to_owned(), 9_000, json!(2)));
    assert!(matches!(young, Decision::Change(_)), "{young}");
}
