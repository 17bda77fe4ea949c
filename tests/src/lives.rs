//! Tenants that have come to any point of their lives.

mod in_world;

pub use in_world::{Lived, live, lived, onboarding_request, readdressed, take};

use crate::builders::{
    begin, cancel, change_data, deferred, ending, failure, invited, noon, offboarding, onboard, platinum,
    request, success, unclean,
};
use chrono::{DateTime, TimeDelta, Utc};
use tenantry_events::text::RegistrationId;
use tenantry_registry::lifecycle::{Input, decide};
use tenantry_registry::tenant::Tenant;
use tenantry_registry::tier::Tier;

/// What no log may show, wherever it comes from: it is in every request here,
/// as is an address.
pub const SECRET: &str = "canary-4f1d";

/// Something that happens to a tenant.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Its onboarding is accepted.
    Onboard,
    /// The operation that it needs begins.
    Begin,
    /// Its operation succeeds.
    Succeed,
    /// Its provisioning succeeds, and its administrator is invited.
    Invite,
    /// Its operation fails.
    Fail,
    /// Its operation fails without cleaning up.
    Crash,
    /// There is no room for its operation.
    Defer,
    /// Another address of its administrator is accepted.
    Change,
    /// Its suspension is accepted.
    Suspend,
    /// Its resumption is accepted.
    Resume,
    /// Another try is accepted.
    Retry,
    /// A cancellation is accepted.
    Cancel,
    /// Its offboarding is accepted.
    Offboard,
}

/// Up to its acceptance.
pub const PENDING: &[Step] = &[Step::Onboard];
/// Up to its provisioning.
pub const PROVISIONING: &[Step] = &[Step::Onboard, Step::Begin];
/// Up to its offboarding while it is provisioned.
pub const UNWANTED: &[Step] = &[Step::Onboard, Step::Begin, Step::Offboard];
/// Up to its use.
pub const ACTIVE: &[Step] = &[Step::Onboard, Step::Begin, Step::Succeed];
/// Up to its suspension.
pub const SUSPENDING: &[Step] = &[Step::Onboard, Step::Begin, Step::Succeed, Step::Suspend, Step::Begin];
/// Up to the deployment of another address of its administrator.
pub const UPDATING: &[Step] = &[Step::Onboard, Step::Begin, Step::Succeed, Step::Change, Step::Begin];
/// Up to its deprovisioning.
pub const DEPROVISIONING: &[Step] = &[Step::Onboard, Step::Begin, Step::Succeed, Step::Offboard, Step::Begin];
/// Up to its end.
pub const GONE: &[Step] =
    &[Step::Onboard, Step::Begin, Step::Succeed, Step::Offboard, Step::Begin, Step::Succeed];

/// The tenant called `name`, after `steps`, in nobody's registry.
#[must_use]
pub fn imagined(name: &str, steps: &[Step]) -> Tenant {
    let mut tenant: Option<Tenant> = None;
    for (place, step) in steps.iter().enumerate() {
        let input = input(name, &platinum(), (*step, place), tenant.clone(), begin);
        let decision = decide(tenant.as_ref(), &input, at(place));
        tenant = decision.change().map(|change| change.tenant.clone()).or(tenant);
    }
    tenant.expect("a step")
}

/// What happens to the tenant with the step.
fn input(
    name: &str,
    tier: &Tier,
    (step, place): (Step, usize),
    known: Option<Tenant>,
    begin: impl Fn(&Tenant) -> Input,
) -> Input {
    let known = || known.clone().expect("the tenant is there");
    match step {
        Step::Onboard => {
            let request = onboard(name);
            Input::Onboard(Box::new(tenantry_registry::lifecycle::Onboard {
                tier_name: tier.name.clone(),
                tier: Some(tier.clone()),
                ..request
            }))
        }
        Step::Begin => begin(&known()),
        Step::Succeed => ending(&known(), success()),
        Step::Invite => ending(&known(), invited()),
        Step::Fail => ending(&known(), failure()),
        Step::Crash => ending(&known(), unclean()),
        Step::Defer => ending(&known(), deferred()),
        Step::Change => change_data(&format!("{name} changes, step {place}"), None),
        Step::Suspend => Input::Suspend(request(&format!("{name} closes, step {place}"))),
        Step::Resume => Input::Resume(request(&format!("{name} opens, step {place}"))),
        Step::Retry => Input::Retry(request(&format!("{name} tries again, step {place}"))),
        Step::Cancel => cancel(&format!("{name} stops, step {place}")),
        Step::Offboard => offboarding(&format!("{name} leaves, step {place}")),
    }
}

/// The moment of the `n`-th thing that happens.
pub fn at(n: usize) -> DateTime<Utc> {
    noon() + TimeDelta::seconds(n.try_into().unwrap())
}

/// The registration of the tenant called `name`.
pub fn registration(name: &str) -> RegistrationId {
    onboard(name).tenant_registration_id
}
