//! What can go wrong, what to do about it, and the exit code for scripts.

use crate::bounded::is_too_long;
use std::io::ErrorKind;
use std::process::ExitCode;
use tenantry_operations::bus::BusError;
use tenantry_operations::call::{CallError, chain, failed};
use tenantry_operations::dead_letters::DeadLetterError;
use tenantry_operations::executions::ExecutionError;
use tenantry_operations::pages::Endless;
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
    /// A file cannot be read or written.
    #[error("{what}")]
    File {
        /// Which file, and why.
        what: String,
        /// What to do next.
        hint: &'static str,
        /// What kind of error it is.
        kind: ErrorKind,
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
    #[error("sign-in failed: {said} ({code})")]
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

/// A request that the API did not serve.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Refusal {
    /// What happened.
    pub(crate) what: String,
    /// What to do next, if anything can be said.
    pub(crate) hint: Option<&'static str>,
    /// The exit code, of [`EXIT_CODES`].
    pub(crate) exit: u8,
    /// Whether what was named is not there, as the control plane says; another
    /// server's 404 says nothing.
    pub(crate) is_absence: bool,
}

/// What every command gives.
pub(crate) type Result<T = ()> = std::result::Result<T, CliError>;

/// The exit codes, for `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failed
  2    invalid usage
  3    not found
  4    operation failed
  5    timed out
  6    invalid input
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
            Self::SignIn { hint, .. } | Self::File { hint, .. } => Some(hint),
            Self::Refused(refusal) => refusal.hint,
            Self::Failed(_)
            | Self::NotFound(_)
            | Self::OperationFailed(_)
            | Self::TimedOut(_)
            | Self::Invalid(_)
            | Self::Usage(_)
            | Self::Interrupted => None,
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::NotFound(_) | Self::File { kind: ErrorKind::NotFound, .. } => 3,
            Self::Failed(_) | Self::Hinted { .. } | Self::SignIn { .. } | Self::File { .. } => 1,
            Self::Usage(_) => 2,
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

impl From<serde_json::Error> for CliError {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<Endless> for CliError {
    fn from(error: Endless) -> Self {
        Self::hinted(
            error.to_string(),
            "use --limit or a filter where the command has one; check where the command points",
        )
    }
}

impl From<CallError> for CliError {
    fn from(error: CallError) -> Self {
        let said = error.to_string();
        match error {
            CallError::Refused { .. } => Self::Failed(said),
            CallError::Unanswered { what, source } if is_too_long(source.as_ref()) => Self::hinted(
                format!("{what}: {}", chain(source.as_ref())),
                "check where the command points: AWS_ENDPOINT_URL, AWS_PROFILE and AWS_REGION",
            ),
            CallError::Unanswered { .. } => Self::hinted(
                said,
                "check AWS_PROFILE and AWS_REGION, or `eval \"$(tenantry local env)\"` for the local cloud",
            ),
            CallError::Endless(endless) => endless.into(),
        }
    }
}

impl From<BusError> for CliError {
    fn from(error: BusError) -> Self {
        match error {
            BusError::Refused(undelivered) => Self::Failed(undelivered.to_string()),
            BusError::Call(error) => error.into(),
        }
    }
}

impl From<ExecutionError> for CliError {
    fn from(error: ExecutionError) -> Self {
        match error {
            ExecutionError::Call(error) => error.into(),
            ExecutionError::Registry(error) => error.into(),
        }
    }
}

impl From<DeadLetterError> for CliError {
    fn from(error: DeadLetterError) -> Self {
        match error {
            DeadLetterError::Call(error) => error.into(),
            DeadLetterError::Registry(error) => error.into(),
            DeadLetterError::Unknown(_) => {
                Self::NotFound(format!("{error}; `tenantry queue list` shows them"))
            }
        }
    }
}

/// Of an AWS call's error, what it says to people.
pub(crate) fn aws<E, R>(what: &str) -> impl FnOnce(aws_sdk_sfn::error::SdkError<E, R>) -> CliError + use<E, R>
where
    E: aws_sdk_sfn::error::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let failed = failed(what);
    move |error| failed(error).into()
}
