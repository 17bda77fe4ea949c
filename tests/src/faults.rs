//! Faults between the SDK and a service, as AWS has them: which there are, and
//! at which call one strikes. [`Faulty`] is the client that has them.

pub(crate) mod answer;
mod call;
mod faulty;
pub(crate) mod partial;

pub use call::{Answer, Call};
pub use faulty::Faulty;

use std::fmt;

/// What happens to a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The service refuses it for good: access denied.
    Refused,
    /// The service refuses it for now: too many requests.
    Throttled,
    /// The service answers with a fault of its own (500).
    Broken,
    /// The connection breaks before the request is sent.
    NoAnswer,
    /// The service does it, and the connection breaks before the answer.
    Unanswered,
    /// The client waits in vain; the service does it after the client's next
    /// call, or when the client is at its end.
    Late,
    /// Another transaction is at one of its items; `TransactWriteItems` only.
    Conflict,
    /// The service sends no more e-mails today; `AdminCreateUser` with an
    /// invitation only.
    NoMail,
    /// Some entries fail inside a 200; `PutEvents` only.
    Partial(Entries),
    /// The process is killed before the request is sent.
    KilledBefore,
    /// The process is killed after the service has done it.
    KilledAfter,
}

/// Which entries of a call fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Entries {
    /// The first.
    First,
    /// The last.
    Last,
    /// All of them.
    All,
}

/// How long a fault lasts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Span {
    /// For the first attempt: the SDK's next one gets through.
    Once,
    /// For every attempt of the call.
    Throughout,
}

/// A fault and the call that meets it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plan {
    /// Only calls of this operation count; all calls do without one.
    pub operation: Option<&'static str>,
    /// Which of those, from 0.
    pub place: usize,
    /// What happens to it.
    pub fault: Fault,
    /// For how long.
    pub span: Span,
}

impl Plan {
    /// At the call in this place, whichever it is.
    #[must_use]
    pub fn at(place: usize, (fault, span): (Fault, Span)) -> Self {
        Self { operation: None, place, fault, span }
    }

    /// At the call of `operation` in this place among its calls.
    #[must_use]
    pub fn on(operation: &'static str, place: usize, fault: Fault, span: Span) -> Self {
        Self { operation: Some(operation), place, fault, span }
    }
}

impl Fault {
    /// Everything that can happen to `call`.
    #[must_use]
    pub fn of(call: &Call) -> Vec<(Self, Span)> {
        let mut all = vec![
            (Self::Refused, Span::Once),
            (Self::KilledBefore, Span::Once),
            (Self::KilledAfter, Span::Once),
        ];
        let mut passing = vec![Self::Throttled, Self::Broken, Self::NoAnswer, Self::Unanswered, Self::Late];
        match call.operation.as_str() {
            "TransactWriteItems" => passing.push(Self::Conflict),
            "AdminCreateUser" if call.request["MessageAction"] != "SUPPRESS" => {
                all.push((Self::NoMail, Span::Throughout));
            }
            // It is the function itself that sends again; the SDK sees a success.
            "PutEvents" => all.extend(
                [Entries::First, Entries::Last, Entries::All]
                    .map(|entries| (Self::Partial(entries), Span::Once)),
            ),
            _ => {}
        }
        all.extend(passing.into_iter().flat_map(|fault| [(fault, Span::Once), (fault, Span::Throughout)]));
        all
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::Broken => "broken",
            Self::NoAnswer => "no answer",
            Self::Unanswered => "unanswered",
            Self::Late => "late",
            Self::Conflict => "conflict",
            Self::NoMail => "no mail",
            Self::Partial(Entries::First) => "first fails",
            Self::Partial(Entries::Last) => "last fails",
            Self::Partial(Entries::All) => "all fail",
            Self::KilledBefore => "killed before",
            Self::KilledAfter => "killed after",
        })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Once => "once",
            Self::Throughout => "throughout",
        })
    }
}
