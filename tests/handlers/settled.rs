//! When a tenant needs nothing more by itself: one rule, for whoever waits for it.

use tenantry_operations::record::Record;
use tenantry_operations::view;
use tenantry_registry::lifecycle::{Step, next_step};
use tenantry_tests::builders::situations;

/// What people wait for is what the reconciler would do nothing about, in every
/// situation that a tenant can be in; both kinds of situation occur.
#[test]
fn a_tenant_is_settled_when_nothing_runs_or_follows() {
    let mut seen = [false; 2];
    for (name, tenant) in situations() {
        let Some(tenant) = tenant else { continue };
        let record = Record::read(view::tenant(&tenant, tenant.due.map(|_| 1))).expect(name);
        let rests = tenant.operation.is_none() && next_step(&tenant) == Step::Rest;
        assert_eq!(record.is_settled(), rests, "{name}");
        assert_eq!(record.queue_position().is_some(), tenant.due.is_some(), "{name}");
        seen[usize::from(rests)] = true;
    }
    assert_eq!(seen, [true; 2]);
}
