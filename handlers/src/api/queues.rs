//! `/queues`: what could not be handled, why, and once more.

use super::Deps;
use super::answer::Answer;
use super::call::Call;
use super::problem::Problem;
use super::redact::{redacted, without_addresses};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName,
};
use chrono::DateTime;
use lambda_runtime::tracing;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use tenantry_events::dead_letter::DeadLetter;
use tenantry_events::text::{Reason, TextError, shorten};
use tenantry_registry::audit::AuditEntry;

/// The only queue's name here.
const NAME: &str = "dead-letters";
/// How long a letter is out of sight while it is looked at, in seconds: longer
/// than a call lasts.
const HIDDEN: i32 = 30;
/// The most messages that one call looks at: SQS has no pages, so that each call
/// receives them all, ten at a time, and gives them back.
const MOST: usize = 1_000;
/// The most messages that one call redrives.
const REDRIVEN: usize = 50;

/// The dead-letter queue, and what can be done about a letter.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    /// SQS.
    pub client: aws_sdk_sqs::Client,
    /// The queue.
    pub url: String,
    /// Lambda: to call the function that gave up.
    pub functions: aws_sdk_lambda::Client,
    /// The deployment's name, which the functions' names begin with.
    pub stack: String,
}

/// A letter, and what SQS knows it by while it is out of sight.
struct Taken {
    letter: DeadLetter,
    receipt: String,
}

pub(super) async fn list(deps: &Deps) -> Result<Answer, Problem> {
    let queue = &deps.dead_letters;
    let names = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    ];
    let get =
        queue.client.get_queue_attributes().queue_url(&queue.url).set_attribute_names(Some(names.to_vec()));
    let attributes = get.send().await.map_err(unavailable)?.attributes.unwrap_or_default();
    let number = |name| attributes.get(&name).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    let [waiting, in_sight_of_others] = names.map(number);
    let view = json!({ "queueName": NAME, "messages": waiting, "inFlight": in_sight_of_others });
    Ok(Answer::page(vec![view], None))
}

pub(super) async fn get(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    named(call)?;
    let limit = usize::try_from(call.limit()?).unwrap_or(1);
    let after = call.query("next_token").map(|text| place(text, "next_token")).transpose()?;
    let taken = take(&deps.dead_letters).await?;
    give_back(&deps.dead_letters, &taken).await;
    let (page, next) = page(&taken, after.as_deref(), limit);
    Ok(Answer::page(page.iter().map(|taken| view(&taken.letter)).collect(), next))
}

/// Where a message stands among all: by its arrival.
fn place_of(letter: &DeadLetter) -> String {
    format!("{:015}.{}", letter.sent_at.timestamp_millis().max(0), letter.id)
}

/// A place, as an earlier answer gave it.
fn place(text: &str, field: &'static str) -> Result<String, Problem> {
    let right = |(moment, id): (&str, &str)| {
        let plain = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        moment.len() == 15 && moment.bytes().all(|c| c.is_ascii_digit()) && plain && id.len() <= 100
    };
    let wrong = || Problem::field(field, "must be one that this queue gave, unchanged");
    text.split_once('.').filter(|parts| right(*parts)).map(|_| text.to_owned()).ok_or_else(wrong)
}

/// The messages after the place, `most` of them at the most, and the place where
/// the next ones begin. `taken` is in the order of arrival.
fn page<'a>(taken: &'a [Taken], after: Option<&str>, most: usize) -> (&'a [Taken], Option<String>) {
    let begin = taken.partition_point(|taken| after.is_some_and(|after| *place_of(&taken.letter) <= *after));
    let end = begin.saturating_add(most).min(taken.len());
    let page = &taken[begin..end];
    (page, page.last().filter(|_| end < taken.len()).map(|last| place_of(&last.letter)))
}

fn view(letter: &DeadLetter) -> Value {
    let mut view = serde_json::to_value(letter).unwrap_or_default();
    view["reason"] = redacted(Value::from(letter.reason.as_str()));
    view["payload"] = redacted(letter.payload.clone().unwrap_or_default());
    view
}

