//! A request that changes something: one event on the bus, and an answer.
//!
//! Under an idempotency key, the event and the answer are kept in the registry
//! before the event is sent. Whoever comes again with the key gets that answer,
//! byte for byte; and while it is not noted that the event is on the bus, its
//! repetition sends it again, under the same id, which changes nothing if it was
//! there. So a crash at any point is finished by the next try.

use super::Deps;
use super::answer::Answer;
use super::call::Call;
use super::problem::Problem;
use lambda_runtime::tracing;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tenantry_events::delivery::{Entry, EntryError};
use tenantry_events::ids::EventId;
use tenantry_events::name::EventName;
use tenantry_events::text::shorten;
use tenantry_operations::requests::{self, RequestError};
use tenantry_registry::store::Kept;
use uuid::Uuid;

/// What makes repetitions of a request the same request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Key {
    /// Where the registry keeps it, and what the event's id is derived from.
    id: String,
    /// What tells the request from another one under the same key.
    fingerprint: String,
}

impl Key {
    /// The key `text` of this call, whose body is `body`. A caller's key is the
    /// caller's own; a registration id (`shared`) is everybody's.
    pub(super) fn new(call: &Call, text: &str, shared: bool, body: &Map<String, Value>) -> Self {
        // Two kinds, told apart by their shape: a subject may be any text, also
        // one that a kind could be called by.
        let whose = if shared { json!({ "registration": text }) } else { json!([call.who(), text]) };
        let request = json!([call.route_key(), call.parameters(), body]);
        Self { id: hash(&whose.to_string()), fingerprint: hash(&request.to_string()) }
    }

    /// What a new tenant's id and the event's are derived from.
    pub(super) fn seed(&self) -> String {
        format!("api/{}", self.id)
    }
}

/// The event that a request becomes, and its answer.
pub(super) struct Command {
    pub(super) name: EventName,
    /// The event's detail, without its metadata.
    pub(super) detail: Map<String, Value>,
    /// What is answered once the event is on the bus.
    pub(super) answer: Answer,
}

/// The answer to an earlier call with `key`, its event sent.
///
/// # Errors
///
/// [`Problem::Conflict`] when that was another request, and what
/// [`submit`] gives.
pub(super) async fn repeated(deps: &Deps, call: &Call, key: Option<&Key>) -> Result<Option<Answer>, Problem> {
    let Some(key) = key else { return Ok(None) };
    match deps.registry.remembered(&key.id, call.now).await? {
        None => Ok(None),
        Some(kept) => finish(deps, key, kept).await.map(Some),
    }
}

/// Sends the event of `command`, and gives the answer.
///
/// # Errors
///
/// [`Problem::Invalid`] for an event that breaks the contract; nothing is sent.
/// [`Problem::Unavailable`] when the bus or the registry does not answer; with a
/// key, the request can safely be repeated.
pub(super) async fn submit(
    deps: &Deps,
    call: &Call,
    key: Option<&Key>,
    command: Command,
) -> Result<Answer, Problem> {
    let event_id = match key {
        Some(key) => EventId::derive(&key.seed()),
        None => EventId::from(Uuid::now_v7()),
    };
    let producer = shorten(&format!("tenantry-api/{}", call.who()), 100);
    let metadata = requests::metadata(command.name, event_id, producer, call.now);
    let entry = requests::entry(command.name, command.detail, &metadata, &deps.sources)?;
    let answer = command.answer.with("x-correlation-id", metadata.correlation_id.to_string());
    let Some(key) = key else {
        send(deps, entry).await?;
        return Ok(answer);
    };
    let text = |value: &Value| value.to_string();
    let kept = Kept {
        fingerprint: key.fingerprint.clone(),
        event: text(&json!({ "name": command.name.as_str(), "id": event_id, "detail": entry.detail })),
        answer: text(&serde_json::to_value(&answer).map_err(|_| Problem::Internal)?),
        sent: false,
    };
    let kept = deps.registry.remember(&key.id, kept, call.now).await?;
    finish(deps, key, kept).await
}

