//! `tenantry event replay`: archived requests, replayed.
//!
//! EventBridge delivers them with the name of the replay in the envelope, by
//! which the handlers know that what is done already must stay as it is.

use super::tail::Listener;
use crate::args::Replay;
use crate::clients::Deployment;
use crate::commands::tenant::tenant_id;
use crate::error::{CliError, Result, aws};
use crate::output::{Mark, Output};
use crate::until_interrupted;
use aws_sdk_eventbridge::primitives::DateTime as SdkDateTime;
use aws_sdk_eventbridge::types::{ReplayDestination, ReplayState};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::time::Duration;
use tenantry_events::ids::TenantId;
use tenantry_events::metadata::PRODUCER;
use tenantry_events::name::EventName;
use tenantry_operations::functions::Invoked;
use uuid::Uuid;

/// The rules that deliver requests and outcomes to functions.
const RULES: [&str; 4] = ["onboarding", "offboarding", "lifecycle", "application-events"];

pub(super) async fn run(args: Replay, deployment: &Deployment, output: &Output) -> Result {
    let to = args.to.unwrap_or_else(Utc::now);
    if args.from >= to {
        return Err(CliError::Invalid("`--from` must be before `--to`".to_owned()));
    }
    let name = format!("{}-{}", deployment.stack, Uuid::now_v7());
    match args.tenant {
        None => {
            let mut rules = Vec::new();
            for rule in RULES {
                rules.push(rule_arn(&format!("{}-{rule}", deployment.stack), deployment).await?);
            }
            until_interrupted(replay(&name, args.from, to, rules, deployment, output)).await
        }
        Some(tenant) => of_tenant(&name, tenant_id(&tenant)?, (args.from, to), deployment, output).await,
    }
}

/// A replay knows rules only: one of our own picks the tenant's events, and
/// they are delivered to the functions from here.
async fn of_tenant(
    name: &str,
    tenant: TenantId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    deployment: &Deployment,
    output: &Output,
) -> Result {
    let pattern =
        json!({ "replay-name": [{ "prefix": name }], "detail": { "tenantId": [tenant.to_string()] } });
    let listener = Listener::begin(deployment, &pattern).await?;
    let result = until_interrupted(async {
        let rule = rule_arn(listener.name(), deployment).await?;
        replay(name, from, to, vec![rule], deployment, output).await?;
        let mut events: Vec<Value> = Vec::new();
        loop {
            let came = listener.next().await?;
            if came.is_empty() {
                break;
            }
            events.extend(came);
        }
        // In the order in which they happened; the archive keeps none.
        events.sort_by_key(|event| event.get("time").and_then(Value::as_str).map(str::to_owned));
        for event in &events {
            redeliver(event, deployment, output).await?;
        }
        Ok(())
    })
    .await;
    listener.end().await?;
    result
}

async fn replay(
    name: &str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    rules: Vec<String>,
    deployment: &Deployment,
    output: &Output,
) -> Result {
    let archive = format!("{}-events", deployment.stack);
    let found = deployment.events.describe_archive().archive_name(&archive).send().await;
    let found = found.map_err(aws(&format!("there is no archive {archive}")))?;
    let missing = || CliError::Failed(format!("the archive {archive} has no event source"));
    let bus = found.event_source_arn.ok_or_else(missing)?;
    let moment = |at: DateTime<Utc>| SdkDateTime::from_millis(at.timestamp_millis());
    let destination = ReplayDestination::builder().arn(&bus).set_filter_arns(Some(rules)).build();
    let destination = destination.map_err(|error| CliError::Failed(error.to_string()))?;
    let source = found.archive_arn.ok_or_else(missing)?;
    let call = deployment.events.start_replay().replay_name(name).event_source_arn(source);
    let call = call.event_start_time(moment(from)).event_end_time(moment(to)).destination(destination);
    call.send().await.map_err(aws("the replay cannot be started"))?;
    output.say(Mark::Step, &format!("replay {name}"));
    loop {
        let seen = deployment.events.describe_replay().replay_name(name).send().await;
        let seen = seen.map_err(aws("the replay cannot be followed"))?;
        match seen.state {
            Some(ReplayState::Completed) => {
                output.say(Mark::Good, "all archived events of that period are replayed");
                return Ok(());
            }
            Some(ReplayState::Failed | ReplayState::Cancelled) => {
                let reason = seen.state_reason.unwrap_or_default();
                return Err(CliError::OperationFailed(format!("the replay ended early: {reason}")));
            }
            _ => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }
}

async fn redeliver(event: &Value, deployment: &Deployment, output: &Output) -> Result {
    let kind = event.get("detail-type").and_then(Value::as_str).unwrap_or_default();
    let ours = event.pointer("/detail/metadata/producer").and_then(Value::as_str) == Some(PRODUCER);
    let function = match kind.parse() {
        Ok(EventName::OnboardingRequest) => "onboarding",
        Ok(EventName::OffboardingRequest) => "offboarding",
        Ok(
            EventName::ActivateRequest
            | EventName::DeactivateRequest
            | EventName::RetryRequest
            | EventName::CancelRequest,
        ) => "lifecycle",
        Ok(
            EventName::ProvisionSuccess
            | EventName::ProvisionFailure
            | EventName::DeprovisionSuccess
            | EventName::DeprovisionFailure,
        ) if !ours => "application-events",
        // Nobody here acts on the others.
        _ => return Ok(()),
    };
    match deployment.functions.invoke(function, event).await? {
        Invoked::Done(_) => output.say(Mark::Good, &format!("{kind} delivered to {function}")),
        Invoked::Failed { name, message } => {
            return Err(CliError::Failed(format!("{function} failed on {kind} ({name}): {message}")));
        }
    }
    Ok(())
}

async fn rule_arn(name: &str, deployment: &Deployment) -> Result<String> {
    let found = deployment.events.describe_rule().name(name).event_bus_name(&deployment.bus).send().await;
    let found = found.map_err(aws(&format!("there is no rule {name}")))?;
    found.arn.ok_or_else(|| CliError::Failed(format!("the rule {name} has no ARN")))
}
