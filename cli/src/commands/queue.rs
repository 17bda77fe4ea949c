//! `tenantry queue`: what could not be handled.

mod letter;
mod list;
mod redrive;
mod show;

use crate::args::Queue as Command;
use crate::clients::Deployment;
use crate::error::{CliError, Result, aws};
use crate::output::Output;
use aws_sdk_sqs::types::MessageSystemAttributeName;
use letter::Letter;
use std::collections::HashMap;

/// How long a letter is out of sight while it is looked at, in seconds.
const HIDDEN: i32 = 60;

pub(super) async fn run(command: Command, deployment: &Deployment, output: &Output) -> Result {
    match command {
        Command::List { limit } => list::run(limit, deployment, output).await,
        Command::Show { id } => show::run(&id, deployment, output).await,
        Command::Redrive { ids, all } => redrive::run(&ids, all, deployment, output).await,
    }
}

/// The dead-letter queue of the deployment.
#[derive(Debug)]
struct DeadLetters<'a> {
    deployment: &'a Deployment,
    url: String,
}

impl<'a> DeadLetters<'a> {
    async fn open(deployment: &'a Deployment) -> Result<Self> {
        let name = format!("{}-dead-letters", deployment.stack);
        let found = deployment.queues.get_queue_url().queue_name(&name).send().await;
        let found = found.map_err(aws(&format!("there is no queue {name}")))?;
        let url = found.queue_url.ok_or_else(|| CliError::NotFound(format!("there is no queue {name}")))?;
        Ok(Self { deployment, url })
    }

    /// Takes the letters that are in sight, at most `limit`, oldest first. They
    /// are out of others' sight until they are given back, or for a minute.
    async fn take(&self, limit: usize) -> Result<Vec<Letter>> {
        let mut letters: HashMap<String, Letter> = HashMap::new();
        loop {
            let call = self.deployment.queues.receive_message().queue_url(&self.url);
            let call = call.max_number_of_messages(10).visibility_timeout(HIDDEN).wait_time_seconds(1);
            let call = call.message_attribute_names("All");
            let call = call.message_system_attribute_names(MessageSystemAttributeName::All);
            let received = call.send().await.map_err(aws("the dead-letter queue cannot be read"))?;
            let messages = received.messages.unwrap_or_default();
            if messages.is_empty() || letters.len() >= limit {
                break;
            }
            for letter in messages.into_iter().map(Letter::read) {
                letters.insert(letter.id.clone(), letter);
            }
        }
        let mut letters: Vec<Letter> = letters.into_values().collect();
        letters.sort_by_key(|letter| letter.sent_at);
        Ok(letters)
    }

    /// Gives letters back for others to see.
    async fn give_back(&self, letters: &[Letter]) -> Result {
        for letter in letters {
            let call = self.deployment.queues.change_message_visibility().queue_url(&self.url);
            let call = call.receipt_handle(&letter.receipt).visibility_timeout(0).send().await;
            call.map_err(aws("a letter cannot be given back; it is in sight again in a minute"))?;
        }
        Ok(())
    }

    /// Removes a letter for good.
    async fn remove(&self, letter: &Letter) -> Result {
        let call = self.deployment.queues.delete_message().queue_url(&self.url);
        let call = call.receipt_handle(&letter.receipt).send().await;
        call.map(|_| ()).map_err(aws("a letter cannot be removed; it stays in the queue"))
    }
}
