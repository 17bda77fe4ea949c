//! A changed address of the administrator reaches the tenant's user pool: by an
//! operation of its own, in turn, and never for an address that is there already.

use chrono::TimeDelta;
use serde_json::{Map, json};
use tenantry_events::name::EventName;
use tenantry_registry::lifecycle::{ChangeData, Decision, Input, Step, decide, next_step};
use tenantry_registry::notices;
use tenantry_registry::plan::Plan;
use tenantry_registry::tenant::{OperationKind as Kind, Request, Status, Tenant};
use tenantry_tests::builders::{
    begin, cancel, change_data, changed, deferred, ending, failure, invited, noon, offboarding, request,
    success, updated,
};
use tenantry_tests::lives::{ACTIVE, PENDING, PROVISIONING, SUSPENDING, imagined};

fn takes(tenant: &Tenant, input: &Input) -> Tenant {
    changed(Some(tenant), input)
}

fn to(address: &str, minute: i64) -> Input {
    let at = noon() + TimeDelta::minutes(minute);
    Input::ChangeData(Box::new(ChangeData {
        request: Request { at, ..request(&format!("{address} at {minute}")) },
        email: Some(address.parse().unwrap()),
        attributes: Map::new(),
        expected_version: None,
    }))
}

/// The kind of operation that the tenant needs.
fn needs(tenant: &Tenant) -> Option<Kind> {
    match next_step(tenant) {
        Step::Begin { kind, .. } => Some(kind),
        Step::Run(_) | Step::Stop(_) | Step::Rest => None,
    }
}

fn events(before: &Tenant, input: &Input) -> Vec<EventName> {
    let Decision::Change(change) = decide(Some(before), input, noon()) else { panic!("a change") };
    notices::of_change(Some(before), &change).unwrap().into_iter().map(|notice| notice.name).collect()
}

/// Active or suspended, the tenant stays what it is, and the events say who came
/// and who went.
#[test]
fn an_address_that_changes_is_deployed() {
    let suspended = imagined("acme", SUSPENDING);
    let suspended = takes(&suspended, &ending(&suspended, success()));
    let active = imagined("acme", PROVISIONING);
    let active = takes(&active, &ending(&active, invited()));
    for before in [active, suspended] {
        let wanted = takes(&before, &to("new@acme.example", 1));
        assert_eq!((needs(&wanted), wanted.status), (Some(Kind::Update), before.status));
        let updating = takes(&wanted, &begin(&wanted));
        assert_eq!(updating.status, Status::Updating);
        let end = ending(&updating, updated(2));
        let told = events(&updating, &end);
        let after = takes(&updating, &end);
        assert_eq!((after.status, needs(&after), after.due), (before.status, None, None));
        assert_eq!(after.outputs["administrator"], "somebody-2");
        assert!(told.contains(&EventName::UpdateSuccess) && told.contains(&EventName::TenantUserCreated));
        let went = before.outputs.contains_key("administrator");
        assert_eq!(told.contains(&EventName::TenantUserDeleted), went);
    }
}

/// An attribute is known only, and the address that the tenant has needs nothing.
#[test]
fn nothing_is_deployed_for_what_is_there() {
    let active = imagined("acme", ACTIVE);
    let attribute = Input::ChangeData(Box::new(ChangeData {
        request: request("an attribute"),
        email: None,
        attributes: json!({ "plan": "large" }).as_object().unwrap().clone(),
        expected_version: None,
    }));
    assert_eq!(needs(&takes(&active, &attribute)), None);
    let same = decide(Some(&active), &to(active.email.as_str(), 1), noon());
    assert_eq!(needs(&same.change().expect("remembered").tenant), None, "{same}");
}

/// What changed while an operation ran follows it, unless it has read the new
/// address itself.
#[test]
fn a_change_during_an_operation_follows_it() {
    for (steps, read) in [(PROVISIONING, Some(1)), (PROVISIONING, Some(2)), (SUSPENDING, None)] {
        let running = imagined("acme", steps);
        let changed = takes(&running, &to("new@acme.example", 1));
        let end = match read {
            Some(revision) => updated(revision),
            None => success(),
        };
        let after = takes(&changed, &ending(&changed, end));
        let expected = (read != Some(2)).then_some(Kind::Update);
        assert_eq!((needs(&after), after.due.is_some()), (expected, expected.is_some()), "{steps:?}");
    }
    // A second change while the first is deployed.
    let active = imagined("acme", ACTIVE);
    let wanted = takes(&active, &to("new@acme.example", 1));
    let updating = takes(&wanted, &begin(&wanted));
    let again = takes(&updating, &to("newer@acme.example", 2));
    let after = takes(&again, &ending(&again, updated(2)));
    assert_eq!(needs(&after), Some(Kind::Update));
    assert_eq!(needs(&takes(&again, &ending(&again, updated(3)))), None);
}

/// A provisioning of which nobody knows whether it invited the administrator is
/// followed by an update that does.
#[test]
fn an_invitation_that_is_not_known_of_is_made_up_for() {
    let provisioning = imagined("acme", PROVISIONING);
    let after = takes(&provisioning, &ending(&provisioning, updated(0)));
    assert_eq!((after.status, needs(&after)), (Status::Active, Some(Kind::Update)));
    let updating = takes(&after, &begin(&after));
    let done = takes(&updating, &ending(&updating, updated(1)));
    assert_eq!((done.status, needs(&done)), (Status::Active, None));
}

