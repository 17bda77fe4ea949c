//! Dead-letter messages: from the queue itself, or through the API.

use super::Source;
use crate::api::{Api, Call};
use crate::clients::Deployment;
use crate::error::{CliError, Result};
use crate::output::{Mark, Output};
use chrono::Utc;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_events::text::Reason;
use tenantry_operations::dead_letter::DeadLetter;
use tenantry_operations::dead_letters::{AT_ONCE, Choice, Discard, Outcome, Position};

/// The queue's name in the API.
const NAME: &str = "dead-letters";
/// Who discards, where the queue itself is asked: AWS knows the credentials.
const ACTOR: &str = "the command, with AWS credentials";

/// What became of messages that were redriven.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redriven {
    /// How many were handled.
    pub(crate) done: usize,
    /// The ids of those that failed again; they are in the queue still.
    pub(crate) failed: Vec<String>,
}

impl Source {
    /// The visible messages, oldest first, at most `limit` of them; the API shows
    /// them without what is personal.
    pub(crate) async fn dead_letters(&self, limit: usize, output: &Output) -> Result<Vec<DeadLetter>> {
        match self {
            Self::Deployment(deployment) => {
                let page = deployment.dead_letters().await?.page(None, limit).await?;
                say_invisible(page.invisible, output);
                Ok(page.messages)
            }
            Self::Api(api) => of_api(api, limit).await,
        }
    }

    /// Deletes the messages whose ids begin so for good; how many there were.
    pub(crate) async fn discard(&self, ids: &[String], reason: &Reason, output: &Output) -> Result<usize> {
        match self {
            Self::Deployment(deployment) => {
                let by = Discard { registry: &deployment.registry, actor: ACTOR, reason, now: Utc::now() };
                let queue = deployment.dead_letters().await?;
                let discarded = queue.discard(&Choice::Beginnings(ids), &by, |_| {}).await?;
                say_invisible(discarded.invisible, output);
                Ok(discarded.messages)
            }
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
        let mut sum = Redriven::default();
        if all {
            let mut after = None;
            loop {
                let next = self.redrive_page(after.clone(), &mut sum, output).await?;
                match next.filter(|next| after.as_ref().is_none_or(|after| after < next)) {
                    Some(next) => after = Some(next),
                    None => return Ok(sum),
                }
            }
        }
        match self {
            Self::Deployment(deployment) => {
                directly(deployment, &Choice::Beginnings(ids), &mut sum, output).await?;
            }
            Self::Api(api) => {
                for ids in named(&of_api(api, usize::MAX).await?, ids)?.chunks(AT_ONCE) {
                    over_http(api, &json!({ "ids": ids }), &mut sum, output).await?;
                }
            }
        }
        Ok(sum)
    }

    /// Redrives the messages behind `after`, as many as are redriven at once; behind
    /// which the next ones are, if there are more.
    async fn redrive_page(
        &self,
        after: Option<Position>,
        sum: &mut Redriven,
        output: &Output,
    ) -> Result<Option<Position>> {
        match self {
            Self::Deployment(deployment) => {
                directly(deployment, &Choice::Page { after, most: AT_ONCE }, sum, output).await
            }
            Self::Api(api) => {
                let mut body = json!({ "all": true });
                if let Some(after) = after {
                    body["after"] = after.to_string().into();
                }
                over_http(api, &body, sum, output).await
            }
        }
    }
}

async fn directly(
    deployment: &Deployment,
    choice: &Choice<'_>,
    sum: &mut Redriven,
    output: &Output,
) -> Result<Option<Position>> {
    let each = |message: &DeadLetter, outcome: &Outcome| {
        let (mark, text) = said(message, outcome);
        output.say(mark, &text);
    };
    let redriven = deployment.dead_letters().await?.redrive(choice, each).await?;
    say_invisible(redriven.invisible, output);
    sum.done += redriven.handled;
    sum.failed.extend(redriven.failed);
    Ok(redriven.next)
}

fn said(message: &DeadLetter, outcome: &Outcome) -> (Mark, String) {
    let DeadLetter { id, about, function, .. } = message;
    let id = short(id);
    match outcome {
        Outcome::Handled => (Mark::Good, format!("{id} {about} handled by {function}")),
        Outcome::Failed { name, message } => {
            (Mark::Bad, format!("{id} {about} failed again ({name}): {message}"))
        }
        Outcome::NotInvoked(error) => (Mark::Bad, format!("{id} {about} failed again: {error}")),
        Outcome::NotDeleted(error) => (Mark::Bad, format!("{id} {about} handled by {function}; {error}")),
    }
}

fn say_invisible(messages: usize, output: &Output) {
    if messages > 0 {
        let text = format!("{messages} messages stay invisible for a minute: SQS did not release them");
        output.say(Mark::Note, &text);
    }
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
    if let Some(id) = ids.iter().find(|id| !messages.iter().any(|message| message.is_called(id))) {
        return Err(none(id));
    }
    let chosen = messages.iter().filter(|message| ids.iter().any(|id| message.is_called(id)));
    Ok(chosen.map(|message| message.id.clone()).collect())
}

async fn of_api(api: &Api, limit: usize) -> Result<Vec<DeadLetter>> {
    api.list(&["queues", NAME], &[], limit).await
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

async fn over_http(api: &Api, body: &Value, sum: &mut Redriven, output: &Output) -> Result<Option<Position>> {
    let call = Call::change("POST", &["queues", NAME, "redrive"]).with(body.clone());
    let answer: Answer = serde_json::from_value(api.send(&call).await?.data)?;
    for Failed { id, error } in answer.failed {
        let why = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
        output.say(Mark::Bad, &format!("{} failed again: {why}", short(&id)));
        sum.failed.push(id);
    }
    sum.done += answer.redriven;
    Ok(answer.next.and_then(|next| next.parse().ok()))
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
