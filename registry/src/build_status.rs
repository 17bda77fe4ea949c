//! What CodeBuild says of a build and of its phases, and the words for it.
//!
//! Source: "Build" and "BuildPhase", AWS CodeBuild API Reference.

use tenantry_events::failure::FailureCode;

/// The status of a build or of one of its phases.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BuildStatus {
    /// It has still to end.
    InProgress,
    /// It did what it was for.
    Succeeded,
    /// A command of it failed.
    Failed,
    /// CodeBuild could not run it.
    Fault,
    /// It took too long.
    TimedOut,
    /// Somebody called `StopBuild`.
    Stopped,
}

impl BuildStatus {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::InProgress, Self::Succeeded, Self::Failed, Self::Fault, Self::TimedOut, Self::Stopped];

    /// The status that CodeBuild calls `name`; `None` for one that it has not
    /// had so far.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// CodeBuild's own name for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Fault => "FAULT",
            Self::TimedOut => "TIMED_OUT",
            Self::Stopped => "STOPPED",
        }
    }

    /// Whether nothing more is to come, and it is not what was wanted.
    #[must_use]
    pub fn is_failure(self) -> bool {
        match self {
            Self::InProgress | Self::Succeeded => false,
            Self::Failed | Self::Fault | Self::TimedOut | Self::Stopped => true,
        }
    }

    /// The stable name of the failure, for programs; `None` if it is none.
    #[must_use]
    pub fn failure_code(self) -> Option<FailureCode> {
        match self {
            Self::InProgress | Self::Succeeded => None,
            Self::Failed => Some(FailureCode::BuildFailed),
            Self::Fault => Some(FailureCode::BuildFault),
            Self::TimedOut => Some(FailureCode::BuildTimedOut),
            Self::Stopped => Some(FailureCode::BuildStopped),
        }
    }

    /// What it means for a build, as the end of a sentence that begins with
    /// "the build".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::InProgress => "is still at work",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed: one of its commands did, and gave no reason",
            Self::Fault => "could not be run by CodeBuild, which gave no reason; it can be retried",
            Self::TimedOut => "took longer than its project allows",
            Self::Stopped => "was stopped by somebody (StopBuild); it can be retried",
        }
    }

    /// What it means for the phase called `phase`, where CodeBuild has no
    /// message of its own.
    #[must_use]
    pub fn words_of_phase(self, phase: &str) -> String {
        match (self, phase) {
            (Self::TimedOut, "QUEUED") => {
                "QUEUED: its turn did not come within the time that its project allows".to_owned()
            }
            (status, phase) => format!("{phase}: the build {}", status.words()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_by_its_own_name_and_has_words_of_its_own() {
        for status in BuildStatus::ALL {
            assert_eq!(BuildStatus::read(status.as_str()), Some(status));
            assert_eq!(status.failure_code().is_some(), status.is_failure());
            let same = BuildStatus::ALL.into_iter().filter(|other| other.words() == status.words());
            assert_eq!(same.count(), 1);
        }
        for unknown in ["", "succeeded", "PAUSED"] {
            assert_eq!(BuildStatus::read(unknown), None);
        }
    }

    #[test]
    fn a_phase_says_what_became_of_the_build_in_it() {
        assert_eq!(
            BuildStatus::Stopped.words_of_phase("BUILD"),
            "BUILD: the build was stopped by somebody (StopBuild); it can be retried"
        );
        assert!(BuildStatus::TimedOut.words_of_phase("QUEUED").contains("turn did not come"));
    }
}
