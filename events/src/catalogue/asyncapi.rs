//! The whole bus as one AsyncAPI 3.0 document, for the tools that make
//! documentation and clients from it.
//!
//! A channel per detail type. The application is the control plane: it
//! *receives* requests and *sends* notices; an outcome goes both ways, since an
//! external application plane may send it too; what others only carry on this
//! bus has a channel and no operation. What AsyncAPI has no word for (the
//! source and the detail type in EventBridge's envelope) is in `x-` extensions.
//!
//! Source: AsyncAPI Specification 3.0.0.

use super::{Kind, kind, schema::sorted};
use crate::name::{Direction, EventName};
use crate::sources::Sources;
use serde_json::{Map, Value, json};

/// The AsyncAPI document of every event, for a deployment with default sources.
/// Its schemas are references to the files beside it, `events/<name>/v<N>.json`.
#[must_use]
pub fn document() -> Value {
    let kinds = || EventName::ALL.iter().map(|name| kind(*name));
    let channels: Map<String, Value> =
        kinds().map(|kind| (kind.name.detail_type().to_owned(), channel(&kind))).collect();
    let operations: Map<String, Value> = kinds()
        .flat_map(|kind| actions(kind.name.direction()).iter().map(move |a| operation(a, &kind)))
        .collect();
    let messages: Map<String, Value> =
        kinds().map(|kind| (kind.name.as_str().to_owned(), message(&kind))).collect();
    sorted(json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tenantry",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The tenant bus, as the control plane sees it.",
            "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" }
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages }
    }))
}

/// What the control plane does with an event.
const fn actions(direction: Direction) -> &'static [&'static str] {
    match direction {
        Direction::Request => &["receive"],
        Direction::Outcome => &["receive", "send"],
        Direction::Notice => &["send"],
        Direction::Carried => &[],
    }
}

fn channel(kind: &Kind) -> Value {
    let name = kind.name;
    json!({
        "address": name.detail_type(),
        "description": name.about(),
        "messages": { name.as_str(): { "$ref": format!("#/components/messages/{name}") } },
        "x-direction": name.direction().to_string(),
        "x-eventbridge-detail-type": name.detail_type(),
        "x-eventbridge-source": Sources::default().of(name)
    })
}

fn operation(action: &str, kind: &Kind) -> (String, Value) {
    let (name, channel) = (kind.name, format!("#/channels/{}", kind.name.detail_type()));
    let operation = json!({
        "action": action,
        "channel": { "$ref": channel },
        "messages": [{ "$ref": format!("{channel}/messages/{name}") }],
        "summary": name.about()
    });
    (format!("{action}.{name}"), operation)
}

/// The payload is the event's `detail`; the envelope around it is the bus's.
fn message(kind: &Kind) -> Value {
    let name = kind.name;
    let example: Value = serde_json::from_str(kind.example).unwrap_or_default();
    json!({
        "name": name.as_str(),
        "title": name.as_str(),
        "summary": name.about(),
        "contentType": "application/json",
        "payload": { "$ref": format!("./events/{name}/v{}.json", kind.version) },
        "examples": [{ "payload": example }],
        "x-schema-version": kind.version
    })
}
