//! The lifecycle of a tenant, as one pure function.
//!
//! [`decide`] takes the tenant as it is, an [`Input`] and the time, and says
//! what becomes of it; [`next_step`] says what an accepted tenant needs next.
//! Nothing else in Tenantry decides about a tenant. The table of all cases,
//! generated from these functions, is in `registry/LIFECYCLE.md`.

mod answers;
mod begin;
mod cancel;
mod change_data;
mod code;
mod next;
mod offboard;
mod onboard;
mod outcome;
mod registration;
mod reprovision;
mod retry;
mod suspend;

pub use answers::{Answer, served};
pub use begin::{Begin, Room};
pub use cancel::Cancel;
pub use change_data::ChangeData;
pub use code::Code;
pub use next::{Step, next_step};
pub use onboard::{Onboard, unknown_tier};
pub use outcome::{Fence, LEFT, Outcome, Result as OutcomeResult, UNSENT};
pub use registration::{REGISTRATION_STATUS, registration_status};

use crate::tenant::{DesiredState, Due, Operation, Request, Status, Tenant, Wish};
use chrono::{DateTime, Utc};

/// The step that the refusal of a request is attributed to.
pub const ADMISSION: &str = "admission";

/// Everything that can happen to a tenant.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A publisher wants the tenant onboarded.
    Onboard(Box<Onboard>),
    /// A publisher wants it offboarded.
    Offboard(Request),
    /// A publisher wants it closed to its users.
    Suspend(Request),
    /// A publisher wants it open to its users again.
    Resume(Request),
    /// A person wants what failed to be tried again.
    Retry(Request),
    /// A person wants a new stack for a tenant whose stack is gone, with its
    /// data.
    Reprovision(Request),
    /// A person wants what is under way, or waits, to be stopped.
    Cancel(Cancel),
    /// A publisher wants what is known of it changed.
    ChangeData(Box<ChangeData>),
    /// The reconciler begins the operation that [`next_step`] asked for.
    Begin(Begin),
    /// An operation ended.
    Outcome(Box<Outcome>),
}

/// What becomes of an input.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// The tenant changes.
    Change(Box<Change>),
    /// The tenant already is, or is about to be, what the input asks for.
    Duplicate(Note),
    /// A duplicate that must be remembered: an older request of another mind may
    /// still arrive, or this one again. The change is of nothing else.
    Noted(Box<Change>, Note),
    /// The input is about something that is over.
    Stale(Note),
    /// The input asks for what cannot be.
    Refused(Note),
}

impl Decision {
    /// The decision for a log: without reasons and names, which may be anybody's
    /// words. They stand in the tenant's history.
    #[must_use]
    pub fn outline(&self) -> String {
        match self {
            Self::Change(change) => {
                let what = change.summary.split_once(':').map_or(change.summary.as_str(), |(what, _)| what);
                format!("accepted: {what}")
            }
            Self::Duplicate(note) => format!("duplicate: {}", note.code),
            Self::Noted(_, note) => format!("duplicate, remembered: {}", note.code),
            Self::Stale(note) => format!("stale: {}", note.code),
            Self::Refused(note) => format!("refused: {}", note.code),
        }
    }

    /// What is to be written.
    #[must_use]
    pub fn change(&self) -> Option<&Change> {
        match self {
            Self::Change(change) | Self::Noted(change, _) => Some(change),
            Self::Duplicate(_) | Self::Stale(_) | Self::Refused(_) => None,
        }
    }
}

/// Why nothing changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Note {
    /// Why, for programs.
    pub code: Code,
    /// What happened, in a sentence that names the field where one is to blame.
    pub reason: String,
}

/// A change to be written, all of it or nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The tenant's next version.
    pub tenant: Tenant,
    /// The operation that begins or ends with it.
    pub operation: Option<Operation>,
    /// What requests come to with it.
    pub answers: Vec<Answer>,
    /// Fields that were to be changed, and are as a younger request wants them.
    pub overtaken: Vec<String>,
    /// Whether the request that the beginning operation serves is published for an
    /// external application plane.
    pub hand_over: bool,
    /// What it does to the claims on the tenant's name and registration.
    pub claims: Claims,
    /// What it does to the number of operations under way.
    pub capacity: Capacity,
    /// What happened, in a sentence, for the history.
    pub summary: String,
}

/// What a change does to the tenant's claims.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Claims {
    /// Nothing.
    Keep,
    /// Takes the name and the registration id.
    Take,
    /// Gives the name free; the registration id stays with the tombstone.
    ReleaseName,
}

/// What a change does to the number of operations under way, of the plans whose
/// operations count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Capacity {
    /// Nothing.
    Keep,
    /// One more, if there is room.
    Take(Room),
    /// One less.
    Release,
}

impl Capacity {
    fn of_begin(tenant: &Tenant, room: Room) -> Self {
        if tenant.plan.takes_capacity() { Self::Take(room) } else { Self::Keep }
    }

    fn of_end(tenant: &Tenant) -> Self {
        if tenant.plan.takes_capacity() { Self::Release } else { Self::Keep }
    }
}

/// What becomes of `input`, given the tenant as it is.
#[must_use]
pub fn decide(tenant: Option<&Tenant>, input: &Input, now: DateTime<Utc>) -> Decision {
    let mut decision = by_input(tenant, input, now);
    if let Decision::Change(change) = &mut decision {
        answers::settle(tenant, input, change);
    }
    decision
}

