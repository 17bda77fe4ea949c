//! The control plane's functions, invoked as Lambda does.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::retry::RetryPartition;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use tenantry_events::sources::Sources;
use tenantry_handlers::engine::build::{self, Builds, Machines};
use tenantry_handlers::engine::{Beginnings, Build, Engines, External};
use tenantry_handlers::shared::fault::Fault;
use tenantry_handlers::shared::intake::Intake;
use tenantry_handlers::shared::payload::Payload;
use tenantry_handlers::shared::quarantine::Quarantine;
use tenantry_handlers::{
    api, application_events, execution_ended, lifecycle, offboarding, onboarding, publisher, reconciler,
    record_outcome, requests, sweeper, tiers,
};
use tenantry_operations::bus::Bus;
use tenantry_operations::dead_letters::DeadLetters;
use tenantry_registry::store::Registry;

macro_rules! functions {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// A function of the control plane that handles its operations.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum Function {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Function {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name in the template, after the stack's.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

functions! {
    /// An onboardingRequest comes in.
    Onboarding = "onboarding",
    /// An offboardingRequest comes in.
    Offboarding = "offboarding",
    /// A request to suspend, resume, retry or cancel comes in.
    Lifecycle = "lifecycle",
    /// A foreign application plane's outcome comes in.
    ApplicationEvents = "application-events",
    /// The registry changed: what must be done?
    Reconciler = "reconciler",
    /// The registry changed: who must know?
    Publisher = "publisher",
    /// A state machine is at its end.
    RecordOutcome = "record-outcome",
    /// An execution ended.
    ExecutionEnded = "execution-ended",
    /// A template declares a tier.
    Tiers = "tiers",
    /// The schedule's time has come.
    Sweeper = "sweeper",
    /// Somebody asks by HTTP.
    Api = "api",
}

impl Function {
    /// The function that the template calls so: `RecordOutcome` is `record-outcome`.
    #[must_use]
    pub fn of_resource(name: &str) -> Option<Self> {
        let is_it = |function: &&Self| function.as_str().replace('-', "") == name.to_lowercase();
        Self::ALL.iter().find(is_it).copied()
    }
}

/// The state machines, by their ARNs.
#[derive(Clone, Debug)]
pub struct Arns(BTreeMap<String, String>);

impl Arns {
    /// What the machines of silos do.
    pub const DO: [&str; 4] = ["provision", "update", "suspend", "deprovision"];

    /// Those of silos, each as `arn` gives it for what the machine does.
    #[must_use]
    pub fn of_silos(arn: impl Fn(&str) -> String) -> Self {
        Self(Self::DO.iter().map(|does| (format!("silo/{does}"), arn(does))).collect())
    }
}

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
pub(crate) fn first_failure(answer: &Value) -> Option<String> {
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

/// The functions, on clients of one configuration.
#[derive(Clone, Debug)]
pub struct Functions {
    registry: Registry,
    machines: Machines,
    codebuild: aws_sdk_codebuild::Client,
    cognito: aws_sdk_cognitoidentityprovider::Client,
    lambda: aws_sdk_lambda::Client,
    bus: Bus,
    events: aws_sdk_eventbridge::Client,
    application_plane: Option<Bus>,
    queue: (aws_sdk_sqs::Client, String),
    http: SharedHttpConnector,
    max_operations: u32,
    /// The control plane's own user pool; nobody has the default one.
    users: String,
}

impl Functions {
    /// The functions on `table`, that start `machines` and put poison into the
    /// queue at `queue_url`; `http` answers CloudFormation.
    #[must_use]
    pub fn new(
        config: &SdkConfig,
        table: &str,
        arns: &Arns,
        queue_url: String,
        http: SharedHttpConnector,
        max_operations: u32,
    ) -> Self {
        // Retries from a budget of the client's own: tests must not use up
        // each other's.
        let own = || RetryPartition::custom("tests").build();
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(config).retry_partition(own());
        let sfn = aws_sdk_sfn::config::Builder::from(config).retry_partition(own());
        let codebuild = aws_sdk_codebuild::config::Builder::from(config).retry_partition(own());
        let cognito = aws_sdk_cognitoidentityprovider::config::Builder::from(config).retry_partition(own());
        let lambda = aws_sdk_lambda::config::Builder::from(config).retry_partition(own());
        let events = aws_sdk_eventbridge::config::Builder::from(config).retry_partition(own());
        let events = aws_sdk_eventbridge::Client::from_conf(events.build());
        let sqs = aws_sdk_sqs::config::Builder::from(config).retry_partition(own());
        Self {
            registry: Registry::new(aws_sdk_dynamodb::Client::from_conf(dynamodb.build()), table),
            machines: Machines {
                client: aws_sdk_sfn::Client::from_conf(sfn.build()),
                arns: build::Arns(arns.0.clone()),
                stack_prefix: "tenantry-tenant-".to_owned(),
            },
            codebuild: aws_sdk_codebuild::Client::from_conf(codebuild.build()),
            cognito: aws_sdk_cognitoidentityprovider::Client::from_conf(cognito.build()),
            lambda: aws_sdk_lambda::Client::from_conf(lambda.build()),
            bus: Bus::new(events.clone(), "default"),
            events,
            application_plane: None,
            queue: (aws_sdk_sqs::Client::from_conf(sqs.build()), queue_url),
            http,
            max_operations,
            users: "us-east-1_none".to_owned(),
        }
    }

    /// The same, with the users of `pool`.
    #[must_use]
    pub fn with_users(mut self, pool: &str) -> Self {
        pool.clone_into(&mut self.users);
        self
    }

    /// The same, for an external application plane that has a bus of its own.
    #[must_use]
    pub fn with_application_plane(mut self, bus: &str) -> Self {
        self.application_plane = Some(Bus::new(self.events.clone(), bus));
        self
    }

    /// Delivers an event as it was written to a function that takes events in.
    ///
    /// # Errors
    ///
    /// The handler's own, by name.
    pub async fn deliver(&self, function: Function, payload: &Payload, now: DateTime<Utc>) -> Invocation {
        let intake = self.intake(function.as_str());
        let deps = requests::Deps { intake, beginnings: self.beginnings() };
        match function {
            Function::Onboarding => answer(onboarding::handle(&deps, payload, now).await),
            Function::Offboarding => answer(offboarding::handle(&deps, payload, now).await),
            Function::ApplicationEvents => {
                answer(application_events::handle(&deps.intake, payload, now).await)
            }
            Function::Lifecycle => answer(lifecycle::handle(&deps, payload, now).await),
            other => panic!("{other} takes no events in"),
        }
    }

    /// Invokes `function` with `payload`; a handler's error is what Lambda
    /// gets to see of it.
    ///
    /// # Errors
    ///
    /// The handler's own, by name.
    pub async fn invoke(&self, function: Function, payload: &Value, now: DateTime<Utc>) -> Invocation {
        let registry = || self.registry.clone();
        match function {
            Function::Onboarding
            | Function::Offboarding
            | Function::ApplicationEvents
            | Function::Lifecycle => self.deliver(function, &payload.into(), now).await,
            Function::Reconciler => {
                answer(Box::pin(reconciler::handle(&self.reconciler(), read(payload), now)).await)
            }
            Function::Publisher => answer(publisher::handle(&self.publisher(), read(payload), now).await),
            Function::Sweeper => {
                let deps = sweeper::Deps { reconciler: self.reconciler(), publisher: self.publisher() };
                answer(Box::pin(sweeper::handle(&deps, now)).await)
            }
            Function::Api => {
                let answered = Box::pin(api::handle(&self.api(), read(payload), now)).await;
                let answered = answer(answered)?;
                // What is not answered is asked for again.
                if answered["statusCode"].as_u64().is_some_and(|status| status < 500) {
                    return Ok(answered);
                }
                Err(Refusal { name: "NotServed", is_retryable: true, message: answered["body"].to_string() })
            }
            Function::RecordOutcome => {
                let deps = record_outcome::Deps { registry: registry(), users: self.cognito.clone() };
                answer(record_outcome::handle(&deps, payload.clone(), now).await)
            }
            Function::ExecutionEnded => {
                let deps = execution_ended::Deps { registry: registry(), builds: self.builds() };
                answer(execution_ended::handle(&deps, read(payload), now).await)
            }
            Function::Tiers => {
                let deps = tiers::Deps { registry: registry(), http: self.http.clone() };
                answer(tiers::handle(&deps, read(payload), now).await)
            }
        }
    }

    fn reconciler(&self) -> reconciler::Deps {
        let (registry, machines) = (self.registry.clone(), self.machines.clone());
        let engines = Engines { build: Build { machines, builds: self.builds() }, external: self.external() };
        reconciler::Deps { registry, engines, beginnings: self.beginnings() }
    }

    fn beginnings(&self) -> Beginnings {
        let machines = self.machines.arns.clone();
        Beginnings { machines, external: self.external(), max_operations: Some(self.max_operations) }
    }

    fn external(&self) -> External {
        External { own_bus: self.application_plane.is_some() }
    }

    fn builds(&self) -> Builds {
        Builds { states: self.machines.client.clone(), client: self.codebuild.clone() }
    }

    fn publisher(&self) -> publisher::Deps {
        let (registry, bus) = (self.registry.clone(), self.bus.clone());
        let application_plane = self.application_plane.clone();
        publisher::Deps { registry, bus, application_plane, sources: Sources::default() }
    }

    fn api(&self) -> api::Deps {
        let (client, url) = self.queue.clone();
        api::Deps {
            registry: self.registry.clone(),
            bus: self.bus.clone(),
            sources: Sources::default(),
            scopes: api::access::ScopeNames::default(),
            directory: Some(api::Directory { client: self.cognito.clone(), pool: self.users.clone() }),
            machines: self.machines.clone(),
            dead_letters: DeadLetters::new(
                client,
                url,
                tenantry_operations::functions::Functions::new(self.lambda.clone(), "tenantry"),
            ),
            groups_claim: "cognito:groups".to_owned(),
        }
    }

    fn intake(&self, function: &'static str) -> Intake {
        let (client, url) = self.queue.clone();
        let quarantine = Quarantine::new(client, url, function);
        Intake { registry: self.registry.clone(), quarantine, sources: Sources::default() }
    }
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
        f.pad(self.as_str())
    }
}
