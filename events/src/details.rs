//! What each event says: one type per shape, as SBT sends it, with our own
//! fields added.

mod change;
mod changed;
mod job;
mod onboarding;
mod other;
mod refused;
mod request;
mod status;

pub use change::ChangeRequest;
pub use changed::TenantChanged;
pub use job::{FailedJobOutput, JobFailure, JobOutput, JobSuccess};
pub use onboarding::{OffboardingRequest, OnboardingRequest};
pub use other::{Billing, TenantNotice, TenantUser, Usage};
pub use refused::RequestRefused;
pub use request::TenantRequest;
pub use status::{StatusOperation, TenantStatusChanged};