/// Calls the functions again; what succeeds leaves the queue.
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
        Some(after) => Some(place(after.as_str().unwrap_or_default(), "after")?),
    };
    if all != ids.is_empty() {
        return Err(Problem::field("ids", "must have the ids of dead-letter messages, or `all` be true"));
    }
    named(call)?;
    let queue = &deps.dead_letters;
    let taken = take(queue).await?;
    let (page, next) = page(&taken, after.as_deref(), REDRIVEN);
    let page: BTreeSet<String> = page.iter().map(|taken| taken.letter.id.clone()).collect();
    let (chosen, others): (Vec<Taken>, Vec<Taken>) = taken.into_iter().partition(|taken| {
        if all { page.contains(&taken.letter.id) } else { ids.contains(&taken.letter.id) }
    });
    let next = next.filter(|_| all);
    give_back(queue, &others).await;
    if let Some(id) = ids.iter().find(|id| !chosen.iter().any(|taken| taken.letter.id == **id)) {
        give_back(queue, &chosen).await;
        tracing::info!(id, "no such visible dead-letter message");
        return Err(Problem::NotFound("visible dead-letter message"));
    }
    let (mut redriven, mut failed, mut kept) = (0, Vec::new(), Vec::new());
    for taken in chosen {
        match hand_over(queue, &taken.letter).await? {
            None => {
                let remove = queue.client.delete_message().queue_url(&queue.url);
                remove.receipt_handle(&taken.receipt).send().await.map_err(unavailable)?;
                redriven += 1;
            }
            Some(error) => {
                failed.push(json!({ "id": taken.letter.id, "error": redacted(Value::from(error)) }));
                kept.push(taken);
            }
        }
    }
    give_back(queue, &kept).await;
    Ok(Answer::data(json!({ "redriven": redriven, "failed": failed, "next": next })))
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
    let queue = &deps.dead_letters;
    let (chosen, others): (Vec<Taken>, Vec<Taken>) =
        take(queue).await?.into_iter().partition(|taken| ids.contains(&taken.letter.id));
    give_back(queue, &others).await;
    if ids.iter().any(|id| !chosen.iter().any(|taken| taken.letter.id == *id)) {
        give_back(queue, &chosen).await;
        return Err(Problem::NotFound("visible dead-letter message"));
    }
    for taken in &chosen {
        let DeadLetter { id, code, function, .. } = &taken.letter;
        let actor = format!("HTTP API ({}, from {})", call.who(), call.source_ip());
        if let Some(line) = AuditEntry::of_discarded(&taken.letter, actor, &reason, call.now) {
            deps.registry.refused(&line).await?;
        }
        let why = without_addresses(reason.as_str());
        tracing::info!(audit = true, who = call.who(), message = id, code, function, why, "discarded");
        let remove = queue.client.delete_message().queue_url(&queue.url);
        remove.receipt_handle(&taken.receipt).send().await.map_err(unavailable)?;
    }
    Ok(Answer::data(json!({ "discarded": chosen.len() })))
}

fn ids(value: Option<&Value>) -> Result<Vec<String>, Problem> {
    let wrong =
        || Problem::field("ids", format!("must be a list of at most {REDRIVEN} ids of dead-letter messages"));
    let Some(value) = value else { return Ok(Vec::new()) };
    let list = value.as_array().filter(|list| list.len() <= REDRIVEN).ok_or_else(wrong)?;
    list.iter().map(|id| id.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}

/// Calls the function that gave the letter up; what it said if it failed again.
async fn hand_over(queue: &DeadLetters, letter: &DeadLetter) -> Result<Option<String>, Problem> {
    let (function, payload) = letter.again(&queue.stack);
    let name = format!("{}-{function}", queue.stack);
    let invoke = queue.functions.invoke().function_name(&name).payload(Blob::new(payload.to_string()));
    let answer = match invoke.send().await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(function, "a letter could not be handed over: {}", said(&error));
            return Ok(Some("the function cannot be called".to_owned()));
        }
    };
    if answer.function_error.is_none() {
        return Ok(None);
    }
    let body = answer.payload.map(Blob::into_inner).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Some(shorten(&format!("{}: {}", text("errorType"), text("errorMessage")), 300)))
}

/// Takes the letters that are in sight, oldest first; they are out of others'
/// sight until they are given back.
async fn take(queue: &DeadLetters) -> Result<Vec<Taken>, Problem> {
    let mut taken: BTreeMap<String, Taken> = BTreeMap::new();
    while taken.len() < MOST {
        let receive = queue.client.receive_message().queue_url(&queue.url).max_number_of_messages(10);
        let receive = receive.visibility_timeout(HIDDEN).wait_time_seconds(1).message_attribute_names("All");
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        let messages = receive.send().await.map_err(unavailable)?.messages.unwrap_or_default();
        if messages.is_empty() {
            break;
        }
        taken.extend(messages.into_iter().map(read).map(|taken| (taken.letter.id.clone(), taken)));
    }
    let mut taken: Vec<Taken> = taken.into_values().collect();
    taken.sort_by_cached_key(|taken| place_of(&taken.letter));
    Ok(taken)
}

fn read(message: Message) -> Taken {
    let attributes = message.message_attributes.unwrap_or_default();
    let system = message.attributes.unwrap_or_default();
    let sent = system.get(&MessageSystemAttributeName::SentTimestamp).and_then(|text| text.parse().ok());
    let sent = sent.and_then(DateTime::from_timestamp_millis).unwrap_or_default();
    let id = message.message_id.unwrap_or_default();
    let body = message.body.unwrap_or_default();
    let attribute = |name: &str| attributes.get(name)?.string_value.clone();
    let letter = DeadLetter::read(id, sent, &body, attribute);
    Taken { letter, receipt: message.receipt_handle.unwrap_or_default() }
}

/// Gives letters back for others to see; what cannot be is in sight again soon.
async fn give_back(queue: &DeadLetters, letters: &[Taken]) {
    for ten in letters.chunks(10) {
        let entry = |(n, taken): (usize, &Taken)| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(n.to_string());
            entry.receipt_handle(&taken.receipt).visibility_timeout(0).build().ok()
        };
        let entries = ten.iter().enumerate().filter_map(entry).collect();
        let change = queue.client.change_message_visibility_batch().queue_url(&queue.url);
        if let Err(error) = change.set_entries(Some(entries)).send().await {
            tracing::warn!("dead-letter messages are invisible for {HIDDEN} s: {}", said(&error));
        }
    }
}

fn named(call: &Call) -> Result<(), Problem> {
    if call.parameter("queueName") == NAME { Ok(()) } else { Err(Problem::NotFound("queue")) }
}

fn unavailable(error: impl Display) -> Problem {
    tracing::error!("SQS: {}", said(&error));
    Problem::Unavailable
}

/// Of an SDK error, its kind: the details may hold what nobody must read.
fn said(error: &impl Display) -> String {
    shorten(&error.to_string(), 200)
}
