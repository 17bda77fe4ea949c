//! The names of failures.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// A stable name for why something failed: one that the control plane gives
        /// itself, or what somebody else calls it. On the wire it is a text.
        #[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
        #[serde(from = "String", into = "String")]
        pub enum FailureCode {
            $($(#[doc = $doc])+ $name,)+
            /// Another: an error of AWS's, of a build's, of an external application
            /// plane's, the code of a refusal, or one of a later release.
            Other(String),
        }

        impl FailureCode {
            /// Those that the control plane gives itself.
            pub const OWN: &[Self] = &[$(Self::$name,)+];

            /// The code as events, the registry and the API write it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => stringify!($name),)+
                    Self::Other(code) => code,
                }
            }
        }

        impl From<String> for FailureCode {
            fn from(code: String) -> Self {
                match code.as_str() {
                    $(stringify!($name) => Self::$name,)+
                    _ => Self::Other(code),
                }
            }
        }
    };
}

codes! {
    /// An external application plane said so, and named no code.
    ApplicationPlaneFailed,
    /// A command of the build failed.
    BuildFailed,
    /// CodeBuild could not run the build.
    BuildFault,
    /// Somebody stopped the build.
    BuildStopped,
    /// The build took longer than its project allows.
    BuildTimedOut,
    /// A person, or a newer request, stopped it.
    Cancelled,
    /// It was not over by its deadline.
    DeadlineExceeded,
    /// Somebody stopped the execution.
    ExecutionAborted,
    /// The execution failed without recording why.
    ExecutionFailed,
    /// The execution can never be started as it is.
    ExecutionImpossible,
    /// The execution took longer than its state machine allows.
    ExecutionTimedOut,
    /// The tenant could not be provisioned, which it had to be first.
    NotProvisioned,
    /// The execution succeeded, and its outcome is not in the registry.
    OutcomeMissing,
    /// No stack was found where the tenant's should be (`infra/silo/by_hand.py`).
    StackGone,
    /// A newer request took its place before it was carried out.
    Superseded,
    /// A state took longer than it may.
    TimedOut,
}

impl From<&str> for FailureCode {
    fn from(code: &str) -> Self {
        code.to_owned().into()
    }
}

impl From<FailureCode> for String {
    fn from(code: FailureCode) -> Self {
        match code {
            FailureCode::Other(code) => code,
            own => own.as_str().to_owned(),
        }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json, to_value};

    /// Each code is its name on the wire and read again as itself, and one that
    /// nobody knows here is kept as it is.
    #[test]
    fn a_code_is_a_text() {
        for code in FailureCode::OWN {
            let text = to_value(code).unwrap();
            assert_eq!(text, format!("{code:?}"));
            assert_eq!(&from_value::<FailureCode>(text).unwrap(), code);
        }
        let other: FailureCode = from_value(json!("Later.Code")).unwrap();
        assert_eq!(
            (&other, to_value(&other).unwrap()),
            (&FailureCode::Other("Later.Code".to_owned()), json!("Later.Code"))
        );
    }
}
