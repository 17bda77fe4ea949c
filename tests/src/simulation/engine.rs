//! The heart of the simulation: what happens next, and when.

use super::History;
use super::cloud::Cloud;
use super::executions::Step;
use super::lambda::{From, Process, Then};
use super::plane::{OWN_BUS, Plane};
use super::random::Random;
use super::requests::{Request, requests};
use super::stream::Consumer;
use super::weather::Weather;
use super::wire::{Reply, Wire};
use crate::builders::{foreign, noon, platinum};
use crate::faults::Call;
use crate::functions::{Arns, Function, Functions};
use crate::invariants::{Answered, Execution, Picture, PlaneSeen, Stage, broken};
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenantry_events::name::EventName;
use tenantry_registry::plan::Plan;
use tenantry_registry::tier::Tier;
use tokio::sync::oneshot;

/// How often the sweeper comes.
const SWEEP: TimeDelta = TimeDelta::minutes(5);
/// How long publishers send requests.
const REQUESTS: TimeDelta = TimeDelta::hours(2);
/// How long the weather lasts.
const WEATHER: TimeDelta = TimeDelta::hours(3);
/// How long it may take until all is over, once the weather is fair: an
/// operation's deadline, and another operation after it, twice.
const REST: TimeDelta = TimeDelta::hours(14);

/// Something that happens at its time.
pub(super) enum Event {
    Invoke {
        function: Function,
        payload: Value,
        from: From,
    },
    /// A call reaches its service.
    Serve {
        process: u64,
        call: Call,
        then: Then,
    },
    /// An answer reaches its process.
    Answer {
        process: u64,
        reply: Reply,
        answer: Result<HttpResponse, ConnectorError>,
    },
    Kill(u64),
    Wake {
        process: u64,
        wake: oneshot::Sender<()>,
    },
    /// Lambda's own time limit.
    Expire(u64),
    Poll(usize),
    /// A request reaches the external application plane.
    Asked {
        name: EventName,
        detail: Value,
    },
    Execution {
        arn: String,
        step: Step,
    },
    Sweep,
    Redrive,
}

pub(super) struct Engine {
    pub(super) random: Random,
    pub(super) now: DateTime<Utc>,
    agenda: BTreeMap<(DateTime<Utc>, u64), Event>,
    pub(super) entries: u64,
    pub(super) wire: Wire,
    pub(super) functions: Arc<Functions>,
    pub(super) processes: BTreeMap<u64, Process>,
    pub(super) cloud: Cloud,
    pub(super) weather: Weather,
    pub(super) plane: Plane,
    /// What the plane has said, or is about to say.
    pub(super) answered: Vec<Answered>,
    pub(super) shards: [Vec<Value>; 2],
    pub(super) consumers: Vec<Consumer>,
    /// What Lambda gave up.
    pub(super) dead: Vec<(Function, Value)>,
    sent: Vec<Request>,
    quiet: u32,
    sweeps: u32,
    pub(super) history: History,
}

