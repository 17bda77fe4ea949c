//! What the outside sees of a world: what must be the same, whatever went wrong
//! on the way there.

use super::World;
use crate::builders::noon;
use crate::faults::Call;
use crate::invariants::{Execution, Picture, Published, Stage};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// Attributes that say when something happened.
const MOMENTS: [&str; 8] =
    ["at", "createdAt", "deadline", "endedAt", "since", "startedAt", "updatedAt", "waitingSince"];

/// What a tenant's outputs say of its administrator's invitation, where Cognito could
/// not send it: that depends on the fault, and is as it should be.
const MAIL: &str = "invitationUnsent";

/// A world at one moment, without the times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Tenants, operations, claims and tiers, by key.
    pub items: BTreeMap<String, Value>,
    /// What was accepted, each line.
    pub accepted: Vec<String>,
    /// What was refused; the same request once, however often it came.
    pub refused: BTreeSet<String>,
    /// What was a duplicate or stale; there may be more of it after a fault.
    pub repeated: BTreeSet<String>,
    /// Executions, with their status and input.
    pub executions: BTreeMap<String, String>,
    /// Events that the bus took, by their own ids.
    pub events: BTreeMap<String, String>,
    /// Messages that the queue took; the same one once.
    pub messages: BTreeSet<String>,
    /// What CloudFormation was told; the same once.
    pub answers: BTreeSet<String>,
}

impl World {
    /// What the outside sees.
    ///
    /// # Panics
    ///
    /// As [`World::look`].
    pub async fn state(&self) -> State {
        self.look().await.0
    }

    /// What the outside sees, and a picture for the invariants; of events,
    /// messages and answers, those since the start of the client's recording.
    ///
    /// # Panics
    ///
    /// When something was sent twice with one identity and different content.
    pub async fn look(&self) -> (State, Picture) {
        let mut state = State::default();
        let items = self.items().await;
        let mut picture = Picture::of_registry(&items, noon(), Stage::Middle);
        let users = self.tenants_users().await;
        for (key, item) in items {
            match key.split_once("/AUDIT#") {
                Some((tenant, _)) => state.line(tenant, &item),
                None => {
                    // Who is changing users comes and goes.
                    if key.starts_with("lease#") {
                        continue;
                    }
                    let own = ["idempotency#", "refusals#"].iter().any(|api| key.starts_with(api));
                    let item = if own { kept(item) } else { item };
                    // Worlds differ in their names and in nothing else.
                    let mut text = timeless(item).to_string().replace(&self.0.name, "world");
                    for (name, whose) in &users {
                        text = text.replace(name, whose);
                    }
                    let (key, text) = of_anybody(key, text);
                    state.items.insert(key, serde_json::from_str(&text).expect("still JSON"));
                }
            }
        }
        let mut whose: Vec<_> = users.into_values().collect();
        whose.sort();
        state.items.insert("tenants' users".to_owned(), json!(whose));
        for (name, user) in self.operators().await {
            state.items.insert(format!("user {name}"), json!(user));
        }
        state.accepted.sort();
        for (name, (status, input)) in self.executions().await {
            let status = status.as_str().to_owned();
            state.executions.insert(name.clone(), format!("{status} {input}"));
            let name = name.split_once(' ').map_or(name.clone(), |(_, name)| name.to_owned());
            picture.executions.push(Execution { name, status });
        }
        let calls = self.faulty().calls();
        let mut published = Vec::new();
        for call in calls.iter().filter(|call| call.is_done()) {
            match call.operation.as_str() {
                "PutEvents" => published.extend(state.sent(call, &self.0.name)),
                "SendMessage" => {
                    let code = &call.request["MessageAttributes"]["ERROR_CODE"]["StringValue"];
                    state.messages.insert(format!("{code} {}", call.request["MessageBody"]));
                }
                "PUT" => {
                    state.answers.insert(call.request.to_string());
                }
                _ => {}
            }
        }
        same_input(&calls);
        picture.published = Some(published);
        (state, picture)
    }
}

/// An item's key and text without what is of one caller: an idempotency key is
/// the caller's own, and the user pool gives each world's callers other subjects.
fn of_anybody(key: String, text: String) -> (String, String) {
    let caller = key.strip_prefix("idempotency#").and_then(|key| key.split('/').next());
    match caller.map(str::to_owned) {
        None => (key, text),
        Some(caller) => {
            let text = text.replace(&caller, "caller");
            (format!("idempotency {text}"), text)
        }
    }
}

