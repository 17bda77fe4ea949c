//! The SDK's clients, from its standard environment and profiles, and the
//! deployment that they look at.

use crate::bounded::Bounded;
use crate::cloud::{Cloud, REGION};
use crate::error::{CliError, Result};
use aws_config::{BehaviorVersion, SdkConfig};
use chrono::Utc;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tenantry_events::delivery::Entry;
use tenantry_events::ids::EventId;
use tenantry_events::name::EventName;
use tenantry_events::sources::Sources;
use tenantry_operations::bus::Bus;
use tenantry_operations::dead_letters::DeadLetters;
use tenantry_operations::executions::Executions;
use tenantry_operations::functions::Functions;
use tenantry_operations::requests::{self, RequestError};
use tenantry_registry::store::Registry;

/// One deployment of Tenantry, and the clients that reach it.
#[derive(Clone, Debug)]
pub(crate) struct Deployment {
    /// The control plane's stack, from which all names follow.
    pub(crate) stack: String,
    /// Whether no endpoint of another cloud is set.
    pub(crate) is_aws: bool,
    /// The tenant bus's name.
    pub(crate) bus: String,
    /// The tenant bus, for sending.
    pub(crate) sender: Bus,
    /// The tenant registry.
    pub(crate) registry: Registry,
    /// The sources of events.
    pub(crate) sources: Sources,
    /// EventBridge.
    pub(crate) events: aws_sdk_eventbridge::Client,
    /// The executions of its state machines.
    pub(crate) executions: Executions,
    /// CodeBuild.
    pub(crate) builds: aws_sdk_codebuild::Client,
    /// CloudWatch Logs.
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    /// Its functions.
    pub(crate) functions: Functions,
    /// SQS.
    pub(crate) queues: aws_sdk_sqs::Client,
}

/// Who the command's requests are from.
const PRODUCER: &str = concat!("tenantry-cli/", env!("CARGO_PKG_VERSION"));

/// A request that cannot be sent.
pub(crate) fn invalid(name: EventName, error: &RequestError) -> CliError {
    match error {
        RequestError::Invalid(_) => CliError::Invalid(format!("{name}: {error}")),
        RequestError::Entry(_) => CliError::Invalid(error.to_string()),
    }
}

/// Settings of the SDK from its standard environment, or for a local cloud.
pub(crate) async fn config(cloud: Option<&Cloud>) -> SdkConfig {
    let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(Bounded::new());
    match cloud {
        None => loader.load().await,
        Some(cloud) => {
            let (key, secret) = (&cloud.credentials.key, cloud.credentials.secret.reveal());
            let credentials = aws_sdk_sfn::config::Credentials::new(key, secret, None, None, "local cloud");
            let loader = loader.endpoint_url(&cloud.endpoint).region(REGION);
            loader.credentials_provider(credentials).load().await
        }
    }
}

impl Deployment {
    /// The deployment of `stack`. The table and the bus have the names that
    /// the template gives them, unless the environment says otherwise
    /// (`TENANTRY_TABLE`, `TENANTRY_BUS`).
    pub(crate) fn new(config: &SdkConfig, stack: &str) -> Result<Self> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let table = set("TENANTRY_TABLE").unwrap_or_else(|| format!("{stack}-registry"));
        let events = aws_sdk_eventbridge::Client::new(config);
        let bus = set("TENANTRY_BUS").unwrap_or_else(|| stack.to_owned());
        Ok(Self {
            stack: stack.to_owned(),
            is_aws: config.endpoint_url().is_none(),
            sender: Bus::new(events.clone(), bus.clone()),
            bus,
            registry: Registry::new(aws_sdk_dynamodb::Client::new(config), table),
            sources: sources()?,
            events,
            executions: Executions::new(aws_sdk_sfn::Client::new(config)),
            builds: aws_sdk_codebuild::Client::new(config),
            logs: aws_sdk_cloudwatchlogs::Client::new(config),
            functions: Functions::new(aws_sdk_lambda::Client::new(config), stack),
            queues: aws_sdk_sqs::Client::new(config),
        })
    }

    /// Sends an event that was checked; EventBridge's id of it.
    pub(crate) async fn send(&self, entry: Entry) -> Result<String> {
        Ok(self.sender.send(vec![entry]).await?.pop().unwrap_or_default())
    }

    /// Sends a request that the command makes, checked as its receiver will check
    /// it; EventBridge's id of it.
    pub(crate) async fn request(
        &self,
        name: EventName,
        event: EventId,
        detail: Map<String, Value>,
    ) -> Result<String> {
        let metadata = requests::metadata(name, event, PRODUCER.to_owned(), Utc::now());
        let entry = requests::entry(name, detail, &metadata, &self.sources);
        self.send(entry.map_err(|error| invalid(name, &error))?).await
    }

    /// Its dead-letter messages.
    pub(crate) async fn dead_letters(&self) -> Result<DeadLetters> {
        Ok(DeadLetters::of_deployment(self.queues.clone(), self.functions.clone()).await?)
    }

    /// The name of the CodeBuild project that does `kind` for a silo.
    pub(crate) fn project(&self, kind: &str) -> String {
        format!("{}-{kind}-silo", self.stack)
    }
}

/// The sources and types of events: SBT's, unless the environment says otherwise, by the
/// names that the functions use too.
pub(crate) fn sources() -> Result<Sources> {
    let mut sources = Sources::default();
    if let Ok(source) = std::env::var("TENANTRY_CONTROL_PLANE_SOURCE") {
        sources.control_plane = source;
    }
    if let Ok(source) = std::env::var("TENANTRY_APPLICATION_PLANE_SOURCE") {
        sources.application_plane = source;
    }
    if let Ok(prefix) = std::env::var("TENANTRY_DETAIL_TYPE_PREFIX") {
        sources.detail_type_prefix = prefix;
    }
    if let Ok(overrides) = std::env::var("TENANTRY_SOURCE_OVERRIDES") {
        let overrides: BTreeMap<String, String> = serde_json::from_str(&overrides).map_err(|_| {
            CliError::Invalid(
                "TENANTRY_SOURCE_OVERRIDES must be a JSON object of event names and sources".into(),
            )
        })?;
        sources.overrides = overrides;
    }
    Ok(sources)
}
