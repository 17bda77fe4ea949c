//! The dead-letter queue. SQS has no pages and no way to look without taking:
//! each call receives the visible messages, ten at a time, decides which of them
//! are meant, and makes all others visible again.

mod choice;
mod redrive;

pub use choice::{Choice, Position, PositionError};
pub use redrive::{Outcome, Redriven};

use crate::call::{CallError, failed};
use crate::dead_letter::DeadLetter;
use crate::functions::Functions;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use tenantry_events::text::Reason;
use tenantry_registry::store::{Registry, StoreError};

/// How long a message is invisible to others while it is worked on, in seconds:
/// longer than a call of the API lasts.
const INVISIBLE: i32 = 60;
/// The most messages that one call looks at.
pub const MESSAGES_MAX: usize = 1_000;
/// The most messages that one call redrives or discards by id.
pub const AT_ONCE: usize = 50;

/// The dead-letter queue of one deployment.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    client: aws_sdk_sqs::Client,
    url: String,
    functions: Functions,
}

/// Why nothing, or not all of it, was done with messages.
#[derive(Debug, thiserror::Error)]
pub enum DeadLetterError {
    /// AWS does not do it.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The registry does not take the line of a discarded message, which stays.
    #[error(transparent)]
    Registry(#[from] StoreError),
    /// None of the visible messages is called so; nothing was done.
    #[error("no visible dead-letter message {0}")]
    Unknown(String),
}

/// About how many messages there are, as SQS counts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Count {
    /// Visible ones.
    pub visible: u64,
    /// Those that somebody works on.
    pub in_flight: u64,
}

/// Some of the messages, oldest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The messages.
    pub messages: Vec<DeadLetter>,
    /// Behind which message the next page begins, if there are more.
    pub next: Option<Position>,
    /// How many stay invisible for a minute, as SQS did not take them back.
    pub invisible: usize,
}

/// Messages that were deleted for good.
#[derive(Clone, Copy, Debug)]
pub struct Discarded {
    /// How many.
    pub messages: usize,
    /// As in [`Page`].
    pub invisible: usize,
}

/// Who discards, and where that is kept.
#[derive(Clone, Copy, Debug)]
pub struct Discard<'a> {
    /// Keeps the line.
    pub registry: &'a Registry,
    /// Who, for the history.
    pub actor: &'a str,
    /// Why.
    pub reason: &'a Reason,
    /// When.
    pub now: DateTime<Utc>,
}

/// A message, and the handle that SQS knows it by while it is invisible.
#[derive(Clone, Debug)]
struct Taken {
    message: DeadLetter,
    receipt: String,
}

impl DeadLetters {
    /// The queue at `url`, for messages of `functions`.
    #[must_use]
    pub fn new(client: aws_sdk_sqs::Client, url: impl Into<String>, functions: Functions) -> Self {
        Self { client, url: url.into(), functions }
    }

    /// The queue of the deployment that `functions` are of, by its name.
    ///
    /// # Errors
    ///
    /// [`CallError`] when SQS has none of that name or does not answer.
    pub async fn of_deployment(client: aws_sdk_sqs::Client, functions: Functions) -> Result<Self, CallError> {
        let name = format!("{}-dead-letters", functions.stack());
        let found = client.get_queue_url().queue_name(&name).send().await;
        let found = found.map_err(failed(&format!("there is no queue {name}")))?;
        Ok(Self::new(client, found.queue_url.unwrap_or_default(), functions))
    }

