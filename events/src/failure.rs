//! Why an operation failed, in the words that a person needs.

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
    pub code: String,
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
