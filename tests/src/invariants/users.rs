//! The tenants' administrators, against the records.

use super::Picture;
use std::collections::BTreeSet;
use tenantry_registry::lifecycle::{Step, next_step};
use tenantry_registry::tenant::Status;

/// A tenant that is what it should be has one administrator, with its present
/// address, and nobody whom it had before.
pub(super) fn check(picture: &Picture, wrong: &mut Vec<String>) {
    let Some(users) = &picture.users else { return };
    for tenant in &picture.tenants {
        let open = matches!(tenant.status, Status::Active | Status::Suspended);
        if !open || !tenant.plan.is_ours() || next_step(tenant) != Step::Rest || !tenant.is_up_to_date() {
            continue;
        }
        let none = BTreeSet::new();
        let there = users.get(&tenant.tenant_id).unwrap_or(&none);
        if *there != [tenant.email.to_string()].into() {
            wrong.push(format!("{}: its administrators are {there:?}", tenant.tenant_id));
        }
    }
}
