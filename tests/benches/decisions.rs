//! How many instructions the parts cost through which every event goes, by
//! Valgrind: the same count on every run, whatever else the machine does.
//! `.ci/bench` runs it, and compares with what was measured before.

// What the macros make is not documented.
#![allow(clippy::panic, clippy::unwrap_used, missing_docs)]

use gungraun::prelude::*;
use serde_json::{Value, json};
use std::hint::black_box;
use tenantry_events::details::OnboardingRequest;
use tenantry_events::envelope::Delivered;
use tenantry_events::name::EventName;
use tenantry_events::receive::{Received, receive};
use tenantry_events::sources::Sources;
use tenantry_registry::lifecycle::{Change, Decision, Input, decide};
use tenantry_registry::notices::{Notice, of_change};
use tenantry_registry::store::{Item, tenant_item};
use tenantry_registry::tenant::Tenant;
use tenantry_tests::builders::{begin, changed, ending, noon, offboarding, onboarding, success};
use tenantry_tests::events::event;

/// An onboardingRequest, with as many attributes as are allowed.
fn delivered(attributes: usize) -> Delivered {
    let mut detail = json!({ "tenantName": "Acme", "email": "admin@acme.example", "tier": "platinum" });
    for number in 0..attributes {
        detail[format!("attribute{number}")] = Value::from("x".repeat(100));
    }
    serde_json::from_value(event(EventName::OnboardingRequest, "bench", &detail)).unwrap()
}

fn running() -> Tenant {
    let pending = changed(None, &onboarding("acme"));
    changed(Some(&pending), &begin(&pending))
}

fn succeeded() -> (Tenant, Box<Change>) {
    let before = running();
    let Decision::Change(change) = decide(Some(&before), &ending(&before, success()), noon()) else {
        panic!("it changes the tenant")
    };
    (before, change)
}

#[library_benchmark]
#[bench::plain(delivered(0))]
#[bench::all_attributes(delivered(50))]
fn an_event_is_read(envelope: Delivered) -> Received<OnboardingRequest> {
    black_box(receive(&envelope, &Sources::default()).unwrap())
}

#[library_benchmark]
#[bench::a_new_tenant((None, onboarding("acme")))]
#[bench::the_same_again((Some(running()), onboarding("acme")))]
#[bench::an_offboarding((Some(running()), offboarding("leave")))]
#[bench::an_outcome((Some(running()), ending(&running(), success())))]
fn a_request_is_decided((tenant, input): (Option<Tenant>, Input)) -> Decision {
    black_box(decide(tenant.as_ref(), &input, noon()))
}

#[library_benchmark]
#[bench::of_an_outcome(succeeded())]
fn its_events_are_made((before, change): (Tenant, Box<Change>)) -> Vec<Notice> {
    black_box(of_change(Some(&before), &change).unwrap())
}

#[library_benchmark]
#[bench::after_an_outcome(succeeded().1.tenant)]
fn a_tenant_is_written(tenant: Tenant) -> Item {
    black_box(tenant_item(&tenant).unwrap())
}

library_benchmark_group!(
    name = decisions,
    benchmarks = [an_event_is_read, a_request_is_decided, its_events_are_made, a_tenant_is_written]
);
main!(library_benchmark_groups = decisions);
