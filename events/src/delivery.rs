//! Sending events, without the sending: which entries go into which call, which
//! of them go again, and when to give up.
//!
//! `PutEvents` answers 200 with failed entries in it ("PutEvents", Amazon
//! EventBridge API Reference): only those go again, and nobody is told that
//! everything went well when it did not.

use crate::envelope::delivered_bytes;
use crate::ids::EventId;
use crate::name::EventName;
use crate::receive::MAX_BYTES;
use crate::sources::Sources;
use serde::Serialize;
use std::time::Duration;

/// The most entries of one call.
pub const MAX_ENTRIES: usize = 10;
/// The most bytes of one call; AWS allows 1 MB for all its entries.
pub const MAX_CALL_BYTES: usize = 1_000_000;
/// How often an entry is sent before it is given up.
pub const MAX_ROUNDS: u32 = 6;
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// One event, ready to be sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Its source.
    pub source: String,
    /// Its detail type.
    pub detail_type: String,
    /// Its detail, as JSON text.
    pub detail: String,
    /// Its identity, for logs.
    pub event_id: EventId,
}

/// An event that cannot be sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EntryError {
    /// It is larger than any consumer with a state machine could take.
    #[error("{name} must be at most {MAX_BYTES} bytes (256 KiB) long, was {bytes}")]
    TooLarge {
        /// Which event.
        name: EventName,
        /// How long it is, with its envelope.
        bytes: usize,
    },
    /// It cannot be written as JSON.
    #[error("{name} cannot be written as JSON: {reason}")]
    NotJson {
        /// Which event.
        name: EventName,
        /// Why.
        reason: String,
    },
}

impl Entry {
    /// The event `name` with `detail`, under the deployment's source and type.
    ///
    /// # Errors
    ///
    /// [`EntryError`] when it is too large or no JSON.
    pub fn new(
        name: EventName,
        event_id: EventId,
        detail: &impl Serialize,
        sources: &Sources,
    ) -> Result<Self, EntryError> {
        let detail = serde_json::to_string(detail)
            .map_err(|error| EntryError::NotJson { name, reason: error.to_string() })?;
        Self::of_text(name, event_id, detail, sources)
    }

    /// The event `name` with a detail that is JSON text already.
    ///
    /// # Errors
    ///
    /// [`EntryError::TooLarge`].
    pub fn of_text(
        name: EventName,
        event_id: EventId,
        detail: String,
        sources: &Sources,
    ) -> Result<Self, EntryError> {
        let entry = Self {
            source: sources.of(name).to_owned(),
            detail_type: sources.detail_type(name),
            detail,
            event_id,
        };
        let bytes = delivered_bytes(&entry.source, &entry.detail_type, entry.detail.len());
        if bytes > MAX_BYTES { Err(EntryError::TooLarge { name, bytes }) } else { Ok(entry) }
    }

    /// Its size as AWS counts it: "Calculating PutEvents event entry size",
    /// Amazon EventBridge User Guide (14 bytes for a time, which we do not set).
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.source.len() + self.detail_type.len() + self.detail.len()
    }
}

/// What the bus said of one entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EntryResult {
    /// It took it, under this id.
    Delivered(String),
    /// It did not.
    Refused {
        /// Why, by name.
        code: String,
        /// Why, in words.
        message: String,
    },
}

/// Entries that the bus did not take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Undelivered {
    /// Each with the last error's name.
    pub entries: Vec<(Entry, String)>,
}

impl std::fmt::Display for Undelivered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each = self.entries.iter().map(|(entry, code)| format!("{} ({code})", entry.detail_type));
        write!(f, "the bus did not take {}", each.collect::<Vec<_>>().join(", "))
    }
}

impl std::error::Error for Undelivered {}

/// One delivery: entries on their way to the bus.
#[derive(Clone, Debug)]
pub struct Delivery {
    waiting: Vec<Entry>,
    again: Vec<(Entry, String)>,
    sent: Vec<Entry>,
    given_up: Vec<(Entry, String)>,
    round: u32,
}

impl Delivery {
    /// A delivery of `entries`, in this order.
    #[must_use]
    pub fn new(entries: Vec<Entry>) -> Self {
        Self { waiting: entries, again: Vec::new(), sent: Vec::new(), given_up: Vec::new(), round: 1 }
    }

    /// The entries of the next call; `None` when all are delivered or given up.
    /// What the bus says of them must go to [`Delivery::absorb`].
    pub fn next_batch(&mut self) -> Option<&[Entry]> {
        if self.waiting.is_empty() {
            self.round += 1;
            self.waiting = self.again.drain(..).map(|(entry, _)| entry).collect();
        }
        let mut bytes = 0;
        let fits = |entry: &&Entry| {
            bytes += entry.bytes();
            bytes <= MAX_CALL_BYTES
        };
        let count = self.waiting.iter().take(MAX_ENTRIES).take_while(fits).count();
        // An entry by itself always fits: it is far smaller than a call.
        self.sent = self.waiting.drain(..count).collect();
        if self.sent.is_empty() { None } else { Some(&self.sent) }
    }

    /// Takes in what the bus said of the last batch, in its order. An entry
    /// that it said nothing of counts as refused.
    pub fn absorb(&mut self, results: &[EntryResult]) {
        for (place, entry) in std::mem::take(&mut self.sent).into_iter().enumerate() {
            let code = match results.get(place) {
                Some(EntryResult::Delivered(_)) => continue,
                Some(EntryResult::Refused { code, .. }) => code.clone(),
                None => "NoResult".to_owned(),
            };
            if may_succeed(&code) && self.round < MAX_ROUNDS {
                self.again.push((entry, code));
            } else {
                self.given_up.push((entry, code));
            }
        }
    }

    /// How long to wait before the next batch: nothing while a round is not
    /// over; then longer from round to round, anywhere between nothing and the
    /// full delay (`random` is in [0, 1)), so that many senders spread.
    #[must_use]
    pub fn delay(&self, random: f64) -> Duration {
        if !self.waiting.is_empty() || self.again.is_empty() {
            return Duration::ZERO;
        }
        let full = FIRST_DELAY.saturating_mul(1 << self.round.min(16)).min(LONGEST_DELAY);
        full.mul_f64(random.clamp(0.0, 1.0))
    }

    /// How it ended.
    ///
    /// # Errors
    ///
    /// [`Undelivered`] has what the bus did not take.
    pub fn finish(mut self) -> Result<(), Undelivered> {
        self.given_up.extend(self.again);
        let lost = self.sent.into_iter().chain(self.waiting);
        self.given_up.extend(lost.map(|entry| (entry, "NotSent".to_owned())));
        if self.given_up.is_empty() { Ok(()) } else { Err(Undelivered { entries: self.given_up }) }
    }
}

/// Whether an entry's error is about the moment, not about the entry.
fn may_succeed(code: &str) -> bool {
    !matches!(code, "InvalidArgument" | "MalformedDetail" | "NotAuthorizedForSource" | "RedactionFailure")
}
