//! What can go wrong between the registry and its table.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Why the table could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB refused for now: too many requests, or two transactions at
    /// once on one item. The same call may succeed later.
    #[error("the registry's table is throttled ({0})")]
    Throttled(String),
    /// DynamoDB did not answer, or answered with a fault of its own; the call
    /// may have been carried out. Every write can safely be repeated.
    #[error("the registry's table is unavailable ({0})")]
    Unavailable(String),
    /// DynamoDB refused for good: access denied, no such table, a bad request.
    #[error("the registry's table refused ({0})")]
    Rejected(String),
    /// Other writers were faster, time and again.
    #[error("the tenant changed {0} times while this was decided")]
    Contended(u32),
    /// An item is not of the shape that this release reads or writes.
    #[error("a registry item is not readable: {0}")]
    Item(#[from] serde_dynamo::Error),
    /// An event cannot be written as JSON.
    #[error("an event cannot be written: {0}")]
    Event(#[from] serde_json::Error),
    /// A page token is not one that this query gave.
    #[error("the page token is not of this query: ask for the first page again")]
    PageToken,
}

impl StoreError {
    /// Whether the same call may succeed when it is made again.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Throttled(_) | Self::Unavailable(_) | Self::Contended(_))
    }

    /// What DynamoDB's error code stands for.
    ///
    /// Source: "Error handling with DynamoDB", Amazon DynamoDB Developer Guide.
    pub(super) fn of_code(code: &str, message: &str) -> Self {
        let text = format!("{code}: {message}");
        match code {
            "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "ThrottlingException"
            | "ThrottlingError"
            | "ProvisionedThroughputExceeded"
            | "TransactionConflict"
            | "TransactionConflictException"
            | "TransactionInProgressException"
            | "LimitExceededException" => Self::Throttled(text),
            "InternalServerError" | "InternalFailure" | "ServiceUnavailable" => Self::Unavailable(text),
            _ => Self::Rejected(text),
        }
    }
}

impl<E, R> From<SdkError<E, R>> for StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    fn from(error: SdkError<E, R>) -> Self {
        match &error {
            SdkError::ServiceError(service) => match service.err().code() {
                Some(code) => Self::of_code(code, service.err().message().unwrap_or_default()),
                None => Self::Unavailable("an answer without an error code".to_owned()),
            },
            SdkError::ConstructionFailure(_) => Self::Rejected("the request could not be built".to_owned()),
            SdkError::TimeoutError(_) => Self::Unavailable("no answer in time".to_owned()),
            SdkError::DispatchFailure(_) => Self::Unavailable("no connection".to_owned()),
            _ => Self::Unavailable(format!("an answer that cannot be read: {}", causes(&error))),
        }
    }
}

/// What an error says was the matter, down to the first cause.
fn causes(error: &dyn std::error::Error) -> String {
    let (mut said, mut next) = (error.to_string(), error.source());
    while let Some(cause) = next {
        said = format!("{said}: {cause}");
        next = cause.source();
    }
    said
}
