//! Why an operation failed, in the words that a person needs.

mod code;

pub use code::FailureCode;

use crate::text::shorten;
use crate::whole;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most characters of [`Failure::reason`].
pub const REASON_MAX: usize = 1_000;

/// What went wrong, where, and what can be done: part of every failure event
/// and of the tenant's record.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// A stable name that programs may compare: `BuildFailed`, `NameTaken`, …
    #[schemars(with = "String")]
    pub code: FailureCode,
    /// The step that failed: a state of the machine, and the resource if one
    /// is to blame.
    pub step: String,
    /// The lowest layer's own words, shortened to 1,000 characters.
    pub reason: String,
    /// The CodeBuild build that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_id: Option<String>,
    /// Where that build's log can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs_url: Option<String>,
    /// What a failing clean-up left behind, and why; absent when nothing is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_behind: Option<String>,
    /// Which try it was; from 1. 0 when nothing was tried.
    #[serde(deserialize_with = "whole::required")]
    #[schemars(extend("maximum" = 4_294_967_295u64))]
    pub attempt: u32,
    /// Whether the same request may succeed when it is tried again.
    pub retryable: bool,
}

impl Failure {
    /// A failure of nothing that was tried, which trying again does not change, with
    /// no build and nothing left behind. The reason is shortened to [`REASON_MAX`]
    /// characters.
    #[must_use]
    pub fn new(code: FailureCode, step: impl Into<String>, reason: &str) -> Self {
        Self {
            code,
            step: step.into(),
            reason: shorten(reason, REASON_MAX),
            build_id: None,
            logs_url: None,
            left_behind: None,
            attempt: 0,
            retryable: false,
        }
    }
}
