//! What goes wrong in a history, and how often: each history has a weather of
//! its own, so that all kinds of trouble meet in every mixture. At its end all
//! is well.

use super::random::Random;
use crate::faults::{Call, Entries, Fault};
use chrono::{DateTime, TimeDelta, Utc};

/// Those that may be down, as their requests name them.
const SERVICES: [&str; 4] = ["DynamoDB", "AWSStepFunctions", "AWSEvents", "AmazonSQS"];

const KINDS: [Fault; 12] = [
    Fault::Refused,
    Fault::Throttled,
    Fault::Broken,
    Fault::NoAnswer,
    Fault::Unanswered,
    Fault::Late,
    Fault::Conflict,
    Fault::Partial(Entries::First),
    Fault::Partial(Entries::Last),
    Fault::Partial(Entries::All),
    Fault::KilledBefore,
    Fault::KilledAfter,
];

/// A service that does nothing for a while.
#[derive(Clone, Debug)]
struct Storm {
    service: &'static str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    fault: Fault,
}

/// Chances are in percent.
#[derive(Clone, Debug)]
pub(super) struct Weather {
    /// When it ends.
    pub(super) end: DateTime<Utc>,
    /// Of a call, to meet a fault.
    fault: i64,
    kinds: Vec<Fault>,
    storms: Vec<Storm>,
    /// Of an event or a record, to be lost.
    loss: i64,
    /// Of an event or a batch, to come again.
    again: i64,
    /// Of an event or a record, to be late by minutes.
    delay: i64,
    /// Of a read of an index, to be behind.
    lag: i64,
    /// Of a build, to fail.
    failure: i64,
    /// Of an execution, to end in a way that its machine does not record.
    cut: i64,
}

impl Weather {
    /// Some weather from `start` to `end`.
    pub(super) fn new(random: &mut Random, start: DateTime<Utc>, end: DateTime<Utc>) -> Self {
        // Each trouble is absent from half of the histories.
        let mut up_to = |most: i64| match random.chance(50) {
            true => random.between(0, most + 1),
            false => 0,
        };
        let (fault, loss, again, delay) = (up_to(12), up_to(25), up_to(40), up_to(30));
        let (lag, failure, cut) = (up_to(60), up_to(50), up_to(30));
        let kinds = KINDS.into_iter().filter(|_| random.chance(60)).collect();
        let mut storms = Vec::new();
        for _ in 0..random.between(0, 4) {
            let from = start + TimeDelta::seconds(random.between(0, (end - start).num_seconds()));
            storms.push(Storm {
                service: random.one::<&str>(&SERVICES),
                from,
                to: from + TimeDelta::seconds(random.between(5, 1_800)),
                fault: *random.one(&KINDS[..6]),
            });
        }
        Self { end, fault, kinds, storms, loss, again, delay, lag, failure, cut }
    }

    /// What happens to `call`, if anything does.
    pub(super) fn fault(&self, random: &mut Random, call: &Call, now: DateTime<Utc>) -> Option<Fault> {
        if now >= self.end {
            return None;
        }
        let storm = self
            .storms
            .iter()
            .find(|storm| storm.service == call.service && (storm.from..storm.to).contains(&now));
        if let Some(storm) = storm {
            return Some(storm.fault);
        }
        let fits = |fault: &&Fault| match fault {
            Fault::Conflict => call.operation == "TransactWriteItems",
            Fault::Partial(_) => call.operation == "PutEvents",
            _ => true,
        };
        let kinds: Vec<_> = self.kinds.iter().filter(fits).collect();
        (!kinds.is_empty() && random.chance(self.fault)).then(|| **random.one(&kinds))
    }

    pub(super) fn loses(&self, random: &mut Random, now: DateTime<Utc>) -> bool {
        now < self.end && random.chance(self.loss)
    }

    pub(super) fn repeats(&self, random: &mut Random, now: DateTime<Utc>) -> bool {
        now < self.end && random.chance(self.again)
    }

    pub(super) fn fails(&self, random: &mut Random, now: DateTime<Utc>) -> bool {
        now < self.end && random.chance(self.failure)
    }

    pub(super) fn cuts(&self, random: &mut Random, now: DateTime<Utc>) -> bool {
        now < self.end && random.chance(self.cut)
    }

    /// How long something is on its way: a moment, or minutes.
    pub(super) fn way(&self, random: &mut Random, now: DateTime<Utc>) -> TimeDelta {
        match now < self.end && random.chance(self.delay) {
            true => TimeDelta::seconds(random.between(1, 1_800)),
            false => TimeDelta::milliseconds(random.between(50, 700)),
        }
    }

    /// How many changes an index is behind.
    pub(super) fn lag(&self, random: &mut Random, now: DateTime<Utc>) -> usize {
        match now < self.end && random.chance(self.lag) {
            true => usize::try_from(random.between(1, 12)).unwrap_or_default(),
            false => 0,
        }
    }
}