/// Before anything was provisioned there is nobody to replace.
#[test]
fn before_its_provisioning_the_new_address_is_the_first() {
    let pending = takes(&imagined("acme", PENDING), &to("new@acme.example", 1));
    assert_eq!((needs(&pending), pending.due), (Some(Kind::Provision), imagined("acme", PENDING).due));
    let provisioning = takes(&pending, &begin(&pending));
    assert_eq!(needs(&takes(&provisioning, &ending(&provisioning, updated(2)))), None);
    // One whose provisioning failed waits for a retry, as before.
    let failed = imagined("acme", PROVISIONING);
    let failed = takes(&failed, &ending(&failed, failure()));
    assert_eq!(needs(&takes(&failed, &to("new@acme.example", 1))), None);
}

/// A failure is red, says so on the bus, and is retried on request, or by the
/// change that puts the address right; whether the tenant is open stays known.
#[test]
fn a_failed_update_can_be_put_right() {
    let active = imagined("acme", ACTIVE);
    let wanted = takes(&active, &to("no@acme.example", 1));
    let updating = takes(&wanted, &begin(&wanted));
    let end = ending(&updating, failure());
    assert!(events(&updating, &end).contains(&EventName::UpdateFailure));
    let failed = takes(&updating, &end);
    assert_eq!((failed.status, needs(&failed)), (Status::UpdateFailed, None));
    assert_eq!(needs(&takes(&failed, &Input::Retry(request("retry")))), Some(Kind::Update));
    assert_eq!(needs(&takes(&failed, &to("yes@acme.example", 2))), Some(Kind::Update));
    // To close it is more urgent.
    assert_eq!(needs(&takes(&failed, &Input::Suspend(request("suspend")))), Some(Kind::Suspend));
    // Where a suspension failed, nobody knows whether it is open: that comes first.
    let closing = imagined("acme", SUSPENDING);
    let unknown = takes(&closing, &ending(&closing, failure()));
    let changed = takes(&unknown, &to("new@acme.example", 1));
    assert_eq!(needs(&changed), None);
    let retried = takes(&changed, &Input::Retry(request("retry")));
    assert_eq!(needs(&retried), Some(Kind::Suspend));
    let closing = takes(&retried, &begin(&retried));
    assert_eq!(needs(&takes(&closing, &ending(&closing, success()))), Some(Kind::Update));
}

/// Cancelled before it began, or while it ran, it is not forgotten: the tenant
/// says that it lacks something, and a retry deploys it.
#[test]
fn a_cancelled_update_can_be_retried() {
    let active = imagined("acme", ACTIVE);
    let wanted = takes(&active, &to("new@acme.example", 1));
    let withdrawn = takes(&wanted, &cancel("stop"));
    let updating = takes(&wanted, &begin(&wanted));
    let stopping = takes(&updating, &cancel("stop"));
    assert!(matches!(next_step(&stopping), Step::Stop(_)));
    let result = tenantry_registry::lifecycle::OutcomeResult::Cancelled;
    let stopped = takes(&stopping, &ending(&stopping, result));
    for tenant in [withdrawn, stopped] {
        assert_eq!((tenant.status, needs(&tenant)), (Status::UpdateFailed, None));
        assert_eq!(tenant.failure.as_ref().map(|failure| failure.code.as_str()), Some("Cancelled"));
        assert_eq!(needs(&takes(&tenant, &Input::Retry(request("retry")))), Some(Kind::Update));
    }
}

/// Put off, it waits in its place; when the tenant leaves, it is stopped.
#[test]
fn an_update_waits_and_yields_as_others_do() {
    let active = imagined("acme", ACTIVE);
    let wanted = takes(&active, &change_data("change", None));
    let updating = takes(&wanted, &begin(&wanted));
    let put_off = takes(&updating, &ending(&updating, deferred()));
    assert_eq!((needs(&put_off), put_off.status), (Some(Kind::Update), Status::Active));
    assert_eq!(put_off.due.map(|due| due.since), wanted.due.map(|due| due.since));
    let leaving = takes(&updating, &offboarding("leave"));
    assert!(matches!(next_step(&leaving), Step::Stop(_)));
}

/// The users of an external plane's tenants are its own: it is told of the
/// change, and nothing is deployed.
#[test]
fn an_external_plane_has_its_own_users() {
    for plan in Plan::ALL.into_iter().filter(|plan| !plan.supports(Kind::Update)) {
        let tenant = Tenant { plan, ..imagined("acme", ACTIVE) };
        let change = to("new@acme.example", 1);
        let after = takes(&tenant, &change);
        assert_eq!((needs(&after), after.due), (None, None), "{plan}");
        assert_eq!(events(&tenant, &change), [EventName::TenantChanged]);
    }
}

/// A retry of an update is answered once, whether it succeeds or fails again; a
/// change that led to one has its event as well.
#[test]
fn a_retried_update_has_one_answer() {
    let active = imagined("acme", ACTIVE);
    let wanted = takes(&active, &to("no@acme.example", 1));
    let updating = takes(&wanted, &begin(&wanted));
    let failed = takes(&updating, &ending(&updating, failure()));
    let retried = takes(&failed, &Input::Retry(request("retry")));
    let again = takes(&retried, &begin(&retried));
    for (result, name) in [(failure(), EventName::UpdateFailure), (updated(2), EventName::UpdateSuccess)] {
        let end = ending(&again, result);
        let told = events(&again, &end).into_iter().filter(|told| *told == name).count();
        assert_eq!((told, takes(&again, &end).open_requests.len()), (1, 0), "{name}");
    }
}
