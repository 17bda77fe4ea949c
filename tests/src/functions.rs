//! The functions, invoked as Lambda does.

use super::World;
use aws_sdk_dynamodb::config::retry::RetryPartition;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt;
use tenantry_events::sources::Sources;
use tenantry_handlers::reconciler::Limits;
use tenantry_handlers::shared::bus::Bus;
use tenantry_handlers::shared::fault::Fault;
use tenantry_handlers::shared::intake::Intake;
use tenantry_handlers::shared::quarantine::Quarantine;
use tenantry_handlers::{
    application_events, execution_ended, lifecycle, offboarding, onboarding, publisher, reconciler,
    record_outcome, sweeper, tiers,
};
use tenantry_registry::store::Registry;

/// A function of the control plane.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Function {
    /// An onboardingRequest comes in.
    Onboarding,
    /// An offboardingRequest comes in.
    Offboarding,
    /// A request to suspend, resume, retry or cancel comes in.
    Lifecycle,
    /// A foreign application plane's outcome comes in.
    ApplicationEvents,
    /// The registry changed: what must be done?
    Reconciler,
    /// The registry changed: who must know?
    Publisher,
    /// A state machine is at its end.
    RecordOutcome,
    /// An execution ended.
    ExecutionEnded,
    /// A template declares a tier.
    Tiers,
    /// The schedule's time has come.
    Sweeper,
}

/// How many operations may be under way at once in a world.
const MAX_OPERATIONS: u32 = 4;

/// What became of an invocation.
pub type Invocation = Result<Value, Refusal>;

/// An error that Lambda gets to see.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// Its stable name.
    pub name: &'static str,
    /// Whether the same invocation may succeed later.
    pub is_retryable: bool,
    /// What it says.
    pub message: String,
}

/// Whether Lambda has nothing to deliver again.
#[must_use]
pub fn is_done(invocation: &Invocation) -> bool {
    invocation.as_ref().is_ok_and(|answer| first_failure(answer).is_none())
}

/// Where Lambda takes a batch up again: the first record that is reported.
fn first_failure(answer: &Value) -> Option<String> {
    let failures = answer["batchItemFailures"].as_array()?;
    failures.iter().filter_map(|failure| failure["itemIdentifier"].as_str()).min().map(str::to_owned)
}

/// What Lambda delivers after an invocation with `payload` that came to
/// `invocation`, or to no end: of a batch, what follows from the first record
/// that is reported.
///
/// Source: "Partial batch responses", AWS Lambda Developer Guide.
#[must_use]
pub fn again(payload: &Value, invocation: Option<&Invocation>) -> Value {
    let from = invocation.and_then(|invocation| invocation.as_ref().ok()).and_then(first_failure);
    let (Some(from), Some(records)) = (from, payload["Records"].as_array()) else { return payload.clone() };
    let number =
        |record: &&Value| record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default() >= &*from;
    json!({ "Records": records.iter().filter(number).collect::<Vec<_>>() })
}

impl World {
    /// Invokes `function` with `payload`; a handler's error is what Lambda
    /// gets to see of it.
    ///
    /// # Errors
    ///
    /// The handler's own, by name.
    pub async fn invoke(&self, function: Function, payload: &Value, now: DateTime<Utc>) -> Invocation {
        match function {
            Function::Onboarding => {
                answer(onboarding::handle(&self.intake("onboarding"), payload, now).await)
            }
            Function::Offboarding => {
                answer(offboarding::handle(&self.intake("offboarding"), payload, now).await)
            }
            Function::ApplicationEvents => {
                answer(application_events::handle(&self.intake("application-events"), payload, now).await)
            }
            Function::Reconciler => {
                answer(Box::pin(reconciler::handle(&self.reconciler(), read(payload), now)).await)
            }
            Function::Publisher => answer(publisher::handle(&self.publisher(), read(payload), now).await),
            Function::Lifecycle => answer(lifecycle::handle(&self.intake("lifecycle"), payload, now).await),
            Function::Sweeper => {
                let deps = sweeper::Deps { reconciler: self.reconciler(), publisher: self.publisher() };
                answer(Box::pin(sweeper::handle(&deps, now)).await)
            }
            Function::RecordOutcome => {
                let deps = record_outcome::Deps { registry: self.wired_registry() };
                answer(record_outcome::handle(&deps, payload.clone(), now).await)
            }
            Function::ExecutionEnded => {
                let deps = execution_ended::Deps { registry: self.wired_registry() };
                answer(execution_ended::handle(&deps, read(payload), now).await)
            }
            Function::Tiers => {
                let http = SharedHttpConnector::new(Connector::builder().build_http());
                let deps = tiers::Deps { registry: self.wired_registry(), http: self.faulty().around(http) };
                answer(tiers::handle(&deps, read(payload), now).await)
            }
        }
    }

