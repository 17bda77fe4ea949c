//! What the publisher sends, held to the contract: every change that the
//! lifecycle knows, and every line of history.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use tenantry_events::catalogue::kind;
use tenantry_events::delivery::Entry;
use tenantry_events::ids::TenantId;
use tenantry_events::metadata::PRODUCER;
use tenantry_events::name::{Direction, EventName};
use tenantry_events::sources::Sources;
use tenantry_registry::audit::{AuditEntry, Verdict};
use tenantry_registry::lifecycle::{Change, Decision, OutcomeResult, decide};
use tenantry_registry::notices::{self, Notice};
use tenantry_registry::plan::Plan;
use tenantry_registry::tenant::Tenant;
use tenantry_tests::builders::{ending, inputs, invited, noon, origin, situations, success};
use tenantry_tests::schemas;

/// Every change that an input makes to a tenant in any situation, with what
/// it is; of our own provisioner's tenants and of a foreign one's.
fn changes() -> Vec<(String, Vec<Notice>)> {
    let mut changes = Vec::new();
    for plan in [Plan::Silo, Plan::ExternalSilo] {
        let provisioned = |tenant: Tenant| Tenant { plan, ..tenant };
        for (situation, before) in situations() {
            let before = before.map(provisioned);
            for (input, what) in inputs(before.as_ref()) {
                if let Some(change) = decide(before.as_ref(), &what, noon()).change() {
                    let by = if !plan.is_ours() { ", external plan" } else { "" };
                    let name = format!("{situation}{by}: {input}");
                    let change = Change { tenant: provisioned(change.tenant.clone()), ..change.clone() };
                    changes.push((name, notices::of_change(before.as_ref(), &change).expect("notices")));
                }
            }
        }
    }
    changes.extend(administrator());
    changes
}

/// The administrator comes with the tenant's resources and goes with them.
fn administrator() -> [(String, Vec<Notice>); 2] {
    let of = |name: &str, before: &Tenant, result: OutcomeResult| {
        let Decision::Change(change) = decide(Some(before), &ending(before, result), noon()) else {
            panic!("{name} changes nothing")
        };
        (name.to_owned(), notices::of_change(Some(before), &change).expect("notices"))
    };
    let mut tenants: BTreeMap<_, _> = situations().into_iter().collect();
    let mut situation = |name: &str| tenants.remove(name).flatten().expect("a tenant");
    let outputs = [(notices::ADMINISTRATOR.to_owned(), "somebody".to_owned())].into();
    let leaving = Tenant { outputs, ..situation("Deprovisioning") };
    [
        of(
            "Provisioning: its operation succeeds, with an administrator",
            &situation("Provisioning"),
            invited(),
        ),
        of("Deprovisioning: its operation succeeds, with an administrator", &leaving, success()),
    ]
}

fn line(action: EventName, verdict: Verdict, registration: Option<&str>) -> Vec<Notice> {
    let mut origin = origin("onboard acme");
    action.as_str().clone_into(&mut origin.action);
    let entry = AuditEntry {
        tenant_id: TenantId::derive("acme"),
        at: noon(),
        origin,
        verdict,
        code: Some("NameTaken".to_owned()),
        reason: "`tenantName` must differ from every live tenant's".to_owned(),
        tenant_registration_id: registration.map(str::to_owned),
        tenant_version: None,
    };
    notices::of_refusal(&entry).expect("notices")
}

fn entries(change: &[Notice], sources: &Sources) -> Vec<Entry> {
    change.iter().cloned().map(|notice| notice.entry(sources).expect("entries that can be sent")).collect()
}

fn detail(entry: &Entry) -> Value {
    serde_json::from_str(&entry.detail).expect("a JSON detail")
}

fn name(entry: &Entry) -> EventName {
    entry.detail_type.parse().expect("an event of the catalogue")
}

/// Everything that the publisher ever sends.
pub(crate) fn sent() -> Vec<(String, EventName, Value)> {
    let requests = [
        EventName::OnboardingRequest,
        EventName::ActivateRequest,
        EventName::DeactivateRequest,
        EventName::RetryRequest,
        EventName::CancelRequest,
    ];
    let refused = requests.map(|name| ("refused".to_owned(), line(name, Verdict::Refused, Some("r"))));
    let of_change = |(what, change): (String, Vec<Notice>)| {
        entries(&change, &Sources::default())
            .into_iter()
            .map(move |entry| (what.clone(), name(&entry), detail(&entry)))
    };
    changes().into_iter().chain(refused).flat_map(of_change).collect()
}

