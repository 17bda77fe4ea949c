//! Dead-letter messages: from the queue itself, or through the API.

mod queue;

use super::Source;
use crate::api::{Api, Call};
use crate::error::{CliError, Result};
use crate::output::{Mark, Output};
use queue::DeadLetters;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_events::dead_letter::DeadLetter;
use tenantry_events::text::Reason;

/// The queue's name in the API.
const NAME: &str = "dead-letters";
/// How many ids the API takes at once.
const AT_ONCE: usize = 50;

/// What became of messages that were redriven.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redriven {
    /// How many were handled.
    pub(crate) done: usize,
    /// The ids of those that failed again; they are in the queue still.
    pub(crate) failed: Vec<String>,
}

impl Source {
    /// The visible messages, oldest first, about `limit` of them; the API shows
    /// them without what is personal.
    pub(crate) async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        match self {
            Self::Deployment(deployment) => DeadLetters::open(deployment).await?.look(limit).await,
            Self::Api(api) => of_api(api, limit).await,
        }
    }

    /// Deletes the messages whose ids begin so for good; how many there were.
    pub(crate) async fn discard(&self, ids: &[String], reason: &Reason) -> Result<usize> {
        match self {
            Self::Deployment(deployment) => DeadLetters::open(deployment).await?.discard(ids, reason).await,
            Self::Api(api) => {
                let ids = named(&of_api(api, usize::MAX).await?, ids)?;
                for ids in ids.chunks(AT_ONCE) {
                    let call = Call::change("POST", &["queues", NAME, "discard"]);
                    api.send(&call.with(json!({ "ids": ids, "reason": reason }))).await?;
                }
                Ok(ids.len())
            }
        }
    }

    /// Redrives the messages whose ids begin so, or all, and says what becomes of
    /// each.
    pub(crate) async fn redrive(&self, ids: &[String], all: bool, output: &Output) -> Result<Redriven> {
        match self {
            Self::Deployment(deployment) => {
                DeadLetters::open(deployment).await?.redrive(ids, all, output).await
            }
            Self::Api(api) if all => every(api, output).await,
            Self::Api(api) => {
                let mut sum = Redriven::default();
                for ids in named(&of_api(api, usize::MAX).await?, ids)?.chunks(AT_ONCE) {
                    let (more, _) = redrive(api, &json!({ "ids": ids }), output).await?;
                    sum.done += more.done;
                    sum.failed.extend(more.failed);
                }
                Ok(sum)
            }
        }
    }
}

/// Whether `text` names the message.
pub(crate) fn is(message: &DeadLetter, text: &str) -> bool {
    !text.is_empty() && message.id.starts_with(text)
}

/// There is no such message.
pub(crate) fn none(id: &str) -> CliError {
    CliError::NotFound(format!("no visible dead-letter message {id}; `tenantry queue list` shows them"))
}

/// A message's id as far as people need it.
pub(crate) fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

/// The ids of the messages that `ids` name by their beginnings.
fn named(messages: &[DeadLetter], ids: &[String]) -> Result<Vec<String>> {
    if let Some(id) = ids.iter().find(|id| !messages.iter().any(|message| is(message, id))) {
        return Err(none(id));
    }
    let chosen = messages.iter().filter(|message| ids.iter().any(|id| is(message, id)));
    Ok(chosen.map(|message| message.id.clone()).collect())
}

async fn of_api(api: &Api, limit: usize) -> Result<Vec<DeadLetter>> {
    let mut messages: Vec<Value> = api.list(&["queues", NAME], &[], limit).await?;
    for reason in messages.iter_mut().filter_map(|message| message.get_mut("reason")) {
        // Of a reason that is JSON itself, the API gives what may be shown.
        if !reason.is_string() {
            *reason = Value::from(reason.to_string());
        }
    }
    Ok(serde_json::from_value(Value::Array(messages))?)
}

/// All of them, as many at once as the API takes; each once.
async fn every(api: &Api, output: &Output) -> Result<Redriven> {
    let (mut sum, mut body) = (Redriven::default(), json!({ "all": true }));
    loop {
        let (more, next) = redrive(api, &body, output).await?;
        sum.done += more.done;
        sum.failed.extend(more.failed);
        match next {
            Some(next) if body["after"].as_str().is_none_or(|after| *after < *next) => {
                body["after"] = next.into()
            }
            Some(_) | None => return Ok(sum),
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    redriven: usize,
    failed: Vec<Failed>,
    /// After which message the next call goes on.
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Failed {
    id: String,
    #[serde(default)]
    error: Value,
}

async fn redrive(api: &Api, body: &Value, output: &Output) -> Result<(Redriven, Option<String>)> {
    let call = Call::change("POST", &["queues", NAME, "redrive"]).with(body.clone());
    let answer: Answer = serde_json::from_value(api.send(&call).await?.data)?;
    for Failed { id, error } in &answer.failed {
        let why = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
        output.say(Mark::Bad, &format!("{} failed again: {why}", short(id)));
    }
    let failed = answer.failed.into_iter().map(|failed| failed.id).collect();
    Ok((Redriven { done: answer.redriven, failed }, answer.next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn message(id: &str) -> DeadLetter {
        DeadLetter::read(id.to_owned(), DateTime::UNIX_EPOCH, "{}", |_| None)
    }

    #[test]
    fn messages_are_named_by_their_beginnings() {
        let messages = [message("aa-1"), message("ab-2"), message("b-3")];
        let ids =
            |texts: &[&str]| named(&messages, &texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(matches!(ids(&["a", "aa"]), Ok(ids) if ids == ["aa-1", "ab-2"]));
        for unknown in ["c", ""] {
            assert!(matches!(ids(&["b", unknown]), Err(CliError::NotFound(_))), "{unknown}");
        }
    }
}
