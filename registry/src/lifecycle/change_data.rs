//! A request to change what is known of a tenant.

use super::{Decision, Note, change, successor};
use crate::tenant::{DesiredState, Request, Tenant};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use tenantry_events::attributes::Attributes;
use tenantry_events::text::Email;

/// What a changeRequest asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeData {
    /// The event that carried the request.
    pub request: Request,
    /// Another administrator's address.
    pub email: Option<Email>,
    /// Attributes to set; those that are null are removed.
    pub attributes: Map<String, Value>,
    /// The version that the publisher has seen.
    pub expected_version: Option<u64>,
}

pub(super) fn decide(tenant: &Tenant, wanted: &ChangeData, now: DateTime<Utc>) -> Decision {
    let request = wanted.request;
    if tenant.desired == DesiredState::Deprovisioned {
        return Decision::Refused(Note {
            code: "TenantOffboarded",
            reason: "a tenant that is offboarded can not be changed".to_owned(),
        });
    }
    if let Some(last) = tenant.changed_by {
        if last.event_id == request.event_id {
            return Decision::Duplicate(Note {
                code: "AlreadyChanged",
                reason: "this change was accepted before".to_owned(),
            });
        }
        if request.is_before(last) {
            return Decision::Stale(Note {
                code: "Overtaken",
                reason: "a change that was asked for after this one was accepted before it".to_owned(),
            });
        }
    }
    if let Some(expected) = wanted.expected_version.filter(|expected| *expected != tenant.version) {
        return Decision::Stale(Note {
            code: "VersionMismatch",
            reason: format!("the record's version is {}, not {expected} as expected", tenant.version),
        });
    }
    let mut next = successor(tenant, now);
    next.email = wanted.email.clone().unwrap_or(next.email);
    for (name, value) in &wanted.attributes {
        match value {
            Value::Null => next.attributes.remove(name),
            value => next.attributes.insert(name.clone(), value.clone()),
        };
    }
    if let Err(error) = Attributes::try_from(next.attributes.clone()) {
        return Decision::Refused(Note { code: "AttributesTooLarge", reason: error.to_string() });
    }
    if next.email == tenant.email && next.attributes == tenant.attributes {
        return Decision::Duplicate(Note {
            code: "NothingToChange",
            reason: "the tenant is as the request wants it".to_owned(),
        });
    }
    next.changed_by = Some(request);
    // Neither address nor attribute is said: the history is shown to many.
    let what = match (next.email == tenant.email, next.attributes == tenant.attributes) {
        (false, true) => "e-mail address",
        (true, _) => "attributes",
        (false, false) => "e-mail address and attributes",
    };
    change(next, format!("change accepted: {what}"))
}
