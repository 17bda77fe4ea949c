//! What was asked of a tenant last: its memory for requests that come late, or
//! again.

use super::Request;
use serde::{Deserialize, Serialize};

/// What a request asks for that has a time and counts once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wish {
    /// To close the tenant to its users.
    Suspend,
    /// To open it again.
    Resume,
    /// To try again what failed.
    Retry,
    /// To take it down.
    Offboard,
}

/// The youngest request for each wish that was not refused or overtaken, also
/// one that found the tenant as it wants it: EventBridge keeps no order, so that
/// an older one may come later, and delivers more than once.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Heard {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suspend: Option<Request>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resume: Option<Request>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry: Option<Request>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offboard: Option<Request>,
}

impl Heard {
    /// The youngest request for `wish`.
    #[must_use]
    pub const fn of(&self, wish: Wish) -> Option<Request> {
        match wish {
            Wish::Suspend => self.suspend,
            Wish::Resume => self.resume,
            Wish::Retry => self.retry,
            Wish::Offboard => self.offboard,
        }
    }

    /// Remembers `request`, which is the youngest for `wish`.
    pub(crate) const fn keep(&mut self, wish: Wish, request: Request) {
        let place = match wish {
            Wish::Suspend => &mut self.suspend,
            Wish::Resume => &mut self.resume,
            Wish::Retry => &mut self.retry,
            Wish::Offboard => &mut self.offboard,
        };
        *place = Some(request);
    }
}
