//! The table's change stream and its consumers: per shard in order, at least
//! once, in batches, with repetitions, and with records that are lost for good.
//!
//! Source: "Using AWS Lambda with Amazon DynamoDB", AWS Lambda Developer Guide.

use super::engine::{Engine, Event};
use super::lambda::From;
use super::table::Changed;
use crate::functions::{Function, Invocation, first_failure};
use crate::streams;
use chrono::TimeDelta;
use serde_json::Value;
use std::collections::BTreeSet;

/// How many records a batch has at the most, as in the template.
const BATCH: usize = 10;
/// How often a batch is tried before its first record is given up.
const ATTEMPTS: u32 = 6;

/// A function that reads a shard.
#[derive(Debug)]
pub(super) struct Consumer {
    function: Function,
    shard: usize,
    /// The first record that it has yet to get.
    at: usize,
    /// Behind the last one that it is busy with.
    end: usize,
    batch: usize,
    attempts: u32,
    state: State,
    lost: BTreeSet<usize>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Idle,
    Called,
    Busy,
}

impl Consumer {
    pub(super) fn all() -> Vec<Self> {
        let each = [Function::Reconciler, Function::Publisher].into_iter();
        let each = each.flat_map(|function| [0, 1].map(|shard| (function, shard)));
        each.map(|(function, shard)| Self {
            function,
            shard,
            at: 0,
            end: 0,
            batch: BATCH,
            attempts: 0,
            state: State::Idle,
            lost: BTreeSet::new(),
        })
        .collect()
    }

    /// The template's filters.
    fn wants(&self, record: &Value) -> bool {
        let key = record["dynamodb"]["Keys"]["record"]["S"].as_str().unwrap_or_default();
        match self.function {
            Function::Reconciler => key == "TENANT" && record["eventName"] != "REMOVE",
            _ => {
                key.starts_with("AUDIT#")
                    && record["eventName"] == "INSERT"
                    && record["dynamodb"]["NewImage"]["unpublished"]["S"] == "UNPUBLISHED"
            }
        }
    }
}

impl Engine {
    /// A change goes into its shard.
    pub(super) fn changed(&mut self, change: &Changed) {
        self.entries += 1;
        let record = streams::numbered(self.entries, change.before.as_ref(), change.after.as_ref());
        let tenant = record["dynamodb"]["Keys"]["tenantId"]["S"].as_str().unwrap_or_default();
        let shard = tenant.bytes().fold(0_usize, |sum, byte| sum + usize::from(byte)) % self.shards.len();
        let place = self.shards[shard].len();
        self.shards[shard].push(record);
        for consumer in 0..self.consumers.len() {
            if self.consumers[consumer].shard != shard {
                continue;
            }
            if self.weather.loses(&mut self.random, self.now) {
                self.consumers[consumer].lost.insert(place);
            }
            let way = self.weather.way(&mut self.random, self.now);
            self.call_consumer(consumer, way);
        }
    }

    fn call_consumer(&mut self, consumer: usize, way: TimeDelta) {
        let this = &mut self.consumers[consumer];
        if this.state == State::Idle && this.at < self.shards[this.shard].len() {
            this.state = State::Called;
            self.at(self.now + way, Event::Poll(consumer));
        }
    }

    pub(super) fn read_stream(&mut self, consumer: usize) {
        let this = &mut self.consumers[consumer];
        let shard = &self.shards[this.shard];
        let (mut end, mut batch) = (this.at, Vec::new());
        while end < shard.len() && batch.len() < this.batch {
            if this.wants(&shard[end]) && !this.lost.contains(&end) {
                batch.push(shard[end].clone());
            }
            end += 1;
        }
        if batch.is_empty() {
            this.at = end;
            this.state = State::Idle;
            return;
        }
        this.end = end;
        this.state = State::Busy;
        let function = this.function;
        self.invoke(function, streams::batch(batch), From::Stream(consumer));
    }

    pub(super) fn batch_ended(&mut self, consumer: usize, invocation: Option<Invocation>) {
        let again = self.weather.repeats(&mut self.random, self.now);
        let this = &mut self.consumers[consumer];
        let shard = &self.shards[this.shard];
        let before = this.at;
        let done = match invocation {
            Some(Ok(answer)) => match first_failure(&answer) {
                None if again => this.at,
                None => this.end,
                Some(number) => {
                    let is_it = |record: &Value| record["dynamodb"]["SequenceNumber"] == number.as_str();
                    shard.iter().position(is_it).unwrap_or(this.at)
                }
            },
            Some(Err(_)) | None => {
                this.batch = (this.batch / 2).max(1);
                this.at
            }
        };
        this.at = done;
        this.attempts = if done > before { 0 } else { this.attempts + 1 };
        if this.attempts >= ATTEMPTS {
            // Into the dead-letter queue, which holds only where it was.
            let wanted = (this.at..shard.len()).find(|place| this.wants(&shard[*place]));
            this.at = wanted.map_or(shard.len(), |place| place + 1);
            this.attempts = 0;
        }
        if this.at == this.end {
            this.batch = BATCH;
        }
        this.state = State::Idle;
        let wait = if this.attempts == 0 { 10 } else { 1_000 * i64::from(this.attempts) };
        let way = TimeDelta::milliseconds(self.random.between(wait, wait * 10));
        self.call_consumer(consumer, way);
    }
}
