//! An operation that waits for its turn.

use super::{Status, Tenant};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An operation that is wanted and has not begun: it waits for its turn.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Due {
    /// Since when: those that wait begin in this order.
    pub since: DateTime<Utc>,
    /// Whether it is to clean up what a provisioning left, rather than to bring
    /// the tenant to what it should be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub clean_up: bool,
    /// How often it began and found that no build could be started for half an
    /// hour: the account's builds are all taken.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub deferrals: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Due {
    /// What is wanted from now on.
    #[must_use]
    pub const fn new(since: DateTime<Utc>, clean_up: bool) -> Self {
        Self { since, clean_up, deferrals: 0 }
    }
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = if self.deferrals == 1 { "once" } else { "times" };
        let count = if self.deferrals == 1 { String::new() } else { format!("{} ", self.deferrals) };
        let since = self.since.format("%Y-%m-%dT%H:%M:%SZ");
        write!(f, "waiting for build capacity since {since}, put off {count}{times}")
    }
}

impl Tenant {
    /// Whether nothing was ever built for it, and nothing is under way: it waited
    /// only. What an external application plane does is not known here.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        let never = self.status == Status::Pending || self.last_operation.is_none();
        self.plan.acts_in_turn() && self.operation.is_none() && never
    }

    /// What it waits for, if that is build capacity: its operation was put off for
    /// want of it, and waits again or has begun again.
    #[must_use]
    pub fn waits_for_capacity(&self) -> Option<Due> {
        let under_way = self.operation.as_ref().and_then(|open| open.waited);
        self.due.or(under_way).filter(|due| due.deferrals > 0)
    }
}
