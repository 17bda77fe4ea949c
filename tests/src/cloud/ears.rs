//! Who listens for the tests: `tenantry event tail` to the bus, and a reader of
//! the dead-letter queue. What they hear is kept for whoever asks.

use super::command::{Running, start};
use crate::access::Access;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A message in the dead-letter queue.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// What was given up: JSON where it is some, else a text.
    pub body: Value,
    /// The message's attributes: `ERROR_CODE`, `ERROR_MESSAGE`, ….
    pub attributes: BTreeMap<String, String>,
}

impl DeadLetter {
    /// The attribute called `name`; empty if there is none.
    #[must_use]
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// What listens, and what it has heard.
#[derive(Debug)]
pub(super) struct Ears {
    bus: Running,
    dead: Arc<Mutex<Vec<DeadLetter>>>,
}

impl Ears {
    /// Begins to listen to the bus with the command `tail`, which ends with the
    /// cloud.
    pub(super) fn listen(mut tail: Command) -> Self {
        let mut bus = start(&mut tail);
        bus.says("listening to the bus");
        Self { bus, dead: Arc::default() }
    }

    /// Begins to read the cloud's dead-letter queue.
    pub(super) fn read_dead_letters(&self, access: Access) {
        let into = Arc::clone(&self.dead);
        std::thread::spawn(move || read_dead_letters(&access, &into));
    }

    /// Everything that was on the bus so far, in the order in which it came.
    pub(super) fn bus(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).expect("an event a line");
        // The last line may not be whole yet.
        let heard = self.bus.stdout();
        let whole = heard.rfind('\n').map_or("", |end| &heard[..end]);
        whole.lines().map(parse).collect()
    }

    /// Everything that was in the dead-letter queue so far.
    pub(super) fn dead(&self) -> Vec<DeadLetter> {
        self.dead.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Reads until the test process ends.
fn read_dead_letters(access: &Access, into: &Mutex<Vec<DeadLetter>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let client = aws_sdk_sqs::Client::new(&access.config());
    let url = format!("{}/000000000000/tenantry-dead-letters", access.endpoint);
    runtime.expect("a runtime").block_on(async {
        loop {
            let call = client.receive_message().queue_url(&url).max_number_of_messages(10);
            let Ok(answer) = call.wait_time_seconds(5).message_attribute_names("All").send().await else {
                // Only at the end, when the cloud stops before this process does.
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            };
            for message in answer.messages.unwrap_or_default() {
                let handle = message.receipt_handle.unwrap_or_default();
                let _ = client.delete_message().queue_url(&url).receipt_handle(handle).send().await;
                let body = message.body.unwrap_or_default();
                let attributes = message.message_attributes.unwrap_or_default().into_iter();
                let letter = DeadLetter {
                    body: serde_json::from_str(&body).unwrap_or(Value::String(body)),
                    attributes: attributes
                        .map(|(name, value)| (name, value.string_value.unwrap_or_default()))
                        .collect(),
                };
                into.lock().unwrap_or_else(PoisonError::into_inner).push(letter);
            }
        }
    });
}
