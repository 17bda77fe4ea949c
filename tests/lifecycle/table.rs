//! Every situation × every input: one table, which is also the documentation.

use std::fmt::Write;
use tenantry_events::ids::OperationId;
use tenantry_registry::lifecycle::{Begin, Decision, Input, Step, decide, decide_and_begin, next_step};
use tenantry_registry::tenant::{Status, Tenant};
use tenantry_tests::builders::{begin, inputs, noon, situations};
use tenantry_tests::workspace::assert_generated;

/// The documentation's table is what the function does.
#[test]
fn the_documented_table_is_the_function() {
    assert_generated("registry/LIFECYCLE.md", &document());
}

/// No situation is missing: every status is among them.
#[test]
fn every_status_is_in_the_table() {
    for status in Status::ALL {
        let found =
            situations().iter().any(|(_, tenant)| tenant.as_ref().is_some_and(|t| t.status == status));
        assert!(found, "{status}");
    }
}

/// What is decided never depends on anything but its arguments, and a change
/// raises the version by exactly one.
#[test]
fn every_change_raises_the_version_by_one() {
    for (_, tenant) in situations() {
        for (name, input) in inputs(tenant.as_ref()) {
            let decision = decide(tenant.as_ref(), &input, noon());
            assert_eq!(decision, decide(tenant.as_ref(), &input, noon()), "{name}");
            if let Some(change) = decision.change() {
                assert_eq!(change.tenant.version, tenant.as_ref().map_or(0, |t| t.version) + 1, "{name}");
            }
        }
    }
}

/// An operation that begins with a request is the one that would have begun right
/// after it, with one version less: nothing else differs, in any situation.
#[test]
fn to_begin_at_once_is_to_begin_next() {
    let mut begun = 0;
    for (situation, tenant) in situations() {
        for (name, input) in inputs(tenant.as_ref()) {
            let Decision::Change(asked) = decide(tenant.as_ref(), &input, noon()) else { continue };
            if matches!(input, Input::Begin(_) | Input::Outcome(_)) {
                continue;
            }
            let Step::Begin { .. } = next_step(&asked.tenant) else { continue };
            let Input::Begin(begin) = begin(&asked.tenant) else { unreachable!() };
            let at_once = decide_and_begin(tenant.as_ref(), &input, Some(&begin), noon());
            let Decision::Change(at_once) = at_once else { panic!("{situation}: {name}: {at_once}") };
            let next = decide(Some(&asked.tenant), &Input::Begin(begin.clone()), noon());
            let Decision::Change(next) = next else { panic!("{situation}: {name}: {next}") };
            let tenant = Tenant { version: asked.tenant.version, ..next.tenant };
            assert_eq!(at_once.tenant, tenant, "{situation}: {name}");
            assert_eq!((&at_once.operation, at_once.capacity), (&next.operation, next.capacity));
            assert_eq!((&at_once.answers, at_once.claims), (&asked.answers, asked.claims));
            assert_eq!((at_once.hand_over, next.answers.len()), (next.hand_over, 0));
            begun += 1;
            // What is not what the tenant needs does not begin, and changes nothing else.
            let id = OperationId { attempt: begin.id.attempt + 1, ..begin.id };
            let other = Begin { id, ..begin };
            let alone = decide_and_begin(Some(&asked.tenant), &input, Some(&other), noon());
            assert_eq!(alone, decide(Some(&asked.tenant), &input, noon()), "{situation}: {name}");
        }
    }
    assert!(begun > 20, "{begun}");
}

/// A tombstone stays one, whatever comes.
#[test]
fn nothing_brings_a_deprovisioned_tenant_back() {
    let (_, gone) = situations().pop().unwrap();
    for (name, input) in inputs(gone.as_ref()) {
        let decision = decide(gone.as_ref(), &input, noon());
        assert!(decision.change().is_none(), "{name}");
    }
}

fn document() -> String {
    let mut page = String::from(
        "# The lifecycle of a tenant\n\n\
         Generated from `lifecycle::decide` and `lifecycle::next_step` by `tests/lifecycle/table.rs`; \
         run the tests with `TENANTRY_BLESS=1` to renew it.\n\n\
         ```\n\
         Pending ──▶ Provisioning ──▶ Active ──▶ Deprovisioning ──▶ Deprovisioned\n\
         \x20                  │            ▲              │  ▲\n\
         \x20                  ▼            │              ▼  │ (a new request)\n\
         \x20          ProvisionFailed ────┼──────▶ DeprovisionFailed\n\
         \x20                              offboarding\n\
         \n\
         Active ◀──▶ Updating ◀──▶ Suspended      suspend, resume and update; a failure is UpdateFailed\n\
         ```\n\n\
         A request changes what the tenant *should be*; the next step brings what it *is* there. \
         A status that ends in `Failed` waits for a person. \
         A request to suspend, resume, retry or cancel that was made before the last accepted one \
         changes nothing, however late or often it arrives; nor does one to suspend or resume that was \
         made before the last one of its opposite, even if that found nothing to change: \
         that is what is remembered. An offboarding is final.\n",
    );
    for (situation, tenant) in situations() {
        let next = tenant
            .as_ref()
            .map_or_else(|| "nothing".to_owned(), |tenant| step(&format!("{:?}", next_step(tenant))));
        writeln!(page, "\n## {situation}\n\nNext step: {next}.\n").unwrap();
        writeln!(page, "| when | then |\n|---|---|").unwrap();
        for (name, input) in inputs(tenant.as_ref()) {
            let then = match decide(tenant.as_ref(), &input, noon()) {
                Decision::Change(change) => format!("**{}**: {}", change.tenant.status, change.summary),
                other => other.to_string(),
            };
            writeln!(page, "| {name} | {then} |").unwrap();
        }
    }
    page
}

/// The step's name and kind, without what belongs to the example.
fn step(debug: &str) -> String {
    let kind = ["Deprovision", "Provision", "CleanUp", "Update", "Suspend", "Resume"]
        .into_iter()
        .find(|kind| debug.contains(&format!("kind: {kind}")));
    let name = debug.split([' ', '(']).next().unwrap_or_default().to_lowercase();
    match (name.as_str(), kind) {
        ("rest", _) => "none".to_owned(),
        (_, Some(kind)) => format!("{name} {}", kind.to_lowercase()),
        _ => name,
    }
}