impl State {
    fn line(&mut self, tenant: &str, item: &Value) {
        let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
        let line = format!("{tenant} {} {} {}", text("action"), text("eventId"), text("code"));
        match text("verdict").as_str() {
            "accepted" => self.accepted.push(line),
            "refused" => {
                self.refused.insert(line);
            }
            verdict => {
                self.repeated.insert(format!("{verdict} {line}"));
            }
        }
    }

    fn sent(&mut self, call: &Call, world: &str) -> Vec<Published> {
        let mut published = Vec::new();
        let list = |value: &Value| value["Entries"].as_array().cloned().unwrap_or_default();
        let answers = call.answer.as_ref().map(|answer| list(&answer.body)).unwrap_or_default();
        for (entry, answer) in list(&call.request).into_iter().zip(answers) {
            if answer.get("EventId").is_none() {
                continue;
            }
            let detail = entry["Detail"].as_str().unwrap_or_default().to_owned();
            let mut parsed: Value = serde_json::from_str(&detail).expect("an event's detail is JSON");
            let id = parsed["metadata"]["eventId"].as_str().expect("an event has an id").to_owned();
            // A request of the API's is of the time at which it was made.
            if parsed["metadata"]["producer"].as_str().is_some_and(|by| by.starts_with("tenantry-api/")) {
                parsed["metadata"]["occurredAt"] = Value::Null;
            } else {
                published.push(Published::of(entry["DetailType"].as_str().unwrap_or_default(), &detail));
            }
            let bus = entry["EventBusName"].as_str().unwrap_or_default().replace(world, "application plane");
            let said = format!("{bus} {} {} {parsed}", entry["Source"], entry["DetailType"]);
            let before = self.events.insert(id, said.clone());
            assert!(before.is_none_or(|before| before == said), "one event id, two events: {said}");
        }
        published
    }

    /// In what `self` differs from what it should be; `None` if it does not.
    /// After faults there may be more repetitions, and answers that told of the
    /// failure.
    #[must_use]
    pub fn differs_from(&self, expected: &Self) -> Option<String> {
        let failed = |answer: &&String| answer.contains(r#""Status":"FAILED""#);
        let answers: BTreeSet<_> = self.answers.iter().filter(|answer| !failed(answer)).cloned().collect();
        let told: BTreeSet<_> = expected.answers.iter().filter(|answer| !failed(answer)).cloned().collect();
        let differences = [
            difference("items", &self.items, &expected.items),
            difference("accepted", &self.accepted, &expected.accepted),
            difference("refused", &self.refused, &expected.refused),
            difference("executions", &self.executions, &expected.executions),
            difference("events", &self.events, &expected.events),
            difference("messages", &self.messages, &expected.messages),
            difference("answers", &answers, &told),
            (!self.repeated.is_superset(&expected.repeated))
                .then(|| format!("repeated: {:#?}, not {:#?}", self.repeated, expected.repeated)),
        ];
        let differences: Vec<String> = differences.into_iter().flatten().collect();
        (!differences.is_empty()).then(|| differences.join("\n"))
    }
}

fn difference<T: Debug + PartialEq>(what: &str, is: &T, should: &T) -> Option<String> {
    let (is_text, should_text) = (format!("{is:#?}"), format!("{should:#?}"));
    let only = |a: &str, b: &str| a.lines().filter(|line| !b.contains(line)).collect::<Vec<_>>().join("\n");
    (is != should).then(|| {
        let (more, less) = (only(&is_text, &should_text), only(&should_text, &is_text));
        format!("{what} differ: there is\n{more}\nand there is not\n{less}")
    })
}

/// What is kept of an answer without its time, and without whether its event is
/// noted as sent: the events themselves say that.
fn kept(mut item: Value) -> Value {
    for name in ["event", "expiresAt", "sent"] {
        item.as_object_mut().expect("an item").remove(name);
    }
    item
}

/// Every start of one execution has the same bytes as its input.
fn same_input(calls: &[Call]) {
    let mut inputs = BTreeMap::new();
    for call in calls.iter().filter(|call| call.operation == "StartExecution") {
        let input = call.request["input"].as_str().unwrap_or_default();
        let before = inputs.insert(call.request["name"].to_string(), input);
        assert!(before.is_none_or(|before| before == input), "one execution, two inputs: {input}");
    }
}

fn timeless(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|name, _| !MOMENTS.contains(&name.as_str()) && name != MAIL);
            for field in fields.values_mut() {
                *field = timeless(field.take());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = timeless(item.take())),
        _ => {}
    }
    value
}