/// As [`decide`]; and if the tenant then needs the operation that `begin` describes,
/// it begins in the same change.
#[must_use]
pub fn decide_and_begin(
    tenant: Option<&Tenant>,
    input: &Input,
    begin: Option<&Begin>,
    now: DateTime<Utc>,
) -> Decision {
    match (decide(tenant, input, now), begin) {
        (Decision::Change(change), Some(begin)) => {
            Decision::Change(Box::new(begin::at_once(*change, begin, now)))
        }
        (decision, _) => decision,
    }
}

fn by_input(tenant: Option<&Tenant>, input: &Input, now: DateTime<Utc>) -> Decision {
    match (input, tenant) {
        (Input::Onboard(request), tenant) => onboard::decide(tenant, request, now),
        (_, None) => Decision::Refused(unknown_tenant()),
        (Input::Offboard(request), Some(tenant)) => offboard::decide(tenant, *request, now),
        (Input::Suspend(request), Some(tenant)) => {
            suspend::decide(tenant, *request, DesiredState::Suspended, now)
        }
        (Input::Resume(request), Some(tenant)) => {
            suspend::decide(tenant, *request, DesiredState::Active, now)
        }
        (Input::Retry(request), Some(tenant)) => retry::decide(tenant, *request, now),
        (Input::Reprovision(request), Some(tenant)) => reprovision::decide(tenant, *request, now),
        (Input::Cancel(cancel), Some(tenant)) => cancel::decide(tenant, *cancel, now),
        (Input::ChangeData(wanted), Some(tenant)) => change_data::decide(tenant, wanted, now),
        (Input::Begin(begin), Some(tenant)) => begin::decide(tenant, begin, now),
        (Input::Outcome(outcome), Some(tenant)) => outcome::decide(tenant, outcome, now),
    }
}

/// What is said of ids that the registry has no tenant for.
#[must_use]
pub fn unknown_tenant() -> Note {
    Note {
        code: Code::UnknownTenant,
        reason: "`tenantId` (or `tenantRegistrationId`) is of no tenant in the registry".to_owned(),
    }
}

/// The tenant with another wish: what should be, since when, and who wants it.
fn wished(
    tenant: &Tenant,
    (wish, request): (Wish, Request),
    desired: DesiredState,
    now: DateTime<Utc>,
) -> Tenant {
    let mut next = successor(tenant, now);
    next.desired = desired;
    next.generation += 1;
    next.attempt = 0;
    next.due = Some(Due::new(now, false));
    next.request = request;
    next.heard.keep(wish, request);
    next
}

/// Why `request` comes too late, if a younger one came before it that was
/// accepted, or was one of the wishes that `rivals` it.
fn overtaken(tenant: &Tenant, request: Request, rivals: &[Wish]) -> Option<Note> {
    // Nothing can be asked of a tenant before its onboarding was, whatever the
    // publishers' clocks say.
    let accepted = Some(tenant.request).filter(|request| request.event_id != tenant.onboarded_by);
    let heard = rivals.iter().filter_map(|rival| tenant.heard.of(*rival));
    let mut others = accepted.into_iter().chain(tenant.cancel).chain(heard);
    others.any(|other| request.is_before(other)).then(|| Note {
        code: Code::Overtaken,
        reason: "a request that was made after this one came before it".to_owned(),
    })
}

/// Whether this very request was taken in before, however often it comes.
fn is_heard(tenant: &Tenant, wish: Wish, request: Request) -> bool {
    tenant.request.event_id == request.event_id
        || tenant.heard.of(wish).is_some_and(|heard| heard.event_id == request.event_id)
}

/// A duplicate, remembered if it is the youngest of its kind. A tombstone needs
/// no memory.
fn noted(tenant: &Tenant, (wish, request): (Wish, Request), note: Note, now: DateTime<Utc>) -> Decision {
    let newest = tenant.heard.of(wish).is_none_or(|heard| !request.is_before(heard));
    if is_heard(tenant, wish, request) || !newest || tenant.status == Status::Deprovisioned {
        return Decision::Duplicate(note);
    }
    let mut next = successor(tenant, now);
    next.heard.keep(wish, request);
    Decision::Noted(Box::new(alone(next, note.reason.clone())), note)
}

/// A change of the tenant alone.
fn change(tenant: Tenant, summary: String) -> Decision {
    Decision::Change(Box::new(alone(tenant, summary)))
}

fn alone(tenant: Tenant, summary: String) -> Change {
    Change {
        tenant,
        operation: None,
        answers: Vec::new(),
        overtaken: Vec::new(),
        hand_over: false,
        claims: Claims::Keep,
        capacity: Capacity::Keep,
        summary,
    }
}

/// The next version of `tenant`, before what the input changes in it.
fn successor(tenant: &Tenant, now: DateTime<Utc>) -> Tenant {
    Tenant { version: tenant.version + 1, updated_at: now.max(tenant.updated_at), ..tenant.clone() }
}

impl std::fmt::Display for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Change(change) => write!(f, "accepted: {}", change.summary),
            Self::Duplicate(note) => write!(f, "duplicate: {}", note.reason),
            Self::Noted(_, note) => write!(f, "duplicate, remembered: {}", note.reason),
            Self::Stale(note) => write!(f, "stale: {}", note.reason),
            Self::Refused(note) => write!(f, "refused: {}", note.reason),
        }
    }
}
