//! The names of the functions' errors: state machines, alarms and people know
//! them, so they never change.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use tenantry_events::delivery::{EntryError, Undelivered};
use tenantry_events::name::EventName;
use tenantry_handlers::application_events::ApplicationEventsError;
use tenantry_handlers::engine::EngineError;
use tenantry_handlers::execution_ended::ExecutionEndedError;
use tenantry_handlers::lifecycle::LifecycleError;
use tenantry_handlers::offboarding::OffboardingError;
use tenantry_handlers::onboarding::OnboardingError;
use tenantry_handlers::publisher::PublisherError;
use tenantry_handlers::reconciler::ReconcilerError;
use tenantry_handlers::record_outcome::{InvitationError, RecordOutcomeError};
use tenantry_handlers::shared::fault::{Fault, diagnose};
use tenantry_handlers::shared::intake::IntakeError;
use tenantry_handlers::sweeper::SweeperError;
use tenantry_handlers::tiers::TiersError;
use tenantry_operations::bus::BusError;
use tenantry_operations::call::CallError;
use tenantry_registry::plan::Plan;
use tenantry_registry::store::StoreError;
use tenantry_registry::tenant::OperationKind;
use tenantry_tests::workspace;

fn text() -> String {
    "why".to_owned()
}

fn store() -> Vec<StoreError> {
    let unreadable = serde_dynamo::from_item::<_, u8>(serde_dynamo::Item::default()).unwrap_err();
    vec![
        StoreError::Throttled(text()),
        StoreError::Unavailable(text()),
        StoreError::Rejected(text()),
        StoreError::Contended(8),
        StoreError::Item(unreadable),
        StoreError::Event(serde_json::from_str::<u8>("x").unwrap_err()),
        StoreError::PageToken,
    ]
}

fn execution() -> Vec<EngineError> {
    vec![
        EngineError::Throttled(text()),
        EngineError::Unavailable(text()),
        EngineError::Impossible(text()),
        EngineError::NoMachine { kind: OperationKind::Provision, plan: Plan::ExternalPool },
        EngineError::NotAMachine(text()),
        EngineError::Builds(text()),
    ]
}

/// Each error's name as Lambda reports it, and whether a repetition may help.
fn named<E: Fault>(errors: impl IntoIterator<Item = E>) -> Vec<(String, bool)> {
    let named = |error: E| (diagnose(&error).error_type, error.is_retryable());
    errors.into_iter().map(named).collect()
}

fn record_outcome() -> Vec<(String, bool)> {
    let own = [
        RecordOutcomeError::Superseded(text()),
        RecordOutcomeError::InvalidPayload(text()),
        InvitationError::Throttled(text()).into(),
        InvitationError::Unavailable(text()).into(),
        InvitationError::Refused(text()).into(),
    ];
    named(store().into_iter().map(RecordOutcomeError::from).chain(own))
}

fn intake() -> impl Iterator<Item = IntakeError> {
    store().into_iter().map(IntakeError::from)
}

/// Every error of every function, by name.
#[test]
fn the_names_of_errors_are_stable() {
    let entry = EntryError::TooLarge { name: EventName::ProvisionSuccess, bytes: 1 };
    let bus = [
        BusError::Call(CallError::Refused { what: text(), code: text(), message: text() }),
        BusError::Refused(Undelivered { entries: Vec::new() }),
    ];
    let functions = [
        ("onboarding", named(intake().map(OnboardingError::from))),
        (
            "offboarding",
            named(intake().map(OffboardingError::from).chain([OffboardingError::UnknownTenant(text())])),
        ),
        (
            "lifecycle",
            named(intake().map(LifecycleError::from).chain([LifecycleError::UnknownTenant(text())])),
        ),
        ("application-events", named(intake().map(ApplicationEventsError::from))),
        (
            "reconciler",
            named(
                store()
                    .into_iter()
                    .map(ReconcilerError::from)
                    .chain(execution().into_iter().map(ReconcilerError::from)),
            ),
        ),
        (
            "publisher",
            named(
                store()
                    .into_iter()
                    .map(PublisherError::from)
                    .chain([PublisherError::from(entry)])
                    .chain(bus.into_iter().map(PublisherError::from)),
            ),
        ),
        ("record-outcome", record_outcome()),
        ("execution-ended", named(store().into_iter().map(ExecutionEndedError::from))),
        ("tiers", named([TiersError::Unanswered(text())])),
        ("sweeper", named([SweeperError::Incomplete(1)])),
    ];
    let mut table = String::new();
    for (function, errors) in functions {
        for (name, is_retryable) in errors {
            let retryable = if is_retryable { "retryable" } else { "for good" };
            writeln!(table, "{function:<19}{name:<25}{retryable}").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

/// Every state machine repeats whatever a repetition may help, and takes what is
/// over as over.
#[test]
fn the_machines_repeat_what_a_repetition_may_help() {
    let errors = record_outcome();
    let named = |wanted: bool| -> BTreeSet<String> {
        errors.iter().filter(|(_, retryable)| *retryable == wanted).map(|(name, _)| name.clone()).collect()
    };
    let machines = ["provision-silo", "update-silo", "suspend-silo", "deprovision-silo"];
    for (machine, state) in machines
        .iter()
        .flat_map(|machine| [(machine, "Record"), (machine, "Defer"), (machine, "RecordFailure")])
    {
        let definition: Value =
            serde_json::from_str(&workspace::read(&format!("statemachines/{machine}.asl.json"))).unwrap();
        if machine == &"update-silo" && state == "Defer" {
            // It needs no build, and is never put off.
            assert!(definition["States"][state].is_null());
            continue;
        }
        let caught = |field: &str| -> BTreeSet<String> {
            let each = definition["States"][state][field].as_array().unwrap().iter();
            let each = each.flat_map(|one| one["ErrorEquals"].as_array().unwrap());
            each.map(|name| name.as_str().unwrap().to_owned()).collect()
        };
        let never = &definition["States"][state]["Retry"][0];
        assert_eq!(never["MaxAttempts"], 0, "{machine} {state}");
        let never: Vec<_> =
            never["ErrorEquals"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(never.iter().all(|name| named(false).contains(*name)), "{machine} {state}: {never:?}");
        assert!(caught("Retry").contains("States.ALL"), "{machine} {state}");
        assert!(caught("Catch").contains("Superseded"), "{machine} {state}");
    }
}
