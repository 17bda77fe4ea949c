//! Errors with stable names: Step Functions' `ErrorEquals`, alarms and people
//! see them.

use lambda_runtime::Diagnostic;
use tenantry_registry::store::StoreError;

/// An error with a name that never changes.
pub trait Fault: std::error::Error {
    /// The name.
    fn name(&self) -> &'static str;

    /// Whether the same invocation may succeed when it is made again.
    fn is_retryable(&self) -> bool;
}

impl Fault for StoreError {
    fn name(&self) -> &'static str {
        match self {
            Self::Throttled(_) => "RegistryThrottled",
            Self::Unavailable(_) => "RegistryUnavailable",
            Self::Rejected(_) => "RegistryRejected",
            Self::Contended(_) => "TenantContended",
            Self::Item(_) => "RegistryItemUnreadable",
            Self::Event(_) => "EventUnwritable",
            Self::PageToken => "PageTokenInvalid",
        }
    }

    fn is_retryable(&self) -> bool {
        Self::is_retryable(self)
    }
}

/// What the Lambda runtime reports of an error: its stable name, not the name
/// of a Rust type.
#[must_use]
pub fn diagnose(fault: &impl Fault) -> Diagnostic {
    Diagnostic { error_type: fault.name().to_owned(), error_message: fault.to_string() }
}
