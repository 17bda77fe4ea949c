//! A call of a service, as it is on the wire.

use super::Fault;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::Value;

/// One attempt of a call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which of the client's calls it is, from 0; all attempts have the same.
    pub place: usize,
    /// Which attempt of it, from 1.
    pub attempt: usize,
    /// `DynamoDB`, `AWSStepFunctions`, `AWSEvents`, `AmazonSQS`, or the host.
    pub service: String,
    /// `TransactWriteItems`, …, or the method.
    pub operation: String,
    /// What it is about: the items' kinds, the execution, the events.
    pub subject: String,
    /// What was sent.
    pub request: Value,
    /// What happened to it.
    pub fault: Option<Fault>,
    /// What the service answered, also where the client never saw it; `None`
    /// if it never got the request.
    pub answer: Option<Answer>,
    /// The SDK's id of the call; its attempts share it.
    pub(super) invocation: Option<String>,
}

/// What a service answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What it said.
    pub body: Value,
}

impl Call {
    /// The call of `request`, in its place among `earlier` ones.
    pub(crate) fn of(request: &HttpRequest, earlier: &[Self]) -> Self {
        let header = |name: &str| request.headers().get(name).map(str::to_owned);
        let invocation = header("amz-sdk-invocation-id");
        let before = earlier.iter().rev().find(|call| invocation.is_some() && call.invocation == invocation);
        let (attempt, place) = match before {
            Some(before) => (before.attempt + 1, before.place),
            None => (1, earlier.iter().map(|call| call.place + 1).max().unwrap_or_default()),
        };
        let body: Value = request
            .body()
            .bytes()
            .and_then(|bytes| serde_json::from_slice(bytes).ok())
            .unwrap_or(Value::Null);
        let (service, operation) = match header("x-amz-target") {
            // `DynamoDB_20120810.GetItem`
            Some(target) => {
                let (service, operation) = target.split_once('.').unwrap_or(("", target.as_str()));
                (service.split('_').next().unwrap_or_default().to_owned(), operation.to_owned())
            }
            None => ("CloudFormation".to_owned(), request.method().to_owned()),
        };
        let subject = subject(&operation, &body);
        Self {
            place,
            attempt,
            service,
            operation,
            subject,
            request: body,
            fault: None,
            answer: None,
            invocation,
        }
    }

    /// Whether the service did it.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.status < 300)
    }
}

fn subject(operation: &str, request: &Value) -> String {
    let list =
        |pointer: &str| request.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    match operation {
        "GetItem" | "DeleteItem" | "UpdateItem" => kind(&request["Key"]),
        "Query" => request["IndexName"].as_str().unwrap_or_default().to_owned(),
        "PutItem" => kind(&request["Item"]),
        "TransactWriteItems" => {
            let each = list("/TransactItems");
            let each = each.iter().map(|item| match (item.get("Put"), item.get("Update")) {
                (Some(put), _) => kind(&put["Item"]),
                (None, Some(update)) => kind(&update["Key"]),
                (None, None) => format!("-{}", kind(&item["Delete"]["Key"])),
            });
            each.collect::<Vec<_>>().join("+")
        }
        "StartExecution" | "StopExecution" => {
            let machine = request.get("stateMachineArn").or(request.get("executionArn"));
            let machine = machine.and_then(Value::as_str).unwrap_or_default();
            machine.split(':').nth(6).and_then(|name| name.rsplit('-').next()).unwrap_or_default().to_owned()
        }
        "PutEvents" => {
            let each = list("/Entries");
            let each = each.iter().filter_map(|entry| entry["DetailType"].as_str());
            each.map(|name| name.trim_start_matches("sbt_aws_")).collect::<Vec<_>>().join("+")
        }
        _ => String::new(),
    }
}

/// The kind of an item: its sort key up to the first `#`, and what claims it.
fn kind(item: &Value) -> String {
    let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    let record = text("record");
    let kind = record.split('#').next().unwrap_or_default();
    match (kind, text("tenantId").split_once('#')) {
        ("CLAIM", Some((what, _))) => format!("CLAIM({what})"),
        _ => kind.to_owned(),
    }
}
