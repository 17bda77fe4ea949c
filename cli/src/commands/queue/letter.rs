//! A dead letter: what could not be handled, by whom, and why.
//!
//! Three kinds come into the queue, each with another shape: what EventBridge
//! could not deliver ("Using dead-letter queues", Amazon EventBridge User
//! Guide), what a function gave up (on-failure destinations and stream batches:
//! "Retaining records of asynchronous invocations" and "Retaining discarded
//! records", AWS Lambda Developer Guide), and what a function put into
//! quarantine.

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

/// A dead letter, read.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Letter {
    /// The message's id.
    pub(super) id: String,
    #[serde(skip)]
    pub(super) receipt: String,
    /// When it came into the queue.
    pub(super) sent_at: DateTime<Utc>,
    /// The function that it was for, without the deployment's name.
    pub(super) function: String,
    /// What it was about: an event's detail type, or the change stream.
    pub(super) about: String,
    /// The tenant, where the event names one.
    pub(super) tenant_id: Option<String>,
    /// Why, by name.
    pub(super) code: String,
    /// Why, in words.
    pub(super) reason: String,
    /// How often it was tried before it came here.
    pub(super) attempts: u32,
    /// What to hand over again; `None` for a batch of the change stream, which
    /// names records that may be gone: there the sweeper does the work.
    pub(super) payload: Option<Value>,
}

impl Letter {
    /// Reads a message, whatever its kind.
    pub(super) fn read(message: Message) -> Self {
        let body: Value =
            message.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
        let attributes = message.message_attributes.unwrap_or_default();
        let attribute =
            |name: &str| attributes.get(name).and_then(|a| a.string_value.clone()).unwrap_or_default();
        let system = message.attributes.unwrap_or_default();
        let sent = system.get(&MessageSystemAttributeName::SentTimestamp).and_then(|text| text.parse().ok());
        let mut letter = Self {
            id: message.message_id.unwrap_or_default(),
            receipt: message.receipt_handle.unwrap_or_default(),
            sent_at: sent.and_then(DateTime::from_timestamp_millis).unwrap_or_default(),
            function: String::new(),
            about: String::new(),
            tenant_id: None,
            code: attribute("ERROR_CODE"),
            reason: attribute("ERROR_MESSAGE"),
            attempts: attribute("RETRY_ATTEMPTS").parse().map_or(1, |retries: u32| retries + 1),
            payload: None,
        };
        if body.get("DDBStreamBatchInfo").is_some() {
            letter.given_up(&body);
            letter.about = "change stream".to_owned();
        } else if body.get("requestPayload").is_some() {
            letter.given_up(&body);
            letter.of_event(body.get("requestPayload").cloned().unwrap_or_default());
        } else {
            let function = attribute("FUNCTION");
            letter.function = if function.is_empty() { name_of(&attribute("TARGET_ARN")) } else { function };
            letter.of_event(body);
        }
        letter
    }

    /// What Lambda says of an invocation that it gave up.
    fn given_up(&mut self, body: &Value) {
        let text =
            |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        self.function = name_of(&text("/requestContext/functionArn"));
        let (error, condition) = (text("/responsePayload/errorType"), text("/requestContext/condition"));
        self.code = if error.is_empty() { condition } else { error };
        self.reason = text("/responsePayload/errorMessage");
        let count = body.pointer("/requestContext/approximateInvokeCount").and_then(Value::as_u64);
        self.attempts = count.and_then(|count| u32::try_from(count).ok()).unwrap_or(1);
    }

    fn of_event(&mut self, event: Value) {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        self.about = text("/detail-type").unwrap_or_else(|| "no event".to_owned());
        self.tenant_id = text("/detail/tenantId");
        self.payload = Some(event);
    }

    /// Whether `text` names this letter.
    pub(super) fn is(&self, text: &str) -> bool {
        !text.is_empty() && self.id.starts_with(text)
    }
}

/// The last part of a function's ARN, without a version.
fn name_of(arn: &str) -> String {
    let name = arn.split(":function:").nth(1).unwrap_or(arn);
    name.split(':').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sqs::types::MessageAttributeValue;

    fn message(body: &str, attributes: &[(&str, &str)]) -> Message {
        let mut message = Message::builder().message_id("m-1").receipt_handle("r").body(body);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder().data_type("String").string_value(*value);
            message = message.message_attributes(*name, value.build().unwrap_or_else(|e| panic!("{e}")));
        }
        message.build()
    }

    const EVENT: &str = r#"{"detail-type": "sbt_aws_offboardingRequest", "detail": {"tenantId": "t"}}"#;

    #[test]
    fn what_eventbridge_could_not_deliver_is_read() {
        let attributes = [
            ("TARGET_ARN", "arn:aws:lambda:us-east-1:1:function:tenantry-offboarding"),
            ("ERROR_CODE", "NO_PERMISSIONS"),
            ("ERROR_MESSAGE", "not allowed"),
            ("RETRY_ATTEMPTS", "3"),
        ];
        let letter = Letter::read(message(EVENT, &attributes));
        assert_eq!((letter.function.as_str(), letter.attempts), ("tenantry-offboarding", 4));
        assert_eq!(
            (letter.about.as_str(), letter.tenant_id.as_deref()),
            ("sbt_aws_offboardingRequest", Some("t"))
        );
        assert_eq!((letter.code.as_str(), letter.reason.as_str()), ("NO_PERMISSIONS", "not allowed"));
    }

    #[test]
    fn what_a_function_gave_up_is_read() {
        let body = format!(
            r#"{{"requestContext": {{"functionArn": "arn:aws:lambda:us-east-1:1:function:tenantry-offboarding:$LATEST",
                "condition": "RetriesExhausted", "approximateInvokeCount": 3}},
                "requestPayload": {EVENT},
                "responsePayload": {{"errorType": "UnknownTenant", "errorMessage": "no such tenant"}}}}"#
        );
        let letter = Letter::read(message(&body, &[]));
        assert_eq!((letter.function.as_str(), letter.attempts), ("tenantry-offboarding", 3));
        assert_eq!(
            (letter.code.as_str(), letter.about.as_str()),
            ("UnknownTenant", "sbt_aws_offboardingRequest")
        );
    }

    #[test]
    fn a_batch_of_the_change_stream_has_nothing_to_hand_over() {
        let body = r#"{"requestContext": {"functionArn": "arn:aws:lambda:us-east-1:1:function:tenantry-publisher",
            "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 21}, "DDBStreamBatchInfo": {}}"#;
        let letter = Letter::read(message(body, &[]));
        assert_eq!((letter.about.as_str(), letter.payload, letter.attempts), ("change stream", None, 21));
    }

    #[test]
    fn what_is_no_json_is_a_letter_all_the_same() {
        let letter = Letter::read(message("}", &[("FUNCTION", "onboarding"), ("ERROR_CODE", "NotAnEvent")]));
        assert_eq!((letter.function.as_str(), letter.code.as_str()), ("onboarding", "NotAnEvent"));
    }
}
