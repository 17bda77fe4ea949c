//! Who changed what is known of a tenant, field by field: a request that comes
//! late, or again, is told from one that counts.

use super::Request;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use tenantry_events::ids::EventId;

/// How many attributes' changes are remembered: twice as many as a tenant can
/// have, so that removed ones are among them.
pub const REMEMBERED: usize = 100;
/// How many requests are remembered of each field, to be known when they come
/// again.
const OF_A_FIELD: usize = 4;

/// A field that a request can change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Field<'a> {
    /// The administrator's address.
    Email,
    /// An attribute, by its name.
    Attribute(&'a str),
}

impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email => f.write_str("email"),
            Self::Attribute(name) => write!(f, "attributes.{name}"),
        }
    }
}

/// What a request is to a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It is the youngest for it.
    Youngest,
    /// It was taken in before.
    Known,
    /// A younger one came before it.
    Overtaken,
}

/// The youngest request for a field.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Mark {
    at: DateTime<Utc>,
    /// Its event comes last; before it those of the requests that it overtook.
    by: Vec<EventId>,
}

/// The youngest request for each field that has been changed since the
/// onboarding.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<Mark>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, Mark>,
    /// What was made before this, and is of an attribute that is not among those
    /// above, may have been overtaken by a change that is forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forgotten: Option<DateTime<Utc>>,
}

impl Changes {
    /// Whether nothing was ever changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What `request` is to `field`.
    #[must_use]
    pub fn standing(&self, field: Field<'_>, request: Request) -> Standing {
        match (self.mark(field), field, self.forgotten) {
            (Some(mark), ..) if mark.by.contains(&request.event_id) => Standing::Known,
            (Some(mark), ..) if request.is_before(Request { at: mark.at, ..request }) => Standing::Overtaken,
            (None, Field::Attribute(_), Some(at)) if request.is_before(Request { at, ..request }) => {
                Standing::Overtaken
            }
            (Some(_) | None, ..) => Standing::Youngest,
        }
    }

    /// Remembers `request`, which is the youngest for `field`.
    pub(crate) fn keep(&mut self, field: Field<'_>, request: Request) {
        let mut by = self.mark(field).map(|mark| mark.by.clone()).unwrap_or_default();
        by.push(request.event_id);
        by.drain(..by.len().saturating_sub(OF_A_FIELD));
        let mark = Mark { at: request.at, by };
        match field {
            Field::Email => self.email = Some(mark),
            Field::Attribute(name) => drop(self.attributes.insert(name.to_owned(), mark)),
        }
        while self.attributes.len() > REMEMBERED {
            self.forget();
        }
    }

    /// Forgets the oldest change of an attribute.
    fn forget(&mut self) {
        let oldest = self.attributes.iter().min_by_key(|(_, mark)| mark.at);
        let Some((name, at)) = oldest.map(|(name, mark)| (name.clone(), mark.at)) else { return };
        self.attributes.remove(&name);
        self.forgotten = self.forgotten.max(Some(at));
    }

    fn mark(&self, field: Field<'_>) -> Option<&Mark> {
        match field {
            Field::Email => self.email.as_ref(),
            Field::Attribute(name) => self.attributes.get(name),
        }
    }
}
