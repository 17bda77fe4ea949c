//! The registry's records among themselves.

use super::{Picture, Stage};
use std::collections::{BTreeMap, BTreeSet};
use tenantry_registry::lifecycle::{Step, next_step};
use tenantry_registry::tenant::{DesiredState, OpenOperation, OperationKind, OperationState, Status, Tenant};

pub(super) fn check(picture: &Picture, wrong: &mut Vec<String>) {
    for tenant in &picture.tenants {
        operations(picture, tenant, wrong);
        versions(picture, tenant, wrong);
        deadline(picture, tenant, wrong);
        if picture.stage == Stage::Over {
            settled(tenant, wrong);
        }
    }
    counts(picture, wrong);
    claims(picture, wrong);
}

/// The open operation is the only one that runs, and the status is its.
fn operations(picture: &Picture, tenant: &Tenant, wrong: &mut Vec<String>) {
    let id = tenant.tenant_id;
    let own = || picture.operations.iter().filter(|(whose, _)| *whose == id).map(|(_, operation)| operation);
    let open = tenant.operation.as_ref().map(|open| open.id);
    let running: Vec<_> =
        own().filter(|one| one.state == OperationState::Running).map(|one| one.id).collect();
    if running != Vec::from_iter(open) {
        let open = open.map_or_else(|| "none".to_owned(), |open| open.to_string());
        let running: Vec<_> = running.iter().map(ToString::to_string).collect();
        wrong.push(format!("{id}: the open operation is {open}, and [{}] run", running.join(", ")));
    }
    if let Some(last) = &tenant.last_operation
        && !own().any(|one| one.id == last.id && one.state == last.state && one.ended_at.is_some())
    {
        wrong.push(format!("{id}: its last operation {} is not among the ended ones", last.id));
    }
    if !fits(tenant.status, tenant.operation.as_ref()) {
        let kind =
            tenant.operation.as_ref().map_or_else(|| "no operation".to_owned(), |o| o.kind.to_string());
        wrong.push(format!("{id}: it is {} with {kind} open", tenant.status));
    }
}

fn fits(status: Status, open: Option<&OpenOperation>) -> bool {
    match open.map(|open| open.kind) {
        None => !matches!(status, Status::Provisioning | Status::Updating | Status::Deprovisioning),
        Some(OperationKind::Provision) => status == Status::Provisioning,
        Some(OperationKind::CleanUp) => status == Status::ProvisionFailed,
        Some(OperationKind::Update | OperationKind::Suspend | OperationKind::Resume) => {
            status == Status::Updating
        }
        Some(OperationKind::Deprovision) => status == Status::Deprovisioning,
    }
}

/// Each version has its one line in the history: of what was accepted, and of
/// what was only remembered.
fn versions(picture: &Picture, tenant: &Tenant, wrong: &mut Vec<String>) {
    let id = tenant.tenant_id;
    let own = picture.history.iter().filter(|line| line.entry.tenant_id == id);
    let mut told: Vec<u64> = own.filter_map(|line| line.entry.tenant_version).collect();
    told.sort_unstable();
    if !told.iter().copied().eq(1..=tenant.version) {
        wrong.push(format!("{id}: version {} has the history {told:?}", tenant.version));
    }
}

fn deadline(picture: &Picture, tenant: &Tenant, wrong: &mut Vec<String>) {
    let (Some(open), Some(sweep)) = (&tenant.operation, picture.sweep) else { return };
    if picture.now > open.deadline + sweep {
        let late = picture.now - open.deadline;
        wrong.push(format!("{}: operation {} is {late} past its deadline", tenant.tenant_id, open.id));
    }
}

/// As wished, or explained.
fn settled(tenant: &Tenant, wrong: &mut Vec<String>) {
    let id = tenant.tenant_id;
    if tenant.operation.is_some() || next_step(tenant) != Step::Rest {
        wrong.push(format!("{id}: all is over, and it still needs {:?}", next_step(tenant)));
    }
    let as_wished = matches!(
        (tenant.desired, tenant.status),
        (DesiredState::Active, Status::Active)
            | (DesiredState::Suspended, Status::Suspended)
            | (DesiredState::Deprovisioned, Status::Deprovisioned)
    );
    if as_wished && tenant.status != Status::Deprovisioned && !tenant.is_up_to_date() {
        let (revision, deployed) = (tenant.revision, tenant.deployed.revision);
        wrong.push(format!("{id}: its revision is {revision}, and {deployed} is deployed"));
    }
    let explained = tenant.status.is_failed() && tenant.failure.is_some();
    if !as_wished && !explained {
        wrong.push(format!(
            "{id}: it should be {:?}, is {}, and nothing says why",
            tenant.desired, tenant.status
        ));
    }
}

/// What is counted as under way is what is open.
fn counts(picture: &Picture, wrong: &mut Vec<String>) {
    let mut open: BTreeMap<Option<String>, u32> = BTreeMap::new();
    let ours = |tenant: &&Tenant| tenant.operation.is_some() && tenant.plan.takes_capacity();
    for tenant in picture.tenants.iter().filter(ours) {
        *open.entry(None).or_default() += 1;
        *open.entry(Some(tenant.tier.to_string())).or_default() += 1;
    }
    let places: BTreeSet<_> = open.keys().chain(picture.counts.keys()).collect();
    for place in places {
        let count = |counts: &BTreeMap<_, u32>| counts.get(place).copied().unwrap_or_default();
        let (is, counted) = (count(&open), count(&picture.counts));
        if is != counted {
            let of = place.as_deref().unwrap_or("all tiers");
            wrong.push(format!("{counted} operations are counted as under way of {of}, and {is} are open"));
        }
    }
}

/// No two live tenants share a name; no two tenants share a registration.
fn claims(picture: &Picture, wrong: &mut Vec<String>) {
    let mut taken = BTreeMap::new();
    for tenant in &picture.tenants {
        let id = tenant.tenant_id;
        let name =
            (tenant.status != Status::Deprovisioned).then(|| format!("name {}", tenant.tenant_name.key()));
        let registration = format!("registration {}", tenant.tenant_registration_id);
        for claim in name.into_iter().chain([registration]) {
            if let Some(other) = taken.insert(claim.clone(), id) {
                wrong.push(format!("{id} and {other} share the {claim}"));
            }
        }
    }
}
