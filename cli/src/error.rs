//! What can go wrong, what to do about it, and the exit code for scripts.

use crate::api::Refusal;
use std::process::ExitCode;
use tenantry_registry::store::StoreError;

/// Why the command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// It failed.
    #[error("{0}")]
    Failed(String),
    /// It failed, and there is something to be done.
    #[error("{what}")]
    Hinted {
        /// What happened.
        what: String,
        /// What to do next.
        hint: String,
    },
    /// What was named is not there.
    #[error("{0}")]
    NotFound(String),
    /// The operation that was waited for ended badly.
    #[error("{0}")]
    OperationFailed(String),
    /// It did not end in the time that was given.
    #[error("{0}")]
    TimedOut(String),
    /// The input is not what the contract asks for.
    #[error("{0}")]
    Invalid(String),
    /// The command line asks for what cannot be.
    #[error("{0}")]
    Usage(String),
    /// The API did not serve the request.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The user pool lets nobody in.
    #[error("the sign-in is refused: {said} ({code})")]
    SignIn {
        /// Cognito's name for it.
        code: String,
        /// In its words.
        said: String,
        /// What to do next.
        hint: &'static str,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

/// What every command gives.
pub(crate) type Result<T = ()> = std::result::Result<T, CliError>;

/// The exit codes, for `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failed
  2    wrong usage
  3    not found
  4    the operation ended in failure
  5    it did not end in time
  6    the input is refused
  130  interrupted";

impl CliError {
    /// An error with something to be done about it.
    pub(crate) fn hinted(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Hinted { what: what.into(), hint: hint.into() }
    }

    /// What to do next, if anything.
    pub(crate) fn hint(&self) -> Option<&str> {
        match self {
            Self::Hinted { hint, .. } => Some(hint),
            Self::SignIn { hint, .. } => Some(hint),
            Self::Refused(refusal) => refusal.hint,
            _ => None,
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Failed(_) | Self::Hinted { .. } | Self::SignIn { .. } => 1,
            Self::Usage(_) => 2,
            Self::NotFound(_) => 3,
            Self::OperationFailed(_) => 4,
            Self::TimedOut(_) => 5,
            Self::Invalid(_) => 6,
            Self::Refused(refusal) => refusal.exit,
            Self::Interrupted => 130,
        })
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::PageToken => Self::Invalid(error.to_string()),
            StoreError::Rejected(_) | StoreError::Unavailable(_) => Self::hinted(
                error.to_string(),
                "check where the command points: AWS_PROFILE and AWS_REGION, or `eval \"$(tenantry local env)\"` for the local cloud; `--stack` names the deployment",
            ),
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<serde_json::Error> for CliError {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What an AWS call's error says, for people.
pub(crate) fn aws<E, R>(what: &str) -> impl FnOnce(aws_sdk_sfn::error::SdkError<E, R>) -> CliError
where
    E: aws_sdk_sfn::error::ProvideErrorMetadata,
{
    let what = what.to_owned();
    move |error| match error.as_service_error() {
        Some(service) => {
            let code = service.code().unwrap_or("no code");
            CliError::Failed(format!("{what}: {code}: {}", service.message().unwrap_or_default()))
        }
        None => CliError::hinted(
            format!("{what}: AWS does not answer"),
            "check AWS_PROFILE and AWS_REGION, or `eval \"$(tenantry local env)\"` for the local cloud",
        ),
    }
}
