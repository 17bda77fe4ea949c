//! Reading an event: strictly enough that nothing wrong gets in, tolerantly
//! enough that what SBT sends, and what a newer publisher adds, does.

mod number;
mod raw;
mod typed;

use crate::envelope::{Delivered, Envelope, REDRIVE, delivered_bytes, json_bytes};
use crate::ids::{CorrelationId, EventId, TenantId};
use crate::metadata::Metadata;
use crate::name::EventName;
use crate::sources::Sources;
use crate::text::RegistrationId;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;

pub use raw::read;
pub use typed::{Violation, parse};

/// The most bytes of an event, envelope included, as JSON: what Step Functions
/// takes as input ("Quotas", AWS Step Functions Developer Guide). EventBridge
/// itself takes more.
pub const MAX_BYTES: usize = 262_144;

/// How deep an event's detail may be nested.
pub const MAX_DEPTH: usize = 16;

/// A type that is the detail of events.
pub trait Detail: DeserializeOwned + JsonSchema {
    /// The events whose detail it is.
    const NAMES: &'static [EventName];

    /// What the event says about itself.
    fn metadata(&self) -> Option<&Metadata>;

    /// What the type alone cannot say: rules between fields.
    ///
    /// # Errors
    ///
    /// [`Violation`] names the field and the rule.
    fn check(&self) -> Result<(), Violation> {
        Ok(())
    }
}

/// An event that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Received<T> {
    /// Which event.
    pub name: EventName,
    /// Its source, checked.
    pub source: String,
    /// What it says.
    pub detail: T,
    /// Its identity, the same on every re-send: of its metadata, or else of its
    /// envelope.
    pub event_id: EventId,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// What ties together everything that it leads to.
    pub correlation_id: CorrelationId,
    /// Who sent it, as it says itself.
    pub producer: Option<String>,
    /// Whether a replay delivers it again.
    pub replayed: bool,
    /// Whether that is a replay from a dead-letter queue ([`REDRIVE`]).
    pub redriven: bool,
}

/// Why an event is refused, by a name that never changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RejectionCode {
    /// The detail type is not one that is expected here.
    UnexpectedEvent,
    /// The source is not the one that this event has.
    WrongSource,
    /// It is not JSON.
    NotJson,
    /// The detail is not a JSON object.
    NotAnObject,
    /// It is larger than 256 KiB.
    TooLarge,
    /// It is nested too deep.
    TooDeep,
    /// A field is there twice.
    DuplicateField,
    /// A field is missing.
    MissingField,
    /// A field is wrong.
    InvalidField,
    /// A field is the control plane's.
    OwnedField,
}

impl RejectionCode {
    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnexpectedEvent => "UnexpectedEvent",
            Self::WrongSource => "WrongSource",
            Self::NotJson => "NotJson",
            Self::NotAnObject => "NotAnObject",
            Self::TooLarge => "TooLarge",
            Self::TooDeep => "TooDeep",
            Self::DuplicateField => "DuplicateField",
            Self::MissingField => "MissingField",
            Self::InvalidField => "InvalidField",
            Self::OwnedField => "OwnedField",
        }
    }
}

impl fmt::Display for RejectionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refused event: what is wrong with which field, and whose it seems to be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Rejection {
    /// Why.
    pub code: RejectionCode,
    /// Which field.
    pub field: Option<String>,
    /// Why, in a sentence that names the field and the limit.
    pub message: String,
    /// The tenant that it names, if that much can be read.
    pub tenant_id: Option<TenantId>,
    /// The registration that it names, if that much can be read.
    pub tenant_registration_id: Option<RegistrationId>,
    /// Its identity.
    pub event_id: EventId,
}

