//! Why nothing changed, by names that never change.

use std::fmt;

/// Why an input changed nothing: the name that the history, the API and the bus
/// have for it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Code {
    /// This cancellation was accepted before, or the operation is being stopped already.
    AlreadyCancelled,
    /// This change was accepted before.
    AlreadyChanged,
    /// The tenant is offboarded, or is being offboarded.
    AlreadyOffboarded,
    /// The tenant was accepted before.
    AlreadyOnboarded,
    /// This request was received before.
    AlreadyReceived,
    /// The operation's end was recorded before.
    AlreadyRecorded,
    /// The tenant is to be so already.
    AlreadyRequested,
    /// This retry was received before.
    AlreadyRetried,
    /// With the change, the attributes would be more than is kept.
    AttributesTooLarge,
    /// The deployment has no capacity for another operation.
    Full,
    /// Another live tenant has the name.
    NameTaken,
    /// The operation goes on to its end.
    NotCancellable,
    /// The tenant could not be provisioned.
    NotProvisioned,
    /// The answer is of an operation that cannot begin yet; it is to come again.
    NotYet,
    /// Nothing is under way or waits.
    NothingToCancel,
    /// The tenant is as the change wants it.
    NothingToChange,
    /// Nothing failed.
    NothingToRetry,
    /// The operation is not what the tenant needs now.
    OperationNotDue,
    /// The operation that is meant is over.
    OperationOver,
    /// An operation is under way.
    OperationRunning,
    /// An operation waits for its turn.
    OperationWaiting,
    /// A request that was made after this one came before it.
    Overtaken,
    /// Another tenant has the registration id.
    RegistrationTaken,
    /// No operation has found the tenant's stack gone.
    StackNotGone,
    /// The outcome is of no operation that runs.
    Superseded,
    /// The id is of a tenant with other data.
    TenantExists,
    /// The tenant was offboarded, or is to be.
    TenantOffboarded,
    /// The tier has no capacity for another operation.
    TierFull,
    /// The registry has no such tenant.
    UnknownTenant,
    /// The registry has no such tier.
    UnknownTier,
    /// The record's version is another one than was expected.
    VersionMismatch,
}

impl Code {
    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AlreadyCancelled => "AlreadyCancelled",
            Self::AlreadyChanged => "AlreadyChanged",
            Self::AlreadyOffboarded => "AlreadyOffboarded",
            Self::AlreadyOnboarded => "AlreadyOnboarded",
            Self::AlreadyReceived => "AlreadyReceived",
            Self::AlreadyRecorded => "AlreadyRecorded",
            Self::AlreadyRequested => "AlreadyRequested",
            Self::AlreadyRetried => "AlreadyRetried",
            Self::AttributesTooLarge => "AttributesTooLarge",
            Self::Full => "Full",
            Self::NameTaken => "NameTaken",
            Self::NotCancellable => "NotCancellable",
            Self::NotProvisioned => "NotProvisioned",
            Self::NotYet => "NotYet",
            Self::NothingToCancel => "NothingToCancel",
            Self::NothingToChange => "NothingToChange",
            Self::NothingToRetry => "NothingToRetry",
            Self::OperationNotDue => "OperationNotDue",
            Self::OperationOver => "OperationOver",
            Self::OperationRunning => "OperationRunning",
            Self::OperationWaiting => "OperationWaiting",
            Self::Overtaken => "Overtaken",
            Self::RegistrationTaken => "RegistrationTaken",
            Self::StackNotGone => "StackNotGone",
            Self::Superseded => "Superseded",
            Self::TenantExists => "TenantExists",
            Self::TenantOffboarded => "TenantOffboarded",
            Self::TierFull => "TierFull",
            Self::UnknownTenant => "UnknownTenant",
            Self::UnknownTier => "UnknownTier",
            Self::VersionMismatch => "VersionMismatch",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
