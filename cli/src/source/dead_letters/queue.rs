//! The dead-letter queue of the deployment itself.

use super::{Redriven, is, none, short};
use crate::clients::Deployment;
use crate::error::{CliError, Result, aws};
use crate::invoke::{Invoked, invoke};
use crate::output::{Mark, Output};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use tenantry_events::dead_letter::DeadLetter;
use tenantry_events::text::Reason;
use tenantry_registry::audit::AuditEntry;

/// How long a message is invisible to others while it is read, in seconds.
const HIDDEN: i32 = 60;

/// The queue.
#[derive(Debug)]
pub(super) struct DeadLetters<'a> {
    deployment: &'a Deployment,
    url: String,
}

/// A message, and the handle that SQS knows it by while it is invisible.
struct Taken {
    message: DeadLetter,
    receipt: String,
}

impl<'a> DeadLetters<'a> {
    pub(super) async fn open(deployment: &'a Deployment) -> Result<Self> {
        let name = format!("{}-dead-letters", deployment.stack);
        let found = deployment.queues.get_queue_url().queue_name(&name).send().await;
        let found = found.map_err(aws(&format!("there is no queue {name}")))?;
        let url = found.queue_url.ok_or_else(|| CliError::NotFound(format!("there is no queue {name}")))?;
        Ok(Self { deployment, url })
    }

    /// The visible messages; they stay visible.
    pub(super) async fn look(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        let taken = self.take(limit).await?;
        self.give_back(&taken).await?;
        Ok(taken.into_iter().map(|taken| taken.message).collect())
    }

    /// Redrives messages; what is handled leaves the queue.
    pub(super) async fn redrive(&self, ids: &[String], all: bool, output: &Output) -> Result<Redriven> {
        let taken = self.take(usize::MAX).await?;
        let (chosen, others): (Vec<Taken>, Vec<Taken>) =
            taken.into_iter().partition(|taken| all || ids.iter().any(|id| is(&taken.message, id)));
        self.give_back(&others).await?;
        if let Some(id) = ids.iter().find(|id| !chosen.iter().any(|taken| is(&taken.message, id))) {
            self.give_back(&chosen).await?;
            return Err(none(id));
        }
        let (mut done, mut failed) = (0, Vec::new());
        for taken in chosen {
            let DeadLetter { id, about, function, .. } = &taken.message;
            match self.retry(&taken.message).await? {
                Invoked::Done(_) => {
                    self.remove(&taken).await?;
                    done += 1;
                    output.say(Mark::Good, &format!("{} {about} handled by {function}", short(id)));
                }
                Invoked::Failed { name, message } => {
                    output.say(Mark::Bad, &format!("{} {about} failed again ({name}): {message}", short(id)));
                    failed.push(taken);
                }
            }
        }
        self.give_back(&failed).await?;
        Ok(Redriven { done, failed: failed.into_iter().map(|taken| taken.message.id).collect() })
    }

    /// Deletes messages for good; of which and why, the history of the tenant that
    /// one is about has a line.
    pub(super) async fn discard(&self, ids: &[String], reason: &Reason) -> Result<usize> {
        let taken = self.take(usize::MAX).await?;
        let (chosen, others): (Vec<Taken>, Vec<Taken>) =
            taken.into_iter().partition(|taken| ids.iter().any(|id| is(&taken.message, id)));
        self.give_back(&others).await?;
        if let Some(id) = ids.iter().find(|id| !chosen.iter().any(|taken| is(&taken.message, id))) {
            self.give_back(&chosen).await?;
            return Err(none(id));
        }
        for taken in &chosen {
            let actor = "the command, with AWS credentials".to_owned();
            if let Some(line) = AuditEntry::of_discarded(&taken.message, actor, reason, Utc::now()) {
                self.deployment.registry.refused(&line).await?;
            }
            self.remove(taken).await?;
        }
        Ok(chosen.len())
    }

    /// Invokes the function that could not handle the message, with its event
    /// marked as delivered again: what was decided on before stays as it is.
    async fn retry(&self, message: &DeadLetter) -> Result<Invoked> {
        let (function, payload) = message.again(&self.deployment.stack);
        invoke(self.deployment, &function, &payload).await
    }

    /// Takes the visible messages, at most `limit`, oldest first. They are
    /// invisible to others until they are given back, or for a minute.
    async fn take(&self, limit: usize) -> Result<Vec<Taken>> {
        let mut found: HashMap<String, Taken> = HashMap::new();
        loop {
            let call = self.deployment.queues.receive_message().queue_url(&self.url);
            let call = call.max_number_of_messages(10).visibility_timeout(HIDDEN).wait_time_seconds(1);
            let call = call.message_attribute_names("All");
            let call = call.message_system_attribute_names(MessageSystemAttributeName::All);
            let received = call.send().await.map_err(aws("the dead-letter queue cannot be read"))?;
            let messages = received.messages.unwrap_or_default();
            if messages.is_empty() || found.len() >= limit {
                break;
            }
            for taken in messages.into_iter().map(read) {
                found.insert(taken.message.id.clone(), taken);
            }
        }
        let mut found: Vec<Taken> = found.into_values().collect();
        found.sort_by_key(|taken| taken.message.sent_at);
        Ok(found)
    }

    /// Makes messages visible again.
    async fn give_back(&self, messages: &[Taken]) -> Result {
        for taken in messages {
            let call = self.deployment.queues.change_message_visibility().queue_url(&self.url);
            let call = call.receipt_handle(&taken.receipt).visibility_timeout(0).send().await;
            call.map_err(aws(
                "a dead-letter message cannot be released now; it is visible again in a minute",
            ))?;
        }
        Ok(())
    }

    /// Deletes a message for good.
    async fn remove(&self, taken: &Taken) -> Result {
        let call = self.deployment.queues.delete_message().queue_url(&self.url);
        let call = call.receipt_handle(&taken.receipt).send().await;
        call.map(|_| ()).map_err(aws("a dead-letter message cannot be deleted; it stays in the queue"))
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
