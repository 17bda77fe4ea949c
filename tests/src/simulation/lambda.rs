//! Lambda: processes, their calls and waits, what becomes of them.
//!
//! Source: "Understanding retry behavior in Lambda", AWS Lambda Developer Guide.

use super::cloud::News;
use super::engine::{Engine, Event};
use super::wire::Reply;
use crate::faults::{Call, Entries, Fault, answer, partial};
use crate::functions::{Function, Invocation};
use aws_smithy_runtime_api::client::result::ConnectorError;
use chrono::TimeDelta;
use serde_json::Value;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// Who invokes a function, and so hears what became of it.
#[derive(Clone, Debug)]
pub(super) enum From {
    /// EventBridge, asynchronously.
    Bus {
        attempt: u32,
    },
    /// The consumer of a shard, with this number.
    Stream(usize),
    /// An execution that records its outcome, and what it does then.
    Execution {
        arn: String,
        attempt: u32,
        end: &'static str,
    },
    Schedule,
}

/// What follows when a service has done its part.
#[derive(Debug)]
pub(super) enum Then {
    Reply(Reply),
    /// The connection breaks.
    Break(Reply),
    /// Some entries are refused.
    Partly(Reply, Entries),
    Kill,
    /// Nobody waits any more; until then somebody did.
    Nothing(Reply),
}

/// An invocation under way.
pub(super) struct Process {
    function: Function,
    payload: Value,
    from: From,
    future: Pin<Box<dyn Future<Output = Invocation> + Send>>,
}

