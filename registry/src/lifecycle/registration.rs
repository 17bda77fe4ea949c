//! What a job gives for the registration, as SBT's scripts do.

use crate::tenant::{OperationKind, Tenant};
use std::collections::BTreeMap;

/// The field of a registration that SBT's scripts export.
pub const REGISTRATION_STATUS: &str = "registrationStatus";

/// What SBT's scripts export there when they are done.
///
/// Source: awslabs/sbt-aws, `src/core-app-plane/integ.default.ts`.
#[must_use]
pub fn registration_status(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Deprovision => "deleted",
        OperationKind::Provision
        | OperationKind::CleanUp
        | OperationKind::Update
        | OperationKind::Suspend
        | OperationKind::Resume => "created",
    }
}

/// Keeps what a job gave for the registration; one that says nothing of the
/// status has made or deleted it.
pub(super) fn register(next: &mut Tenant, kind: OperationKind, registration: &BTreeMap<String, String>) {
    next.registration.extend(registration.clone());
    let says = registration.contains_key(REGISTRATION_STATUS);
    if !says && matches!(kind, OperationKind::Provision | OperationKind::Deprovision) {
        next.registration.insert(REGISTRATION_STATUS.to_owned(), registration_status(kind).to_owned());
    }
}
