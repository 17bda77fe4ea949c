//! What can go wrong when AWS is called.

use crate::pages::Endless;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use std::error::Error;

/// Codes that say that this deployment is set up wrongly: another try changes
/// nothing ("Common Errors" of each service's API Reference).
const MISCONFIGURED: [&str; 4] =
    ["AccessDenied", "AccessDeniedException", "InvalidArn", "ValidationException"];

/// A call of AWS that failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The service refused it.
    #[error("{what}: {code}: {message}")]
    Refused {
        /// What could not be done, for people.
        what: String,
        /// The service's stable name for the reason, or `no code`.
        code: String,
        /// The service's own words. They may hold what not everybody may read.
        message: String,
    },
    /// No answer came, or none that can be read.
    #[error("{what}: no answer from AWS: {}", chain(source.as_ref()))]
    Unanswered {
        /// What could not be done, for people.
        what: String,
        /// The SDK's error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A list did not end.
    #[error(transparent)]
    Endless(#[from] Endless),
}

impl CallError {
    /// The service's name for the reason, if it gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::Unanswered { .. } | Self::Endless(_) => None,
        }
    }

    /// What could not be done and the reason's name: fit for a log that more
    /// people read than may read the service's words.
    #[must_use]
    pub fn outline(&self) -> String {
        match self {
            Self::Refused { what, code, .. } => format!("{what}: {code}"),
            Self::Unanswered { what, .. } => format!("{what}: no answer"),
            Self::Endless(endless) => endless.to_string(),
        }
    }

    /// Whether the deployment must be repaired before another try can succeed.
    #[must_use]
    pub fn is_misconfigured(&self) -> bool {
        self.code().is_some_and(|code| MISCONFIGURED.contains(&code))
    }
}

/// Of an SDK error, a [`CallError`] that says `what` could not be done.
pub fn failed<E, R>(what: &str) -> impl FnOnce(SdkError<E, R>) -> CallError + use<E, R>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let what = what.to_owned();
    move |error| match error.as_service_error() {
        Some(service) => CallError::Refused {
            what,
            code: service.code().unwrap_or("no code").to_owned(),
            message: service.message().unwrap_or_default().to_owned(),
        },
        None => CallError::Unanswered { what, source: Box::new(error) },
    }
}

/// What an error says, with all of its causes.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        said = format!("{said}: {cause}");
        next = cause.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str) -> CallError {
        CallError::Refused { what: "the queue".into(), code: code.into(), message: "of a@b.example".into() }
    }

    /// A log line has the name of the reason and none of the service's words.
    #[test]
    fn an_outline_has_no_words_of_the_service() {
        assert_eq!(refused("Throttling").outline(), "the queue: Throttling");
        assert!(refused("Throttling").to_string().contains("a@b.example"));
    }

    /// What only a repair can end is told apart from what a later try may.
    #[test]
    fn wrong_settings_are_no_outage() {
        assert!(refused("AccessDeniedException").is_misconfigured());
        assert!(!refused("ThrottlingException").is_misconfigured());
        let source: Box<dyn Error + Send + Sync> = "connection refused".into();
        let unanswered = CallError::Unanswered { what: "the queue".into(), source };
        assert!(!unanswered.is_misconfigured() && unanswered.code().is_none());
        assert_eq!(unanswered.to_string(), "the queue: no answer from AWS: connection refused");
    }
}
