//! `PutEvents` that takes some of its entries and not the others.
//!
//! Source: "`PutEventsResultEntry`", Amazon EventBridge API Reference.

use super::Entries;
use crate::emulator;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

/// Which of `count` entries fail.
fn fails(entries: Entries, place: usize, count: usize) -> bool {
    match entries {
        Entries::First => place == 0,
        Entries::Last => place + 1 == count,
        Entries::All => true,
    }
}

/// The request without its failing entries.
pub(crate) fn rest(body: &Value, entries: Entries) -> Value {
    let all = body["Entries"].as_array().cloned().unwrap_or_default();
    let count = all.len();
    let kept = all.into_iter().enumerate().filter(|(place, _)| !fails(entries, *place, count));
    json!({ "Entries": kept.map(|(_, entry)| entry).collect::<Vec<_>>() })
}

/// Takes the failing entries out of `request`; `false` if none is left.
pub(super) fn without(request: &mut HttpRequest, body: &Value, entries: Entries) -> bool {
    let rest = rest(body, entries);
    let any = rest["Entries"].as_array().is_some_and(|rest| !rest.is_empty());
    let body = rest.to_string();
    request.headers_mut().insert("content-length", body.len().to_string());
    sign_again(request, &body);
    *request.body_mut() = SdkBody::from(body);
    any
}

/// The signature is of the body: another body needs another one.
fn sign_again(request: &mut HttpRequest, body: &str) {
    let kept = ["content-type", "x-amz-target"];
    let given = kept.map(|name| (name, request.headers().get(name).unwrap_or_default().to_owned()));
    let signed = emulator::access().signed("events", &given, body);
    for (name, value) in signed {
        request.headers_mut().insert(name, value);
    }
}

/// The answer to the whole request, given that to what was left of it.
pub(crate) fn answer(request: &Value, rest: &Value, entries: Entries) -> Value {
    let count = request["Entries"].as_array().map_or(0, Vec::len);
    let mut taken = rest["Entries"].as_array().cloned().unwrap_or_default().into_iter();
    let failed = json!({ "ErrorCode": "ThrottlingException", "ErrorMessage": "Request rate exceeded" });
    let each = (0..count).map(|place| match fails(entries, place, count) {
        true => failed.clone(),
        false => taken.next().unwrap_or_else(|| failed.clone()),
    });
    let each: Vec<Value> = each.collect();
    let failures = each.iter().filter(|entry| entry.get("ErrorCode").is_some()).count();
    json!({ "FailedEntryCount": failures, "Entries": each })
}
