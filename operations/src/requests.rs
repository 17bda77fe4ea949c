//! Requests on their way to the bus: checked first, as their receiver will check
//! them.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use tenantry_events::catalogue::kind;
use tenantry_events::delivery::{Entry, EntryError};
use tenantry_events::ids::{CorrelationId, EventId};
use tenantry_events::metadata::Metadata;
use tenantry_events::name::EventName;
use tenantry_events::receive::Violation;
use tenantry_events::sources::Sources;

/// Why a request cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// It breaks the contract.
    #[error(transparent)]
    Invalid(#[from] Violation),
    /// The bus would not take it.
    #[error(transparent)]
    Entry(#[from] EntryError),
}

/// What a request that begins here says about itself: it is the first of its
/// chain, by `producer`.
#[must_use]
pub fn metadata(name: EventName, event_id: EventId, producer: String, now: DateTime<Utc>) -> Metadata {
    Metadata {
        event_id,
        schema_version: kind(name).version,
        occurred_at: now,
        correlation_id: CorrelationId::from(event_id),
        causation_id: None,
        producer,
        tenant_version: None,
    }
}

/// The event with this detail and this metadata.
///
/// # Errors
///
/// [`RequestError`], as in [`checked`].
pub fn entry(
    name: EventName,
    mut detail: Map<String, Value>,
    metadata: &Metadata,
    sources: &Sources,
) -> Result<Entry, RequestError> {
    let written = serde_json::to_value(metadata);
    let written = written.map_err(|error| EntryError::NotJson { name, reason: error.to_string() })?;
    detail.insert("metadata".to_owned(), written);
    checked(name, metadata.event_id, None, &Value::Object(detail), sources)
}

/// The event with this detail, from `source` or from its own.
///
/// # Errors
///
/// [`RequestError::Invalid`] for a detail that breaks the contract, and
/// [`RequestError::Entry`] for one that is larger than an event may be.
pub fn checked(
    name: EventName,
    event_id: EventId,
    source: Option<&str>,
    detail: &Value,
    sources: &Sources,
) -> Result<Entry, RequestError> {
    let detail = detail.to_string();
    kind(name).validate(source, detail.as_bytes(), sources)?;
    let mut entry = Entry::of_text(name, event_id, detail, sources)?;
    if let Some(source) = source {
        source.clone_into(&mut entry.source);
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NAME: EventName = EventName::RetryRequest;

    fn of(detail: &Value) -> Result<Entry, RequestError> {
        let metadata = metadata(NAME, EventId::derive("a"), "tests".to_owned(), DateTime::UNIX_EPOCH);
        entry(NAME, detail.as_object().cloned().unwrap_or_default(), &metadata, &Sources::default())
    }

    /// A request carries what it says about itself; one that breaks the contract
    /// is not sent, and the field is named.
    #[test]
    fn a_request_is_checked_as_its_receiver_will_check_it() {
        let sent = of(&json!({ "tenantId": "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11" })).unwrap();
        let detail: Value = serde_json::from_str(&sent.detail).unwrap();
        assert_eq!(detail["metadata"]["eventId"], json!(EventId::derive("a")));
        assert_eq!(detail["metadata"]["correlationId"], detail["metadata"]["eventId"]);
        assert_eq!(detail["metadata"]["schemaVersion"], json!(kind(NAME).version));
        let refused = of(&json!({ "tenantId": 7 })).unwrap_err();
        assert!(
            matches!(&refused, RequestError::Invalid(violation) if violation.to_string().contains("tenantId"))
        );
    }

    /// An event from a source of the publisher's own keeps it, if its receiver
    /// takes it.
    #[test]
    fn another_source_is_kept_or_refused() {
        let detail = json!({ "tenantId": "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11" });
        let (sources, id) = (Sources::default(), EventId::derive("a"));
        let own = checked(NAME, id, Some(&sources.control_plane), &detail, &sources).unwrap();
        assert_eq!(own.source, sources.control_plane);
        assert!(checked(NAME, id, Some("somebody.else"), &detail, &sources).is_err());
    }
}
