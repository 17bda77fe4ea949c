//! A request to change what is known of a tenant.
//!
//! Changes of different fields are no rivals. Of those of one field the youngest
//! counts, in whichever order they come.

use super::{Change, Code, Decision, Note, alone, successor};
use crate::tenant::{DesiredState, Due, Field, Request, Standing, Tenant};
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

impl ChangeData {
    /// The fields that are to be changed.
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        let email = self.email.as_ref().map(|_| Field::Email);
        email.into_iter().chain(self.attributes.keys().map(|name| Field::Attribute(name)))
    }
}

pub(super) fn decide(tenant: &Tenant, wanted: &ChangeData, now: DateTime<Utc>) -> Decision {
    let request = wanted.request;
    let is =
        |standing: Standing| move |field: &Field<'_>| tenant.changes.standing(*field, request) == standing;
    if wanted.fields().any(|field| is(Standing::Known)(&field)) {
        return Decision::Duplicate(Note {
            code: Code::AlreadyChanged,
            reason: "this change was accepted before".to_owned(),
        });
    }
    if tenant.desired == DesiredState::Deprovisioned {
        return Decision::Refused(Note {
            code: Code::TenantOffboarded,
            reason: "a tenant that is offboarded can not be changed".to_owned(),
        });
    }
    let overtaken: Vec<_> =
        wanted.fields().filter(is(Standing::Overtaken)).map(|it| it.to_string()).collect();
    if !overtaken.is_empty() && overtaken.len() == wanted.fields().count() {
        return Decision::Stale(Note {
            code: Code::Overtaken,
            reason: "a change of the same that was asked for after this one was accepted before it"
                .to_owned(),
        });
    }
    if let Some(expected) = wanted.expected_version.filter(|expected| *expected != tenant.version) {
        return Decision::Stale(Note {
            code: Code::VersionMismatch,
            reason: format!("the record's version is {}, not {expected} as expected", tenant.version),
        });
    }
    let mut next = successor(tenant, now);
    for field in wanted.fields().filter(is(Standing::Youngest)) {
        set(&mut next, wanted, field);
        next.changes.keep(field, request);
    }
    if let Err(error) = Attributes::try_from(next.attributes.clone()) {
        return Decision::Refused(Note { code: Code::AttributesTooLarge, reason: error.to_string() });
    }
    let same_data = next.attributes == tenant.attributes && next.registration == tenant.registration;
    if next.email == tenant.email && same_data {
        let reason = "the tenant is as the request wants it".to_owned();
        let note = Note { code: Code::NothingToChange, reason: reason.clone() };
        if next.changes == tenant.changes {
            return Decision::Duplicate(note);
        }
        // An older request of another mind may still arrive.
        return Decision::Noted(Box::new(alone(next, reason)), note);
    }
    next.changed_by = Some(request);
    if next.email != tenant.email {
        next.revision += 1;
        // One that runs may have read the old address, and is followed by this.
        let provisioned = tenant.deployed.state == Some(tenant.desired);
        if provisioned && tenant.operation.is_none() && !next.is_up_to_date() {
            next.due = next.due.or(Some(Due::new(now, false)));
        }
    }
    // Neither address nor attribute is said: the history is shown to many.
    let what = match (next.email == tenant.email, same_data) {
        (false, true) => "e-mail address",
        (true, _) => "attributes",
        (false, false) => "e-mail address and attributes",
    };
    let but = match overtaken.len() {
        0 => String::new(),
        1 => "; a later change of one field was accepted before, and stays".to_owned(),
        many => format!("; later changes of {many} fields were accepted before, and stay"),
    };
    let change = alone(next, format!("change accepted: {what}{but}"));
    Decision::Change(Box::new(Change { overtaken, ..change }))
}

/// Sets `field` as it is wanted.
fn set(next: &mut Tenant, wanted: &ChangeData, field: Field<'_>) {
    match field {
        Field::Email => next.email = wanted.email.clone().unwrap_or_else(|| next.email.clone()),
        Field::Attribute(name) => {
            // What a job gave under the name is as outdated as the old attribute.
            next.registration.remove(name);
            match wanted.attributes.get(name) {
                None | Some(Value::Null) => drop(next.attributes.remove(name)),
                Some(value) => drop(next.attributes.insert(name.to_owned(), value.clone())),
            }
        }
    }
}
