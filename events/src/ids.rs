//! Identifiers, and how an identity is derived when a request brings none.

use chrono::{DateTime, SecondsFormat, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Namespace of every identifier that Tenantry derives (UUID version 5, RFC 9562).
const NAMESPACE: Uuid = Uuid::from_u128(0x7e6a_17c2_5d3b_5c1e_9f04_8a2b_c6d1_e0f3);

/// A tenant's identity: a UUID that the publisher chose or that was derived
/// from the request, and that no other tenant ever gets again.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct TenantId(#[serde(deserialize_with = "hyphenated")] Uuid);

impl TenantId {
    /// The tenant that a request means which names a registration and no tenant.
    ///
    /// Each of the three kinds of seed (this, [`TenantId::of_event`] and
    /// [`TenantId::of_key`]) has a namespace of its own: a registration id may
    /// read like an event's id or like a key, and must not mean their tenant.
    #[must_use]
    pub fn derive(registration: &str) -> Self {
        Self(derive("tenant", registration))
    }

    /// The tenant that a request means which names neither a tenant nor a
    /// registration: the same on every delivery of its event.
    #[must_use]
    pub fn of_event(event: EventId) -> Self {
        Self(derive("tenant of event", &event.to_string()))
    }

    /// The tenant that a request means which came with an idempotency key and
    /// names neither a tenant nor a registration: the same on every repetition.
    #[must_use]
    pub fn of_key(key: &str) -> Self {
        Self(derive("tenant of key", key))
    }

    /// The UUID itself.
    #[must_use]
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for TenantId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl FromStr for TenantId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The identity of one event, the same on every re-send.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct EventId(#[serde(deserialize_with = "hyphenated")] Uuid);

impl EventId {
    /// The id of the event `name` that version `version` of a tenant gives
    /// rise to: publishing it again gives the same id.
    #[must_use]
    pub fn of_change(tenant: TenantId, version: u64, name: &str) -> Self {
        Self(derive("event", &format!("{tenant}/{version}/{name}")))
    }

    /// The id of the event `name` by which version `version` of a tenant answers
    /// `request`: one version may answer several.
    #[must_use]
    pub fn of_answer(tenant: TenantId, version: u64, name: &str, request: Self) -> Self {
        Self(derive("event", &format!("{tenant}/{version}/{name}/{request}")))
    }

    /// An id derived from any stable text.
    #[must_use]
    pub fn derive(seed: &str) -> Self {
        Self(derive("event", seed))
    }
}

impl From<Uuid> for EventId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl FromStr for EventId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What ties together everything that one request led to: events, executions
/// and log lines.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct CorrelationId(#[serde(deserialize_with = "hyphenated")] Uuid);

impl From<Uuid> for CorrelationId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl From<EventId> for CorrelationId {
    fn from(id: EventId) -> Self {
        Self(id.0)
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One operation on one tenant, `<generation>-<attempt>`: the fencing token
/// that an outcome must carry, and the tail of the execution's name.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct OperationId {
    /// Which change of what should be this operation brings about; from 1.
    pub generation: u64,
    /// Which try at it this is; from 1.
    pub attempt: u32,
}

/// A text that is not an operation id.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be an operation id, `<generation>-<attempt>`: two numbers from 1, of at most 19 and 9 digits")]
pub struct NotAnOperationId;

impl OperationId {
    /// The name of the execution that carries this operation out for `tenant`:
    /// `<tenantId>-<generation>-<attempt>`, at most 80 characters (the limit of
    /// Step Functions' StartExecution).
    #[must_use]
    pub fn execution_name(&self, tenant: TenantId) -> String {
        format!("{tenant}-{self}")
    }

    /// The tenant and operation that an execution's name stands for; `None`
    /// for a name that [`OperationId::execution_name`] never gives.
    #[must_use]
    pub fn from_execution_name(name: &str) -> Option<(TenantId, Self)> {
        let tenant = name.get(..36)?.parse().ok()?;
        let operation = name.get(36..)?.strip_prefix('-')?.parse().ok()?;
        Some((tenant, operation))
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.generation, self.attempt)
    }
}

impl FromStr for OperationId {
    type Err = NotAnOperationId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotAnOperationId;
        let (generation, attempt) = text.split_once('-').ok_or_else(wrong)?;
        let id = Self {
            generation: generation.parse().map_err(|_| wrong())?,
            attempt: attempt.parse().map_err(|_| wrong())?,
        };
        // No longer than any that there will be, so that the schema can say so too.
        let fits = generation.len() <= 19 && attempt.len() <= 9 && id.to_string() == text;
        if fits && id.generation > 0 && id.attempt > 0 { Ok(id) } else { Err(wrong()) }
    }
}

impl TryFrom<String> for OperationId {
    type Error = NotAnOperationId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl JsonSchema for OperationId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "OperationId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[1-9][0-9]{0,18}-[1-9][0-9]{0,8}$", "examples": ["1-1"] })
    }
}

impl Serialize for OperationId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OperationId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A moment as Tenantry writes it everywhere: RFC 3339, UTC, milliseconds, so
/// that texts sort as moments do.
#[must_use]
pub fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A UUID in its usual form, the one that the schemas have: 36 characters with
/// hyphens, in any case.
fn hyphenated<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    let text = String::deserialize(deserializer)?;
    let id = Uuid::try_parse(&text).ok().filter(|_| text.len() == 36);
    id.ok_or_else(|| serde::de::Error::custom("must be a UUID"))
}

fn derive(kind: &str, seed: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{kind}:{seed}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_tenant() {
        assert_eq!(TenantId::derive("a"), TenantId::derive("a"));
        assert_ne!(TenantId::derive("a"), TenantId::derive("b"));
    }

    #[test]
    fn no_registration_means_the_tenant_of_an_event_or_of_a_key() {
        let event = EventId::derive("a");
        assert_ne!(TenantId::of_event(event), TenantId::derive(&event.to_string()));
        assert_ne!(TenantId::of_key("a"), TenantId::derive("a"));
        assert_ne!(TenantId::of_key(&event.to_string()), TenantId::of_event(event));
    }

    #[test]
    fn an_execution_name_says_which_operation_of_which_tenant_it_is() {
        let (tenant, id) = (TenantId::derive("a"), OperationId { generation: 12, attempt: 3 });
        let name = id.execution_name(tenant);
        assert_eq!(OperationId::from_execution_name(&name), Some((tenant, id)));
        for wrong in ["", "x", &name[..38], &format!("{name}x"), &name.replace("-12-", "-012-")] {
            assert_eq!(OperationId::from_execution_name(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_execution_name_fits_step_functions_limit_for_any_generation() {
        let id = OperationId { generation: u64::MAX, attempt: u32::MAX };
        assert!(id.execution_name(TenantId::derive("a")).len() <= 80);
    }
}