/// Whether something in a process wants to go on by itself.
#[derive(Debug, Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Engine {
    pub(super) fn invoke(&mut self, function: Function, payload: Value, from: From) {
        self.entries += 1;
        let number = self.entries;
        let (functions, argument, now) = (Arc::clone(&self.functions), payload.clone(), self.now);
        let future = Box::pin(async move { functions.invoke(function, &argument, now).await });
        self.note(&format!("{number} {function} {}", about(&payload)));
        self.processes.insert(number, Process { function, payload, from, future });
        let limit = if function == Function::Sweeper { 110 } else { 30 };
        self.at(self.now + TimeDelta::seconds(limit), Event::Expire(number));
        self.poll(number);
    }

    /// Lets a process go on until it waits.
    pub(super) fn poll(&mut self, number: u64) {
        let Some(mut process) = self.processes.remove(&number) else { return };
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            woken.0.store(false, Ordering::Relaxed);
            match process.future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(invocation) => {
                    self.wire.take();
                    return self.finish(number, process, Some(invocation));
                }
                Poll::Pending if woken.0.load(Ordering::Relaxed) => {}
                Poll::Pending => break,
            }
        }
        let function = process.function;
        self.processes.insert(number, process);
        let waits = self.wire.take();
        for (duration, wake) in waits.sleeps {
            // Limits are whole seconds. What the SDK waits before it tries
            // again is its own chance: here it is the seed's.
            let wait = match duration {
                limit if limit.subsec_nanos() == 0 && limit >= Duration::from_secs(1) => {
                    TimeDelta::from_std(limit).unwrap_or_default()
                }
                _ => TimeDelta::milliseconds(self.random.between(10, 1_000)),
            };
            self.at(self.now + wait, Event::Wake { process: number, wake });
        }
        for (call, reply) in waits.calls {
            self.call(number, function, call, reply);
        }
    }

    fn call(&mut self, process: u64, function: Function, call: Call, reply: Reply) {
        self.history.calls += 1;
        let what = format!("{} {}", call.operation, call.subject);
        let fault = self.weather.fault(&mut self.random, &call, self.now);
        self.note(&format!(
            "{process} {function} > {what} {}",
            fault.map_or(String::new(), |f| f.to_string())
        ));
        if let Some(fault) = fault {
            let case = (function.to_string(), call.operation.clone(), fault.to_string());
            *self.history.faults.entry(case).or_default() += 1;
        }
        let broken = |what: &'static str| Err(ConnectorError::io(what.into()));
        match fault {
            None => self.soon(1, 30, Event::Serve { process, call, then: Then::Reply(reply) }),
            Some(Fault::NoAnswer) => {
                self.soon(1, 500, Event::Answer { process, reply, answer: broken("connection refused") });
            }
            Some(Fault::Unanswered) => {
                self.soon(1, 30, Event::Serve { process, call, then: Then::Break(reply) })
            }
            // Later than the SDK waits.
            Some(Fault::Late) => {
                self.soon(4_001, 12_000, Event::Serve { process, call, then: Then::Nothing(reply) })
            }
            Some(Fault::Partial(entries)) => {
                self.soon(1, 30, Event::Serve { process, call, then: Then::Partly(reply, entries) });
            }
            Some(Fault::KilledBefore) => self.at(self.now, Event::Kill(process)),
            Some(Fault::KilledAfter) => self.soon(1, 30, Event::Serve { process, call, then: Then::Kill }),
            Some(fault) => {
                let answer = answer::of(fault, &call).ok_or_else(|| ConnectorError::io("no answer".into()));
                self.soon(1, 30, Event::Answer { process, reply, answer });
            }
        }
    }

    /// A call reaches its service.
    pub(super) fn serve(&mut self, process: u64, call: &Call, then: Then) {
        if call.operation == "Query" {
            self.cloud.table.lag = self.weather.lag(&mut self.random, self.now);
        }
        let (status, body) = match &then {
            Then::Partly(_, entries) => {
                let mut rest = call.clone();
                rest.request = partial::rest(&call.request, *entries);
                let (status, body) = self.cloud.call(&rest);
                (status, partial::answer(&call.request, &body, *entries))
            }
            _ => self.cloud.call(call),
        };
        self.note(&format!("{process} < {} {} {status}", call.operation, call.subject));
        for change in self.cloud.table.take_changes() {
            self.watch(change.before.as_ref(), change.after.as_ref());
            self.changed(&change);
        }
        for news in std::mem::take(&mut self.cloud.news) {
            match news {
                News::Started(arn) => self.started(&arn),
                News::Stopped(arn) => self.stopped(&arn),
                News::Published { bus, name, detail } => self.published(&bus, name, detail),
            }
        }
        match then {
            Then::Reply(reply) | Then::Partly(reply, _) => {
                let answer = Ok(answer::response(status, &body));
                self.soon(1, 30, Event::Answer { process, reply, answer });
            }
            Then::Break(reply) => {
                let answer = Err(ConnectorError::io("connection reset".into()));
                self.soon(1, 30, Event::Answer { process, reply, answer });
            }
            Then::Kill => self.kill(process, "killed"),
            Then::Nothing(reply) => drop(reply),
        }
    }

    pub(super) fn kill(&mut self, number: u64, how: &str) {
        let Some(process) = self.processes.remove(&number) else { return };
        self.note(&format!("{number} {} {how}", process.function));
        self.finish(number, process, None);
    }

    /// What Lambda does with the end of an invocation; with none, if it came to
    /// no end.
    fn finish(&mut self, number: u64, process: Process, invocation: Option<Invocation>) {
        let Process { function, payload, from, future } = process;
        drop(future);
        if let Some(end) = &invocation {
            let said = match end {
                Ok(answer) => answer.to_string(),
                Err(refusal) => format!("{}: {}", refusal.name, refusal.message),
            };
            self.note(&format!("{number} {function} = {said}"));
        }
        match from {
            From::Bus { attempt } => {
                let done = matches!(invocation, Some(Ok(_)));
                if done && !self.weather.repeats(&mut self.random, self.now) {
                    return;
                }
                if attempt >= 2 {
                    if !done {
                        self.dead.push((function, payload));
                    }
                    return;
                }
                let from = From::Bus { attempt: attempt + 1 };
                let wait = 60_000 * i64::from(attempt + 1);
                self.soon(wait, wait + 30_000, Event::Invoke { function, payload, from });
            }
            From::Stream(consumer) => self.batch_ended(consumer, invocation),
            From::Execution { arn, attempt, end } => {
                self.recorded(&arn, payload, attempt, end, invocation);
            }
            From::Schedule => {}
        }
    }
}

/// Which event, or which records, a payload is.
fn about(payload: &Value) -> String {
    if let Some(records) = payload["Records"].as_array() {
        let key = |record: &Value| {
            let keys = &record["dynamodb"]["Keys"];
            let text =
                |name: &str| keys[name]["S"].as_str().unwrap_or_default().chars().take(8).collect::<String>();
            format!("{}/{}", text("tenantId"), text("record"))
        };
        return records.iter().map(key).collect::<Vec<_>>().join(" ");
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match payload.get("detail-type") {
        Some(name) => {
            let detail = &payload["detail"];
            let of = detail.get("tenantId").or(detail.get("tenantRegistrationId")).or(detail.get("name"));
            format!("{} {} {}", text(name), text(of.unwrap_or(&Value::Null)), text(&payload["replay-name"]))
        }
        None => format!(
            "{} {} {}",
            text(&payload["outcome"]),
            text(&payload["tenantId"]),
            text(&payload["operationId"])
        ),
    }
}