    /// About how many messages there are.
    ///
    /// # Errors
    ///
    /// [`CallError`] when SQS does not answer.
    pub async fn count(&self) -> Result<Count, CallError> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let call = self.client.get_queue_attributes().queue_url(&self.url);
        let answer = call.set_attribute_names(Some(names.to_vec())).send().await;
        let answer = answer.map_err(failed("the dead-letter queue cannot be read"))?;
        let attributes = answer.attributes.unwrap_or_default();
        let number = |name| attributes.get(&name).and_then(|text| text.parse().ok()).unwrap_or_default();
        let [visible, in_flight] = names.map(number);
        Ok(Count { visible, in_flight })
    }

    /// The visible messages behind `after`, at most `most`; they stay visible. Of
    /// more than [`MESSAGES_MAX`], those that SQS gives first.
    ///
    /// # Errors
    ///
    /// [`CallError`] when SQS does not give them.
    pub async fn page(&self, after: Option<Position>, most: usize) -> Result<Page, CallError> {
        let taken = self.take().await?;
        let invisible = self.give_back(&taken).await;
        let (chosen, _, next) = Choice::Page { after, most }.of(taken);
        Ok(Page { messages: chosen.into_iter().map(|taken| taken.message).collect(), next, invisible })
    }

    /// Deletes messages for good, and says to `each` which. The history of the
    /// tenant that one is about has a line before the message is gone.
    ///
    /// # Errors
    ///
    /// [`DeadLetterError`]; what was not deleted by then is in the queue.
    pub async fn discard(
        &self,
        choice: &Choice<'_>,
        by: &Discard<'_>,
        mut each: impl FnMut(&DeadLetter) + Send,
    ) -> Result<Discarded, DeadLetterError> {
        let (chosen, _, invisible) = self.choose(choice).await?;
        for (n, taken) in chosen.iter().enumerate() {
            if let Err(error) = self.discard_one(taken, by).await {
                self.give_back(&chosen[n..]).await;
                return Err(error);
            }
            each(&taken.message);
        }
        Ok(Discarded { messages: chosen.len(), invisible })
    }

    async fn discard_one(&self, taken: &Taken, by: &Discard<'_>) -> Result<(), DeadLetterError> {
        if let Some(line) = taken.message.discarded(by.actor, by.reason, by.now) {
            by.registry.refused(&line).await?;
        }
        Ok(self.remove(taken).await?)
    }

    /// Takes the messages that are meant; where the next page begins, and how many
    /// others could not be given back.
    async fn choose(
        &self,
        choice: &Choice<'_>,
    ) -> Result<(Vec<Taken>, Option<Position>, usize), DeadLetterError> {
        let taken = self.take().await?;
        if let Some(unknown) = choice.unknown(&taken) {
            let unknown = unknown.to_owned();
            self.give_back(&taken).await;
            return Err(DeadLetterError::Unknown(unknown));
        }
        let (chosen, others, next) = choice.of(taken);
        let invisible = self.give_back(&others).await;
        Ok((chosen, next, invisible))
    }

    /// Takes the visible messages, oldest first. They are invisible to others
    /// until they are given back, or for a minute.
    async fn take(&self) -> Result<Vec<Taken>, CallError> {
        let mut found: BTreeMap<String, Taken> = BTreeMap::new();
        while found.len() < MESSAGES_MAX {
            let call = self.client.receive_message().queue_url(&self.url).max_number_of_messages(10);
            let call = call.visibility_timeout(INVISIBLE).wait_time_seconds(1).message_attribute_names("All");
            let call = call.message_system_attribute_names(MessageSystemAttributeName::All);
            let received = match call.send().await {
                Ok(received) => received.messages.unwrap_or_default(),
                Err(error) => {
                    let taken: Vec<Taken> = found.into_values().collect();
                    self.give_back(&taken).await;
                    return Err(failed("the dead-letter queue cannot be read")(error));
                }
            };
            let before = found.len();
            found.extend(received.into_iter().map(read).map(|taken| (taken.message.id.clone(), taken)));
            // Nothing, or only what was seen before: it has become visible again meanwhile.
            if found.len() == before {
                break;
            }
        }
        let mut taken: Vec<Taken> = found.into_values().collect();
        taken.sort_by_cached_key(|taken| Position::of(&taken.message));
        Ok(taken)
    }

    /// Makes messages visible again; how many SQS does not take back, which are
    /// visible in a minute.
    async fn give_back(&self, messages: &[Taken]) -> usize {
        let mut kept = 0;
        for ten in messages.chunks(10) {
            let entry = |(n, taken): (usize, &Taken)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(n.to_string());
                entry.receipt_handle(&taken.receipt).visibility_timeout(0).build().ok()
            };
            let entries = ten.iter().enumerate().filter_map(entry).collect();
            let call = self.client.change_message_visibility_batch().queue_url(&self.url);
            kept += match call.set_entries(Some(entries)).send().await {
                Ok(answer) => answer.failed.len(),
                Err(_) => ten.len(),
            };
        }
        kept
    }

    /// Deletes a message for good.
    async fn remove(&self, taken: &Taken) -> Result<(), CallError> {
        let call = self.client.delete_message().queue_url(&self.url).receipt_handle(&taken.receipt);
        let what = "a dead-letter message cannot be deleted; it stays in the queue";
        call.send().await.map(|_| ()).map_err(failed(what))
    }
}

fn read(received: Message) -> Taken {
    let attributes = received.message_attributes.unwrap_or_default();
    let system = received.attributes.unwrap_or_default();
    let sent = system.get(&MessageSystemAttributeName::SentTimestamp).and_then(|text| text.parse().ok());
    let sent = sent.and_then(DateTime::from_timestamp_millis).unwrap_or_default();
    let body = received.body.unwrap_or_default();
    let attribute = |name: &str| attributes.get(name)?.string_value.clone();
    let message = DeadLetter::read(received.message_id.unwrap_or_default(), sent, &body, attribute);
    Taken { message, receipt: received.receipt_handle.unwrap_or_default() }
}