/// Every detail is valid by its schema, and a reader with the type accepts it.
#[test]
fn what_is_sent_is_valid() {
    let mut names = BTreeSet::new();
    for (what, name, detail) in sent() {
        let errors = schemas::errors(name, &detail);
        assert!(errors.is_empty(), "{what}: {name}: {errors:?}");
        assert_eq!(kind(name).rewrite(&detail), Ok(detail), "{what}: {name}");
        names.insert(name);
    }
    let says = |name: &EventName| matches!(name.direction(), Direction::Outcome | Direction::Notice);
    let all: BTreeSet<EventName> = EventName::ALL.iter().copied().filter(says).collect();
    assert_eq!(names, all, "the changes show every event that the publisher has");
}

/// Every event says what it is, which schema it has, whence it comes and who
/// sent it; one of a tenant's change also which version it tells of.
#[test]
fn what_is_sent_has_its_metadata() {
    for (what, name, detail) in sent() {
        let metadata = &detail["metadata"];
        for field in ["eventId", "occurredAt", "correlationId", "causationId"] {
            assert!(metadata[field].is_string(), "{what}: {name} has no {field}");
        }
        assert_eq!(metadata["schemaVersion"], json!(kind(name).version), "{what}: {name}");
        assert_eq!(metadata["producer"], json!(PRODUCER), "{what}: {name}");
        assert_eq!(metadata["tenantVersion"].is_u64(), what != "refused", "{what}: {name}");
    }
}

/// Each event has the source of its plane, or the override of its name; its
/// identity is that of its metadata, and no two of a change share one.
#[test]
fn what_is_sent_has_the_right_source_and_identity() {
    let overrides = BTreeMap::from([("onboardingSuccess".to_owned(), "other".to_owned())]);
    let sources = Sources {
        control_plane: "cp".to_owned(),
        application_plane: "ap".to_owned(),
        overrides,
        ..Sources::default()
    };
    for (what, change) in changes() {
        let entries = entries(&change, &sources);
        for entry in &entries {
            let right = match name(entry) {
                EventName::OnboardingSuccess => "other",
                EventName::TenantStatusChanged
                | EventName::TenantChanged
                | EventName::TenantUserCreated
                | EventName::TenantUserDeleted => "cp",
                _ => "ap",
            };
            assert_eq!(entry.source, right, "{what}: {}", entry.detail_type);
            assert_eq!(detail(entry)["metadata"]["eventId"], json!(entry.event_id), "{what}");
        }
        let ids: BTreeSet<_> = entries.iter().map(|entry| entry.event_id).collect();
        assert_eq!(ids.len(), entries.len(), "{what}");
    }
}

/// A change that is read twice gives the same events, ids included.
#[test]
fn the_same_change_gives_the_same_events() {
    let sources = Sources::default();
    for (what, change) in changes() {
        assert_eq!(entries(&change, &sources), entries(&change.clone(), &sources), "{what}");
    }
}

/// Of the history, only a refused request is told, and only where there is
/// a registration to tell it of.
#[test]
fn of_the_history_only_a_refused_request_is_told() {
    let told = |verdict, registration| {
        entries(&line(EventName::OnboardingRequest, verdict, registration), &Sources::default())
    };
    assert_eq!(
        told(Verdict::Refused, Some("r")).iter().map(name).collect::<Vec<_>>(),
        [EventName::OnboardingFailure]
    );
    for request in [EventName::RetryRequest, EventName::CancelRequest] {
        let told = entries(&line(request, Verdict::Refused, Some("r")), &Sources::default());
        assert_eq!(told.iter().map(name).collect::<Vec<_>>(), [EventName::RequestRefused]);
        assert_eq!(detail(&told[0])["request"], json!(request.as_str()));
        assert_eq!(line(request, Verdict::Refused, None), []);
    }
    assert_eq!(told(Verdict::Refused, None), []);
    for verdict in [Verdict::Accepted, Verdict::Duplicate, Verdict::Stale] {
        assert_eq!(told(verdict, Some("r")), []);
    }
}

/// Which change is told by which events, in their order.
#[test]
fn which_change_is_told_by_which_events() {
    let mut told = String::new();
    for (what, change) in changes() {
        let names: Vec<String> =
            entries(&change, &Sources::default()).iter().map(|e| name(e).to_string()).collect();
        writeln!(
            told,
            "{what}\n    {}",
            if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
        )
        .unwrap();
    }
    insta::assert_snapshot!("told", told);
}