impl Engine {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let wire = Wire::default();
        let arn = |kind: &str| format!("arn:aws:states:us-east-1:000000000000:stateMachine:{kind}");
        let arns = Arns::of_silos(arn);
        let http = SharedHttpConnector::new(Connector::builder().build_http());
        let room = u32::try_from(random.between(1, 5)).unwrap_or(1);
        let queue = "http://localhost/000000000000/queue".to_owned();
        let functions = Functions::new(&wire.config(), "registry", &arns, queue, http, room);
        let weather = Weather::new(&mut random, noon(), noon() + WEATHER);
        let plane = Plane::new(&mut random);
        let functions = match plane.has_own_bus {
            true => functions.with_application_plane(OWN_BUS),
            false => functions,
        };
        let mut engine = Self {
            random,
            now: noon(),
            agenda: BTreeMap::new(),
            entries: 0,
            wire,
            functions: Arc::new(functions),
            processes: BTreeMap::new(),
            cloud: Cloud::default(),
            weather,
            plane,
            answered: Vec::new(),
            shards: Default::default(),
            consumers: Consumer::all(),
            dead: Vec::new(),
            sent: Vec::new(),
            quiet: 0,
            sweeps: 0,
            history: History::default(),
        };
        engine.note(&format!("room for {room}, {:?}, {:?}", engine.weather, engine.plane));
        engine.prepare();
        engine
    }

    fn prepare(&mut self) {
        let room = u32::try_from(self.random.between(1, 3)).ok();
        let gold = Tier { name: "gold".parse().expect("a name"), max_operations: room, ..platinum() };
        let shared = Tier {
            name: "shared".parse().expect("a name"),
            plan: Plan::ExternalPool,
            max_operations: Some(1),
        };
        for tier in [platinum(), gold, foreign(), shared] {
            let item: serde_dynamo::Item = serde_dynamo::to_item(&tier).expect("a tier is an item");
            let mut item = serde_json::to_value(item).expect("an item is JSON");
            item["tenantId"] = json!({ "S": format!("tier#{}", tier.name) });
            item["record"] = json!({ "S": "TIER" });
            self.cloud.table.call("PutItem", &json!({ "Item": item }));
        }
        self.cloud.table.take_changes();
        for request in requests(&mut self.random, noon(), REQUESTS) {
            self.history.requests += 1;
            self.send(&request);
            self.sent.push(request);
        }
        self.at(noon() + SWEEP, Event::Sweep);
        for minutes in [10, 40] {
            self.at(self.weather.end + TimeDelta::minutes(minutes), Event::Redrive);
        }
    }

    /// A publisher sends a request: EventBridge delivers it at least once,
    /// unless it never got it.
    fn send(&mut self, request: &Request) {
        let mut copies = 1;
        while copies < 4 && self.weather.repeats(&mut self.random, self.now) {
            copies += 1;
        }
        for _ in 0..copies {
            if self.weather.loses(&mut self.random, self.now) {
                self.note(&format!("lost: {}", request.what));
                continue;
            }
            let at = request.at + self.weather.way(&mut self.random, self.now);
            let (function, payload) = (request.function, request.payload.clone());
            self.at(at, Event::Invoke { function, payload, from: From::Bus { attempt: 0 } });
        }
        self.show_plane(request, request.at);
    }

    /// A plane without a bus of its own sees what publishers send, too.
    fn show_plane(&mut self, request: &Request, sent: DateTime<Utc>) {
        if self.plane.has_own_bus || self.weather.loses(&mut self.random, self.now) {
            return;
        }
        let at = sent + self.weather.way(&mut self.random, self.now);
        self.at(at, Event::Asked { name: request.name, detail: request.payload["detail"].clone() });
    }

    pub(super) fn run(mut self) -> History {
        while let Some(((at, _), event)) = self.agenda.pop_first() {
            self.now = at;
            if self.happens(event) || !self.history.wrong.is_empty() {
                break;
            }
        }
        if self.history.wrong.is_empty() {
            let picture = self.picture(Stage::Over);
            for tenant in &picture.tenants {
                *self.history.statuses.entry(tenant.status.to_string()).or_default() += 1;
            }
            self.history.wrong = broken(&picture);
        }
        self.history
    }

    /// Lets it happen; whether it is the end.
    fn happens(&mut self, event: Event) -> bool {
        match event {
            Event::Invoke { function, payload, from } => self.invoke(function, payload, from),
            Event::Serve { process, call, then } => self.serve(process, &call, then),
            Event::Answer { process, reply, answer } => {
                // The process may be gone.
                reply.send(answer).ok();
                self.poll(process);
            }
            Event::Kill(process) => self.kill(process, "killed"),
            Event::Wake { process, wake } => {
                // It may not wait any more.
                wake.send(()).ok();
                self.poll(process);
            }
            Event::Expire(process) => self.kill(process, "out of time"),
            Event::Poll(consumer) => self.read_stream(consumer),
            Event::Asked { name, detail } => self.asked(name, &detail),
            Event::Execution { arn, step } => self.execution(&arn, step),
            Event::Sweep => return self.sweep(),
            Event::Redrive => self.redrive(),
        }
        false
    }

    fn sweep(&mut self) -> bool {
        self.sweeps += 1;
        self.at(self.now + SWEEP, Event::Sweep);
        if self.sweeps.is_multiple_of(8) {
            self.history.wrong = broken(&self.picture(Stage::Middle));
        }
        let fair = self.now >= self.weather.end + TimeDelta::hours(1);
        self.quiet = if fair && self.is_quiet() { self.quiet + 1 } else { 0 };
        if self.quiet >= 4 || self.now > self.weather.end + REST {
            return true;
        }
        if !self.weather.loses(&mut self.random, self.now) {
            self.invoke(Function::Sweeper, json!({}), From::Schedule);
        }
        false
    }

    /// Whether nothing more happens by itself.
    fn is_quiet(&self) -> bool {
        let matters = |event: &Event| match event {
            Event::Sweep => false,
            Event::Answer { process, .. }
            | Event::Kill(process)
            | Event::Wake { process, .. }
            | Event::Expire(process) => self.processes.contains_key(process),
            Event::Execution { arn, .. } => self.cloud.executions.get(arn).is_some_and(|one| one.runs()),
            _ => true,
        };
        // What an external application plane never answers ends by its deadline.
        let waits = self.cloud.table.items().values().any(|item| item.get("openOperation").is_some());
        self.processes.is_empty() && !waits && !self.agenda.values().any(matters)
    }

    /// A person re-drives the dead letters, and now and then replays the
    /// archive.
    fn redrive(&mut self) {
        let mut again = std::mem::take(&mut self.dead);
        for (_, payload) in &mut again {
            payload["replay-name"] = json!(tenantry_events::envelope::REDRIVE);
        }
        if self.random.chance(30) {
            for request in self.sent.clone() {
                self.show_plane(&request, self.now);
                let mut payload = request.payload;
                payload["replay-name"] = json!("replay");
                again.push((request.function, payload));
            }
        }
        for (function, payload) in again {
            let at = self.now + TimeDelta::milliseconds(self.random.between(1, 60_000));
            self.at(at, Event::Invoke { function, payload, from: From::Bus { attempt: 0 } });
        }
    }

    pub(super) fn at(&mut self, at: DateTime<Utc>, event: Event) {
        self.entries += 1;
        self.agenda.insert((at, self.entries), event);
    }

    /// In a while: between `from` and `to` milliseconds.
    pub(super) fn soon(&mut self, from: i64, to: i64, event: Event) {
        let at = self.now + TimeDelta::milliseconds(self.random.between(from, to));
        self.at(at, event);
    }

    pub(super) fn note(&mut self, what: &str) {
        let since = self.now - noon();
        let (seconds, milliseconds) = (since.num_seconds(), since.subsec_nanos() / 1_000_000);
        self.history.trace.push(format!("{seconds:>6}.{milliseconds:03} {what}"));
    }

    fn picture(&self, stage: Stage) -> Picture {
        let mut picture = Picture::of_registry(&self.cloud.table.items(), self.now, stage);
        picture.sweep = (self.now > self.weather.end + TimeDelta::hours(1)).then_some(SWEEP * 2);
        let executions = self.cloud.executions.values();
        picture.executions = executions
            .map(|one| Execution { name: one.name.clone(), status: one.status.to_owned() })
            .collect();
        let stacks = self.cloud.stacks.iter();
        picture.stacks = Some(stacks.map(|(id, _)| *id).collect());
        picture.users = Some(self.cloud.users.by_tenant());
        picture.published = Some(self.cloud.published.clone());
        let answers = self.answered.iter().filter(|answer| answer.at <= self.now).copied().collect();
        picture.plane = Some(PlaneSeen { has_own_bus: self.plane.has_own_bus, answers });
        picture
    }

    /// What a change of the registry must never do.
    pub(super) fn watch(&mut self, before: Option<&Value>, after: Option<&Value>) {
        let number = |item: &Value, name: &str| item[name]["N"].as_str().and_then(|n| n.parse::<u64>().ok());
        let Some(before) = before.filter(|before| before["record"]["S"] == "TENANT") else { return };
        let Some(after) = after else { return self.history.wrong.push("a tenant is gone".to_owned()) };
        if number(after, "version") != number(before, "version").map(|version| version + 1) {
            self.history.wrong.push(format!("a version does not grow by one: {before} {after}"));
        }
        if number(after, "generation") < number(before, "generation") {
            self.history.wrong.push(format!("a generation shrinks: {before} {after}"));
        }
        if before["status"]["S"] == "Deprovisioned" {
            self.history.wrong.push(format!("a tombstone changes: {before} {after}"));
        }
    }
}
