//! A dead-letter message: what could not be handled, by which function, and why.
//! Three kinds come into the queue, each of another shape: what EventBridge could
//! not deliver ("Using dead-letter queues", Amazon EventBridge User Guide), what a
//! function gave up (on-failure destinations and stream batches: "Retaining
//! records of asynchronous invocations" and "Retaining discarded records", AWS
//! Lambda Developer Guide), and what a function put into quarantine.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenantry_events::envelope::REDRIVE;
use tenantry_events::ids::{CorrelationId, EventId, TenantId};
use tenantry_events::text::Reason;
use tenantry_registry::audit::{AuditEntry, Origin, Verdict};

/// A dead-letter message, read.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// SQS's id of it.
    pub id: String,
    /// When it came into the queue.
    pub sent_at: DateTime<Utc>,
    /// The function that it was for; with the deployment's name where an ARN
    /// said it.
    pub function: String,
    /// What it was about: an event's detail type, or the change stream.
    pub about: String,
    /// The tenant, where the event names one.
    pub tenant_id: Option<String>,
    /// Why, by name.
    pub code: String,
    /// Why, in words.
    pub reason: String,
    /// How often it was tried before it came here.
    pub attempts: u32,
    /// What a redrive invokes the function with; nothing for a batch of the change
    /// stream, which names records that may be gone: there the sweeper does the work.
    pub payload: Option<Value>,
}

impl DeadLetter {
    /// Reads a message, whatever its kind; `attribute` gives its attributes.
    #[must_use]
    pub fn read(
        id: String,
        sent_at: DateTime<Utc>,
        body: &str,
        attribute: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let attribute = |name: &str| attribute(name).unwrap_or_default();
        let mut message = Self {
            id,
            sent_at,
            function: String::new(),
            about: String::new(),
            tenant_id: None,
            code: attribute("ERROR_CODE"),
            reason: attribute("ERROR_MESSAGE"),
            attempts: attribute("RETRY_ATTEMPTS").parse().map_or(1, |retries: u32| retries.saturating_add(1)),
            payload: None,
        };
        if body.get("DDBStreamBatchInfo").is_some() {
            message.given_up(&body);
            message.about = "change stream".to_owned();
        } else if body.get("requestPayload").is_some() {
            message.given_up(&body);
            message.of_event(body.get("requestPayload").cloned().unwrap_or_default());
        } else {
            let function = attribute("FUNCTION");
            message.function = if function.is_empty() { name_of(&attribute("TARGET_ARN")) } else { function };
            message.of_event(body);
        }
        message
    }

    /// What a redrive invokes, and with what: the function that gave up, with the
    /// event marked as delivered again; the sweeper where there is no event.
    /// `stack` is the deployment's name, which function names begin with.
    #[must_use]
    pub fn redriven(&self, stack: &str) -> (String, Value) {
        let Some(payload) = &self.payload else {
            return ("sweeper".to_owned(), Value::Object(serde_json::Map::new()));
        };
        let mut payload = payload.clone();
        if let Some(event) = payload.as_object_mut().filter(|event| event.contains_key("detail-type")) {
            event.insert("replay-name".to_owned(), Value::from(REDRIVE));
        }
        let bare = self.function.strip_prefix(stack).and_then(|rest| rest.strip_prefix('-'));
        (bare.unwrap_or(&self.function).to_owned(), payload)
    }

    /// Whether its id begins with `beginning`, as people name messages.
    #[must_use]
    pub fn is_called(&self, beginning: &str) -> bool {
        !beginning.is_empty() && self.id.starts_with(beginning)
    }

    /// The line for the history of the tenant that the message is about, if that
    /// is known: `actor` has deleted it for good.
    #[must_use]
    pub fn discarded(&self, actor: &str, why: &Reason, now: DateTime<Utc>) -> Option<AuditEntry> {
        let tenant_id: TenantId = self.tenant_id.as_ref()?.parse().ok()?;
        let event_id = EventId::derive(&format!("discarded/{}", self.id));
        let Self { about, function, code, .. } = self;
        Some(AuditEntry {
            tenant_id,
            at: now,
            origin: Origin {
                event_id,
                correlation_id: CorrelationId::from(event_id),
                action: "discard".to_owned(),
                actor: actor.to_owned(),
                why: Some(why.to_string()),
            },
            verdict: Verdict::Accepted,
            code: None,
            reason: format!("a dead-letter message of {function} ({about}, {code}) was discarded"),
            tenant_registration_id: None,
            tenant_version: None,
        })
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
}

/// The last part of a function's ARN, without a version.
fn name_of(arn: &str) -> String {
    let name = arn.split(":function:").nth(1).unwrap_or(arn);
    name.split(':').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str, attributes: &[(&str, &str)]) -> DeadLetter {
        let attribute = |name: &str| {
            let found = attributes.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        DeadLetter::read("m-1".to_owned(), DateTime::UNIX_EPOCH, body, attribute)
    }

    const EVENT: &str = r#"{"detail-type": "sbt_aws_offboardingRequest", "detail": {"tenantId": "t"}}"#;

    #[test]
    fn what_eventbridge_could_not_deliver_goes_to_its_target_again() {
        let attributes = [
            ("TARGET_ARN", "arn:aws:lambda:us-east-1:1:function:tenantry-offboarding"),
            ("ERROR_CODE", "NO_PERMISSIONS"),
            ("RETRY_ATTEMPTS", "3"),
        ];
        let message = message(EVENT, &attributes);
        assert_eq!((message.attempts, message.tenant_id.as_deref()), (4, Some("t")));
        let (function, payload) = message.redriven("tenantry");
        assert_eq!((function.as_str(), &payload["replay-name"]), ("offboarding", &Value::from(REDRIVE)));
    }

    #[test]
    fn what_a_function_gave_up_is_read() {
        let body = format!(
            r#"{{"requestContext": {{"functionArn": "arn:aws:lambda:us-east-1:1:function:tenantry-offboarding:$LATEST",
                "condition": "RetriesExhausted", "approximateInvokeCount": 3}},
                "requestPayload": {EVENT},
                "responsePayload": {{"errorType": "UnknownTenant", "errorMessage": "no such tenant"}}}}"#
        );
        let message = message(&body, &[]);
        assert_eq!((message.function.as_str(), message.attempts), ("tenantry-offboarding", 3));
        assert_eq!(message.code, "UnknownTenant");
    }

    #[test]
    fn a_batch_of_the_change_stream_is_the_sweepers() {
        let body = r#"{"requestContext": {"functionArn": "arn:aws:lambda:us-east-1:1:function:tenantry-publisher",
            "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 21}, "DDBStreamBatchInfo": {}}"#;
        let message = message(body, &[]);
        assert_eq!(
            (message.about.as_str(), message.redriven("tenantry").0.as_str()),
            ("change stream", "sweeper")
        );
    }
}
