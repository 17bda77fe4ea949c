//! `/executions`: what the state machines did, and do.

use super::Deps;
use super::answer::Answer;
use super::call::Call;
use super::history::{StateRun, moment, timeline};
use super::problem::Problem;
use super::redact::redacted;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};
use lambda_runtime::tracing;
use serde_json::{Value, json};
use tenantry_events::ids::OperationId;

/// The most events of a history that are read; ours have a few dozen.
const EVENTS_MAX: usize = 5_000;
const STATUSES: [&str; 6] = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"];

pub(super) async fn list(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let machines = &deps.machines;
    let (kind, machine) = match call.query("machine").unwrap_or("provision") {
        "provision" => ("provision", &machines.provision_silo),
        "suspend" => ("suspend", &machines.suspend_silo),
        "deprovision" => ("deprovision", &machines.deprovision_silo),
        _ => return Err(Problem::field("machine", "must be `provision`, `suspend` or `deprovision`")),
    };
    let status = match call.query("status") {
        None => None,
        Some(status) if STATUSES.contains(&status) => Some(ExecutionStatus::from(status)),
        Some(_) => return Err(Problem::field("status", format!("must be one of {}", STATUSES.join(", ")))),
    };
    let limit = i32::try_from(call.limit()?).unwrap_or(1);
    let token = call.query("next_token");
    let listed = machines
        .client
        .list_executions()
        .state_machine_arn(machine)
        .set_status_filter(status)
        .max_results(limit)
        .set_next_token(token.map(str::to_owned))
        .send()
        .await
        .map_err(|error| match error.code() {
            Some("InvalidToken") => {
                Problem::field("next_token", "must be one that this list gave, unchanged")
            }
            _ => problem(error),
        })?;
    let items = listed.executions.iter().map(|execution| {
        let mut item = json!({
            "executionId": execution.name,
            "machine": kind,
            "status": execution.status.as_str(),
            "startedAt": moment(execution.start_date.to_millis().unwrap_or_default()),
        });
        if let Some(ended) = execution.stop_date.and_then(|date| date.to_millis().ok()) {
            item["endedAt"] = json!(moment(ended));
        }
        if let Some((tenant, operation)) = OperationId::from_execution_name(&execution.name) {
            item["tenantId"] = json!(tenant);
            item["operationId"] = json!(operation);
        }
        item
    });
    Ok(Answer::page(items.collect(), listed.next_token))
}

pub(super) async fn get(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let none = || Problem::NotFound("execution");
    let name = call.parameter("executionId");
    let (tenant, id) = OperationId::from_execution_name(name).ok_or_else(none)?;
    let operations = deps.registry.operations(tenant).await?;
    let operation = operations.into_iter().find(|operation| operation.id == id).ok_or_else(none)?;
    let arn = operation.execution_arn.clone().ok_or_else(none)?;
    let described = deps.machines.client.describe_execution().execution_arn(&arn).send().await;
    let described = described.map_err(|error| match error.code() {
        Some("ExecutionDoesNotExist") => none(),
        _ => problem(error),
    })?;
    let states: Vec<StateRun> = timeline(&history(deps, &arn).await?);
    let text = |text: Option<&str>| redacted(text.map(Value::from).unwrap_or_default());
    let mut view = json!({
        "executionId": name,
        "executionArn": arn,
        "tenantId": tenant,
        "status": described.status.as_str(),
        "startedAt": moment(described.start_date.to_millis().unwrap_or_default()),
        "states": states,
        "input": text(described.input.as_deref()),
        "output": text(described.output.as_deref()),
        "operation": super::views::operation(tenant, &operation),
    });
    let ended = described.stop_date.and_then(|date| date.to_millis().ok()).map(moment);
    for (name, value) in [("endedAt", ended), ("error", described.error)] {
        if let Some(value) = value {
            view[name] = Value::from(value);
        }
    }
    if described.cause.is_some() {
        view["cause"] = text(described.cause.as_deref());
    }
    Ok(Answer::data(view))
}

async fn history(deps: &Deps, arn: &str) -> Result<Vec<HistoryEvent>, Problem> {
    let (mut events, mut next) = (Vec::new(), None);
    loop {
        let call = deps.machines.client.get_execution_history().execution_arn(arn).max_results(1_000);
        let call = call.include_execution_data(false).set_next_token(next);
        let answer = call.send().await.map_err(problem)?;
        events.extend(answer.events);
        match answer.next_token {
            Some(token) if events.len() < EVENTS_MAX => next = Some(token),
            _ => return Ok(events),
        }
    }
}

fn problem<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> Problem {
    let code = error.code().unwrap_or("no answer");
    tracing::error!("Step Functions: {code}");
    match code {
        "AccessDeniedException" | "InvalidArn" | "ValidationException" => Problem::Internal,
        _ => Problem::Unavailable,
    }
}
