//! The lifecycle of a tenant, as one pure function.
//!
//! [`decide`] takes the tenant as it is, an [`Input`] and the time, and says
//! what becomes of it; [`next_step`] says what an accepted tenant needs next.
//! Nothing else in Tenantry decides about a tenant. The table of all cases,
//! generated from these functions, is in `registry/LIFECYCLE.md`.

mod begin;
mod next;
mod offboard;
mod onboard;
mod outcome;

pub use begin::Begin;
pub use next::{Step, next_step};
pub use offboard::Offboard;
pub use onboard::{Onboard, unknown_tier};
pub use outcome::{Fence, Outcome, Result as OutcomeResult};

use crate::tenant::{Operation, Tenant};
use chrono::{DateTime, Utc};

/// The step that the refusal of a request is attributed to.
pub const ADMISSION: &str = "admission";

/// Everything that can happen to a tenant.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A publisher wants the tenant onboarded.
    Onboard(Box<Onboard>),
    /// A publisher wants it offboarded.
    Offboard(Offboard),
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
    /// The input is about something that is over.
    Stale(Note),
    /// The input asks for what cannot be.
    Refused(Note),
}

/// Why nothing changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Note {
    /// A stable name that programs may compare.
    pub code: &'static str,
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
    /// What it does to the claims on the tenant's name and registration.
    pub claims: Claims,
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

/// What becomes of `input`, given the tenant as it is.
#[must_use]
pub fn decide(tenant: Option<&Tenant>, input: &Input, now: DateTime<Utc>) -> Decision {
    match (input, tenant) {
        (Input::Onboard(request), tenant) => onboard::decide(tenant, request, now),
        (_, None) => Decision::Refused(Note {
            code: "UnknownTenant",
            reason: "`tenantId` (or `tenantRegistrationId`) is of no tenant in the registry".to_owned(),
        }),
        (Input::Offboard(request), Some(tenant)) => offboard::decide(tenant, request, now),
        (Input::Begin(begin), Some(tenant)) => begin::decide(tenant, begin, now),
        (Input::Outcome(outcome), Some(tenant)) => outcome::decide(tenant, outcome, now),
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
            Self::Stale(note) => write!(f, "stale: {}", note.reason),
            Self::Refused(note) => write!(f, "refused: {}", note.reason),
        }
    }
}