    fn reconciler(&self) -> reconciler::Deps {
        let limits = Limits { max_operations: Some(MAX_OPERATIONS) };
        let machines = self.wired_machines();
        let config = aws_sdk_codebuild::config::Builder::from(&self.faulty().config()).retry_partition(own());
        let client = aws_sdk_codebuild::Client::from_conf(config.build());
        let builds = reconciler::Builds { states: machines.client.clone(), client };
        reconciler::Deps { registry: self.wired_registry(), machines, builds, limits }
    }

    fn publisher(&self) -> publisher::Deps {
        publisher::Deps {
            registry: self.wired_registry(),
            bus: self.wired_bus(),
            sources: Sources::default(),
        }
    }

    fn intake(&self, function: &'static str) -> Intake {
        let config = aws_sdk_sqs::config::Builder::from(&self.faulty().config()).retry_partition(own());
        let client = aws_sdk_sqs::Client::from_conf(config.build());
        Intake {
            registry: self.wired_registry(),
            quarantine: Quarantine::new(client, self.queue_url(), function),
            sources: Sources::default(),
        }
    }

    fn wired_registry(&self) -> Registry {
        let config = aws_sdk_dynamodb::config::Builder::from(&self.faulty().config()).retry_partition(own());
        Registry::new(aws_sdk_dynamodb::Client::from_conf(config.build()), self.0.table.clone())
    }

    fn wired_machines(&self) -> reconciler::Machines {
        let config = aws_sdk_sfn::config::Builder::from(&self.faulty().config()).retry_partition(own());
        self.machines(aws_sdk_sfn::Client::from_conf(config.build()))
    }

    fn wired_bus(&self) -> Bus {
        let config = aws_sdk_eventbridge::config::Builder::from(&self.faulty().config());
        let config = config.retry_partition(own());
        Bus::new(aws_sdk_eventbridge::Client::from_conf(config.build()), "default")
    }
}

/// Retries from a budget of the client's own: tests must not use up each
/// other's.
fn own() -> RetryPartition {
    RetryPartition::custom("tests").build()
}

fn read<T: DeserializeOwned>(payload: &Value) -> T {
    serde_json::from_value(payload.clone()).expect("a payload as Lambda delivers it")
}

fn answer(result: Result<impl Serialize, impl Fault>) -> Invocation {
    match result {
        Ok(answer) => Ok(serde_json::to_value(answer).expect("an answer is JSON")),
        Err(fault) => Err(Refusal {
            name: fault.name(),
            is_retryable: fault.is_retryable(),
            message: fault.to_string(),
        }),
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Onboarding => "onboarding",
            Self::Offboarding => "offboarding",
            Self::Lifecycle => "lifecycle",
            Self::Sweeper => "sweeper",
            Self::ApplicationEvents => "application-events",
            Self::Reconciler => "reconciler",
            Self::Publisher => "publisher",
            Self::RecordOutcome => "record-outcome",
            Self::ExecutionEnded => "execution-ended",
            Self::Tiers => "tiers",
        })
    }
}