/// Reads the event in `envelope` as a `T`, its detail as it was written.
///
/// # Errors
///
/// [`Rejection`] says what is wrong: the detail type, the source, what the text
/// of the detail loses when it is read, the size, or the first field that breaks
/// the contract.
pub fn receive<T: Detail>(envelope: &Delivered, sources: &Sources) -> Result<Received<T>, Rejection> {
    let detail = read(envelope.detail.get().as_bytes());
    // Of what is refused, as much as can be read says whose it is.
    let lenient = || serde_json::from_str(envelope.detail.get()).unwrap_or_default();
    let (detail, fault) = match detail {
        Ok(detail) => (detail, Ok(())),
        Err(violation) => (lenient(), Err(violation)),
    };
    let envelope = &envelope.with(detail);
    let reject = |violation: Violation| reject(violation, envelope);
    let name = expected(&envelope.detail_type, T::NAMES).map_err(reject)?;
    check_source(name, &envelope.source, sources).map_err(reject)?;
    fault.map_err(reject)?;
    check_size(json_bytes(envelope)).map_err(reject)?;
    let detail: T = parse(&envelope.detail).map_err(reject)?;
    let metadata = detail.metadata();
    let event_id = metadata.map_or_else(|| envelope_id(envelope), |metadata| metadata.event_id);
    Ok(Received {
        name,
        source: envelope.source.clone(),
        event_id,
        occurred_at: metadata.map_or(envelope.time, |metadata| metadata.occurred_at),
        correlation_id: metadata.map_or(CorrelationId::from(event_id), |metadata| metadata.correlation_id),
        producer: metadata.map(|metadata| metadata.producer.clone()),
        replayed: envelope.replay_name.is_some(),
        redriven: envelope.replay_name.as_deref() == Some(REDRIVE),
        detail,
    })
}

/// Says what [`receive`] would say of an event that is not sent yet: its name,
/// its source if it is given, and its detail as text.
///
/// # Errors
///
/// [`Violation`] as of [`receive`]; also where the text is not JSON.
pub fn validate<T: Detail>(
    name: EventName,
    source: Option<&str>,
    detail: &[u8],
    sources: &Sources,
) -> Result<(), Violation> {
    expected(name.as_str(), T::NAMES)?;
    if let Some(source) = source {
        check_source(name, source, sources)?;
    }
    let value = read(detail)?;
    let source = source.unwrap_or_else(|| sources.of(name));
    check_size(delivered_bytes(source, name.detail_type(), json_bytes(&value)))?;
    parse::<T>(&value).map(|_| ())
}

fn expected(detail_type: &str, names: &[EventName]) -> Result<EventName, Violation> {
    let name = detail_type.parse().ok().filter(|name| names.contains(name));
    name.ok_or_else(|| Violation::unexpected(detail_type, names))
}

fn check_source(name: EventName, source: &str, sources: &Sources) -> Result<(), Violation> {
    let right = sources.of(name);
    if source == right { Ok(()) } else { Err(Violation::wrong_source(name, source, right)) }
}

fn check_size(bytes: usize) -> Result<(), Violation> {
    if bytes > MAX_BYTES { Err(Violation::too_large(bytes)) } else { Ok(()) }
}

/// EventBridge's ids are UUIDs; any other text gives a UUID of its own.
fn envelope_id(envelope: &Envelope) -> EventId {
    envelope.id.parse().unwrap_or_else(|_| EventId::derive(&envelope.id))
}

fn reject(violation: Violation, envelope: &Envelope) -> Rejection {
    let claimed = |pointer: &str| envelope.detail.pointer(pointer).and_then(Value::as_str);
    Rejection {
        code: violation.code,
        field: violation.field,
        message: violation.message,
        tenant_id: claimed("/tenantId").and_then(|id| id.parse().ok()),
        tenant_registration_id: claimed("/tenantRegistrationId").and_then(|id| id.parse().ok()),
        event_id: claimed("/metadata/eventId")
            .and_then(|id| id.parse().ok())
            .unwrap_or_else(|| envelope_id(envelope)),
    }
}