/// What is known of a request that is carried out here, without an event.
pub(super) enum Claim {
    /// It was done before, and answered so.
    Done(Answer),
    /// It is to be done; `again` if it was begun before, perhaps to its end.
    Open { again: bool },
}

/// Keeps `answer` under the key, before the request is carried out.
///
/// # Errors
///
/// [`Problem::Conflict`] when the key came with another request, and
/// [`Problem::Unavailable`] when the registry does not answer.
pub(super) async fn claim(
    deps: &Deps,
    call: &Call,
    key: Option<&Key>,
    answer: &Answer,
) -> Result<Claim, Problem> {
    let Some(key) = key else { return Ok(Claim::Open { again: false }) };
    // Tells this try from all others.
    let own = Uuid::new_v4().to_string();
    let kept = Kept {
        fingerprint: key.fingerprint.clone(),
        event: own.clone(),
        answer: serde_json::to_string(answer).map_err(|_| Problem::Internal)?,
        sent: false,
    };
    let kept = deps.registry.remember(&key.id, kept, call.now).await?;
    if kept.fingerprint != key.fingerprint {
        return Err(reused());
    }
    match kept.sent {
        true => Ok(Claim::Done(serde_json::from_str(&kept.answer).map_err(|_| Problem::Internal)?)),
        false => Ok(Claim::Open { again: kept.event != own }),
    }
}

/// Notes what became of the request: it is done, or it was refused and the key is
/// free again. One that may have been begun stays open.
pub(super) async fn close(deps: &Deps, key: Option<&Key>, result: &Result<(), Problem>) {
    let Some(key) = key else { return };
    let noted = match result {
        Ok(()) => deps.registry.sent(&key.id).await,
        Err(problem) if problem.status() < 500 => deps.registry.forget(&key.id).await,
        Err(_) => return,
    };
    if let Err(error) = noted {
        // A repetition finds it done, or refused again.
        tracing::warn!("not noted what became of a request: {error}");
    }
}

fn reused() -> Problem {
    Problem::Conflict {
        code: "IdempotencyKeyReused",
        field: Some("Idempotency-Key"),
        reason: "another request came with this key (or this tenantRegistrationId) before".to_owned(),
    }
}

/// The answer of what is kept, its event sent.
async fn finish(deps: &Deps, key: &Key, kept: Kept) -> Result<Answer, Problem> {
    if kept.fingerprint != key.fingerprint {
        return Err(reused());
    }
    let answer = serde_json::from_str(&kept.answer).map_err(|_| Problem::Internal)?;
    if kept.sent {
        return Ok(answer);
    }
    let event: Value = serde_json::from_str(&kept.event).map_err(|_| Problem::Internal)?;
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    let name: EventName = text("name").parse().map_err(|_| Problem::Internal)?;
    let id: EventId = text("id").parse().map_err(|_| Problem::Internal)?;
    let entry = Entry::of_text(name, id, text("detail").to_owned(), &deps.sources);
    send(deps, entry.map_err(|_| Problem::Internal)?).await?;
    if let Err(error) = deps.registry.sent(&key.id).await {
        // A repetition sends it again, which changes nothing.
        tracing::warn!("not noted that an event is sent: {error}");
    }
    Ok(answer)
}

async fn send(deps: &Deps, entry: Entry) -> Result<(), Problem> {
    match deps.bus.send(vec![entry]).await {
        Ok(_) => Ok(()),
        Err(error) => {
            tracing::error!("the bus: {error}");
            Err(Problem::Unavailable)
        }
    }
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Invalid(violation) => violation.into(),
            RequestError::Entry(EntryError::TooLarge { .. }) => Self::TooLarge,
            RequestError::Entry(EntryError::NotJson { .. }) => Self::Internal,
        }
    }
}
