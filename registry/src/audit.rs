//! The audit trail: who asked for what, when, and what became of it. One item
//! `AUDIT#<time>#<eventId>#<verdict>` for every input to the lifecycle, also for
//! those that changed nothing.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use tenantry_events::ids::{CorrelationId, EventId, TenantId};

/// What became of a request or an outcome.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It changed the tenant.
    Accepted,
    /// The tenant already is, or is about to be, what it asks for.
    Duplicate,
    /// It is about something that is over.
    Stale,
    /// It cannot be done; `reason` says why.
    Refused,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Stale => "stale",
            Self::Refused => "refused",
        })
    }
}

/// Who asked, and with what.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The event, or a derived id where no event was involved.
    pub event_id: EventId,
    /// What ties together everything that the request leads to.
    pub correlation_id: CorrelationId,
    /// What was asked: an event's name, or `begin`, `recordOutcome`, ….
    pub action: String,
    /// Who asked: an event's source (and producer, and person), a function's name.
    pub actor: String,
    /// Why, in the words of who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One line of a tenant's history.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The tenant that it is about.
    pub tenant_id: TenantId,
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// Who asked, and with what.
    #[serde(flatten)]
    pub origin: Origin,
    /// What became of it.
    pub verdict: Verdict,
    /// A stable name for why it was refused or stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What happened, in a sentence.
    pub reason: String,
    /// The registration that a refused request named, for the failure event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_registration_id: Option<String>,
    /// The version that was written; absent when nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_version: Option<u64>,
}
