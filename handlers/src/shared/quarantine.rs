//! Where events go that can never succeed: the dead-letter queue, on the first
//! attempt and with the reason, so that they hold up nothing.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;
use serde_json::Value;
use tenantry_events::text::shorten;

/// The quarantine of a function.
#[derive(Clone, Debug)]
pub struct Quarantine {
    client: Client,
    queue_url: String,
    function: &'static str,
}

/// The queue did not take the message; the event is delivered again.
#[derive(Debug, thiserror::Error)]
#[error("the dead-letter queue does not answer ({0})")]
pub struct QuarantineError(String);

impl Quarantine {
    /// The quarantine at `queue_url`, for events that `function` gives up.
    #[must_use]
    pub fn new(client: Client, queue_url: String, function: &'static str) -> Self {
        Self { client, queue_url, function }
    }

    /// Puts `event` away, with the attributes that EventBridge's own dead
    /// letters have where they mean the same (`ERROR_CODE`, `ERROR_MESSAGE`;
    /// "Using dead-letter queues", Amazon EventBridge User Guide), and
    /// `FUNCTION`.
    ///
    /// # Errors
    ///
    /// [`QuarantineError`] when the queue does not take it.
    pub async fn put(&self, event: &Value, code: &str, message: &str) -> Result<(), QuarantineError> {
        let mut send = self.client.send_message().queue_url(&self.queue_url).message_body(event.to_string());
        let attributes = [("ERROR_CODE", code), ("ERROR_MESSAGE", message), ("FUNCTION", self.function)];
        for (name, value) in attributes {
            let attribute = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(shorten(value, 1_000))
                .build()
                .map_err(|error| QuarantineError(error.to_string()))?;
            send = send.message_attributes(name, attribute);
        }
        let sent = send.send().await;
        sent.map(|_| ()).map_err(|error| {
            let code = error.as_service_error().and_then(|e| e.meta().code()).unwrap_or("no answer");
            QuarantineError(code.to_owned())
        })
    }
}
