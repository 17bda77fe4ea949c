//! Where events go that can never succeed: the dead-letter queue, on the first
//! attempt and with the reason, so that they hold up nothing.

use super::payload::Payload;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;
use serde_json::Value;
use tenantry_events::text::shorten;

/// The most bytes of a message's body: SQS takes 1 MiB with the attributes.
///
/// Source: "`SendMessage`", Amazon SQS API Reference.
const BODY_MAX: usize = 1_048_576 - 16 * 1_024;
/// How many characters are kept of what is too large.
const KEPT: usize = 100_000;
/// What SQS does not take, of what JSON leaves as it is.
const NOT_TAKEN: [char; 2] = ['\u{fffe}', '\u{ffff}'];

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

    /// Puts `event` away, with the attributes that EventBridge's own
    /// dead-letter messages have where they mean the same (`ERROR_CODE`, `ERROR_MESSAGE`;
    /// "Using dead-letter queues", Amazon EventBridge User Guide), and
    /// `FUNCTION`. What is larger than the queue takes is cut.
    ///
    /// # Errors
    ///
    /// [`QuarantineError`] when the queue does not take it.
    pub async fn put(&self, event: &Payload, code: &str, message: &str) -> Result<(), QuarantineError> {
        let mut send = self.client.send_message().queue_url(&self.queue_url).message_body(body(event));
        let attributes = [("ERROR_CODE", code), ("ERROR_MESSAGE", message), ("FUNCTION", self.function)];
        for (name, value) in attributes {
            let attribute = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(shorten(value, 1_000).replace(NOT_TAKEN, "\u{fffd}"))
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

/// The event as the queue takes it: whole, or with the beginning of its detail,
/// or its beginning.
fn body(event: &Payload) -> String {
    // As it was written: a person sees the field that is there twice.
    let whole = taken(event.text());
    if whole.len() <= BODY_MAX {
        return whole;
    }
    let beginning = |text: &str| Value::from(text.chars().take(KEPT).chain(['…']).collect::<String>());
    let mut cut = event.value().clone();
    if let Some(detail) = cut.get_mut("detail") {
        *detail = beginning(&detail.to_string());
    }
    let cut = taken(&cut.to_string());
    if cut.len() <= BODY_MAX && !event.value().is_null() {
        cut
    } else {
        taken(&beginning(&whole).to_string())
    }
}

/// JSON without characters that SQS does not take; in JSON they are only ever
/// within texts, where they can be escaped.
fn taken(json: &str) -> String {
    json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff")
}
