//! `/queues`: the dead-letter messages, by [`tenantry_operations::dead_letters`].

use super::Deps;
use super::answer::Answer;
use super::call::Call;
use super::problem::Problem;
use super::redact::{redacted, without_addresses};
use lambda_runtime::tracing;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tenantry_events::text::{Reason, TextError, shorten};
use tenantry_operations::dead_letter::DeadLetter;
use tenantry_operations::dead_letters::{
    AT_ONCE, Choice, DeadLetterError, Discard, Outcome, Position, PositionError,
};

/// The only queue's name here.
const NAME: &str = "dead-letters";

/// A queue, with about how many messages it has.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Queue {
    queue_name: &'static str,
    /// Visible messages.
    messages: u64,
    /// Messages that somebody works on.
    in_flight: u64,
}

/// What became of messages that were redriven.
#[derive(JsonSchema, Serialize)]
pub(super) struct Redriven {
    /// How many were handled, and have left the queue.
    redriven: usize,
    /// Those that are in the queue still.
    failed: Vec<RedriveFailure>,
    /// `after` of the next call, where there are more.
    next: Option<String>,
}

/// A message that is in the queue still.
#[derive(JsonSchema, Serialize)]
struct RedriveFailure {
    id: String,
    /// Why, without what is personal.
    error: Value,
}

/// How many messages were deleted for good.
#[derive(JsonSchema, Serialize)]
pub(super) struct Discarded {
    discarded: usize,
}

pub(super) async fn list(deps: &Deps) -> Result<Answer, Problem> {
    let count = deps.dead_letters.count().await?;
    let queue = Queue { queue_name: NAME, messages: count.visible, in_flight: count.in_flight };
    Ok(Answer::page(vec![serde_json::to_value(queue).unwrap_or_default()], None))
}

pub(super) async fn get(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    named(call)?;
    let limit = usize::try_from(call.limit()?).unwrap_or(1);
    let after = call.query("next_token").map(|text| position(text, "next_token")).transpose()?;
    let page = deps.dead_letters.page(after, limit).await?;
    note_invisible(page.invisible);
    Ok(Answer::page(page.messages.iter().map(view).collect(), page.next.map(|next| next.to_string())))
}

fn position(text: &str, field: &'static str) -> Result<Position, Problem> {
    text.parse().map_err(|error: PositionError| Problem::field(field, error.to_string()))
}

/// The message without what is personal.
fn view(message: &DeadLetter) -> Value {
    let reason = match redacted(Value::from(message.reason.as_str())) {
        Value::String(text) => text,
        // A reason may be JSON itself.
        other => other.to_string(),
    };
    let payload = message.payload.clone().map(redacted);
    serde_json::to_value(DeadLetter { reason, payload, ..message.clone() }).unwrap_or_default()
}

/// Invokes the functions again; what succeeds leaves the queue.
pub(super) async fn redrive(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let body = call.object()?;
    if let Some(field) = body.keys().find(|name| !["after", "all", "ids"].contains(&name.as_str())) {
        return Err(super::tenants::unknown(field, "`ids`, `all` and `after`"));
    }
    let all = match body.get("all") {
        None => false,
        Some(all) => all.as_bool().ok_or_else(|| Problem::field("all", "must be true or false"))?,
    };
    let ids = ids(body.get("ids"))?;
    let after = match body.get("after") {
        None => None,
        Some(after) => Some(position(after.as_str().unwrap_or_default(), "after")?),
    };
    if all != ids.is_empty() {
        return Err(Problem::field("ids", "must have the ids of dead-letter messages, or `all` be true"));
    }
    named(call)?;
    let choice = if all { Choice::Page { after, most: AT_ONCE } } else { Choice::Ids(&ids) };
    let mut failed = Vec::new();
    let note = |message: &DeadLetter, outcome: &Outcome| {
        failed.extend(
            error(outcome)
                .map(|error| RedriveFailure { id: message.id.clone(), error: redacted(error.into()) }),
        );
    };
    let redriven = deps.dead_letters.redrive(&choice, note).await?;
    note_invisible(redriven.invisible);
    let next = redriven.next.map(|next| next.to_string());
    let view = Redriven { redriven: redriven.handled, failed, next };
    Ok(Answer::data(serde_json::to_value(view).unwrap_or_default()))
}

/// Why a message is in the queue still. Of AWS's errors, the log has the reason.
fn error(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Handled => None,
        Outcome::Failed { name, message } => Some(shorten(&format!("{name}: {message}"), 300)),
        Outcome::NotInvoked(error) => {
            tracing::error!("{}", error.outline());
            Some("the function cannot be called".to_owned())
        }
        Outcome::NotDeleted(error) => {
            tracing::error!("{}", error.outline());
            Some("handled, but the message cannot be deleted".to_owned())
        }
    }
}

/// Deletes messages for good: who did, and why, is in the audit log, and in the
/// history of the tenant that a message is about.
pub(super) async fn discard(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let body = call.object()?;
    if let Some(field) = body.keys().find(|name| !["ids", "reason"].contains(&name.as_str())) {
        return Err(super::tenants::unknown(field, "`ids` and `reason`"));
    }
    let ids = ids(body.get("ids"))?;
    if ids.is_empty() {
        return Err(Problem::field("ids", "must have the ids of dead-letter messages"));
    }
    let reason = body.get("reason").and_then(Value::as_str).unwrap_or_default();
    let reason: Reason =
        reason.parse().map_err(|error: TextError| Problem::field("reason", error.to_string()))?;
    named(call)?;
    let actor = format!("HTTP API ({}, from {})", call.who(), call.source_ip());
    let by = Discard { registry: &deps.registry, actor: &actor, reason: &reason, now: call.now };
    let why = without_addresses(reason.as_str());
    let note = |message: &DeadLetter| {
        let DeadLetter { id, code, function, .. } = message;
        tracing::info!(audit = true, who = call.who(), message = id, code, function, why, "discarded");
    };
    let discarded = deps.dead_letters.discard(&Choice::Ids(&ids), &by, note).await?;
    note_invisible(discarded.invisible);
    let view = Discarded { discarded: discarded.messages };
    Ok(Answer::data(serde_json::to_value(view).unwrap_or_default()))
}

fn ids(value: Option<&Value>) -> Result<Vec<String>, Problem> {
    let wrong =
        || Problem::field("ids", format!("must be a list of at most {AT_ONCE} ids of dead-letter messages"));
    let Some(value) = value else { return Ok(Vec::new()) };
    let list = value.as_array().filter(|list| list.len() <= AT_ONCE).ok_or_else(wrong)?;
    list.iter().map(|id| id.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}

fn named(call: &Call) -> Result<(), Problem> {
    if call.parameter("queueName") == NAME { Ok(()) } else { Err(Problem::NotFound("queue")) }
}

fn note_invisible(messages: usize) {
    if messages > 0 {
        tracing::warn!(messages, "dead-letter messages stay invisible for a minute");
    }
}

impl From<DeadLetterError> for Problem {
    fn from(error: DeadLetterError) -> Self {
        match error {
            DeadLetterError::Call(error) => error.into(),
            DeadLetterError::Registry(error) => error.into(),
            DeadLetterError::Unknown(id) => {
                tracing::info!(id, "no such visible dead-letter message");
                Self::NotFound("visible dead-letter message")
            }
        }
    }
}
