//! Executions of the state machines: lists, and one of them with its states.

use crate::call::{CallError, failed};
use crate::pages::Pages;
use crate::timeline::{StateRun, at, maybe_moment, moment, timeline};
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus, HistoryEvent};
use chrono::{DateTime, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use tenantry_events::ids::{OperationId, TenantId};
use tenantry_registry::store::{Registry, StoreError};
use tenantry_registry::tenant::Operation;

/// The operations that have a build of their own: its project's name is the
/// deployment's, this, and `silo`.
pub const BUILDS: [&str; 3] = ["provision", "suspend", "deprovision"];

/// The operations that have a state machine of their own: its name is the
/// deployment's, this, and `silo`.
pub const MACHINES: [&str; 4] = ["provision", "update", "suspend", "deprovision"];

/// The statuses that an execution can have.
pub const STATUSES: [&str; 6] = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"];

/// An execution in a list.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ExecutionSummary")]
pub struct Summary {
    /// Its name.
    pub execution_id: String,
    /// Its ARN.
    pub execution_arn: String,
    /// The state machine that it is of.
    #[schemars(schema_with = "machine")]
    pub machine: String,
    /// Its status, as Step Functions has it.
    #[schemars(schema_with = "status")]
    pub status: String,
    /// When it began.
    #[serde(serialize_with = "moment")]
    #[schemars(with = "DateTime<Utc>")]
    pub started_at: DateTime<Utc>,
    /// When it ended.
    #[serde(default, serialize_with = "maybe_moment", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<DateTime<Utc>>")]
    pub ended_at: Option<DateTime<Utc>>,
    /// The tenant that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
    /// The operation that it carries out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<OperationId>,
}

/// An execution with its states.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// Its name.
    pub execution_id: String,
    /// Its ARN.
    pub execution_arn: String,
    /// The tenant that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
    /// Its status, as Step Functions has it.
    #[schemars(schema_with = "status")]
    pub status: String,
    /// When it began.
    #[serde(serialize_with = "moment")]
    #[schemars(with = "DateTime<Utc>")]
    pub started_at: DateTime<Utc>,
    /// When it ended.
    #[serde(default, serialize_with = "maybe_moment", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<DateTime<Utc>>")]
    pub ended_at: Option<DateTime<Utc>>,
    /// The error's name, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Its states, in the order in which they were entered.
    pub states: Vec<StateRun>,
    /// The operation that it carries out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "operation")]
    pub operation: Option<Operation>,
}

fn machine(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": MACHINES })
}

fn status(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "$ref": "#/components/schemas/ExecutionStatus" })
}

fn operation(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "$ref": "#/components/schemas/Operation" })
}

/// What an execution was given and gave: JSON texts that may hold personal data.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Payloads {
    /// What it began with.
    pub input: Option<String>,
    /// What it ended with.
    pub output: Option<String>,
    /// Why it failed.
    pub cause: Option<String>,
}

/// Which executions a list has.
#[derive(Clone, Debug, Default)]
pub struct Query<'a> {
    /// Only those in this one of [`STATUSES`].
    pub status: Option<&'a str>,
    /// How many at the most; Step Functions gives up to 1,000 at once.
    pub limit: i32,
    /// Where the page begins, as the page before said.
    pub after: Option<&'a str>,
}

/// Why an execution cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ExecutionError {
    /// Step Functions does not give it.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The registry does not give its operation.
    #[error(transparent)]
    Registry(#[from] StoreError),
}

/// Step Functions, as operators see it.
#[derive(Clone, Debug)]
pub struct Executions {
    client: aws_sdk_sfn::Client,
}

impl Executions {
    /// By `client`.
    #[must_use]
    pub const fn new(client: aws_sdk_sfn::Client) -> Self {
        Self { client }
    }

    /// The state machines of the deployment called `stack`: which of [`MACHINES`],
    /// and its ARN.
    ///
    /// # Errors
    ///
    /// [`CallError`] when Step Functions does not list them.
    pub async fn machines(&self, stack: &str) -> Result<Vec<(&'static str, String)>, CallError> {
        let (mut found, mut next) = (Vec::new(), None);
        let mut pages = Pages::of("state machines");
        loop {
            let answer = self.client.list_state_machines().set_next_token(next).send().await;
            let answer = answer.map_err(failed("the state machines cannot be listed"))?;
            next = pages.next(answer.state_machines.len(), answer.next_token)?;
            for machine in answer.state_machines {
                let ours = MACHINES.iter().find(|kind| machine.name == format!("{stack}-{kind}-silo"));
                found.extend(ours.map(|kind| (*kind, machine.state_machine_arn.clone())));
            }
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    /// One page of the executions of the machine called `kind`, youngest first,
    /// and where the next one begins.
    ///
    /// # Errors
    ///
    /// [`CallError`] with the code `InvalidToken` for an `after` that Step
    /// Functions did not give.
    pub async fn list(
        &self,
        (kind, machine): (&str, &str),
        query: &Query<'_>,
    ) -> Result<(Vec<Summary>, Option<String>), CallError> {
        let call = self.client.list_executions().state_machine_arn(machine).max_results(query.limit);
        let call = call.set_status_filter(query.status.map(ExecutionStatus::from));
        let answer = call.set_next_token(query.after.map(str::to_owned)).send().await;
        let answer = answer.map_err(failed("the executions cannot be listed"))?;
        let summaries = answer.executions.into_iter().map(|execution| summary(kind, execution));
        Ok((summaries.collect(), answer.next_token))
    }

    /// The execution with this ARN or name, with its operation where the registry
    /// has it; `None` if there is no such execution.
    ///
    /// # Errors
    ///
    /// [`ExecutionError`] when the registry or Step Functions does not answer.
    pub async fn show(
        &self,
        registry: &Registry,
        which: &str,
    ) -> Result<Option<(Execution, Payloads)>, ExecutionError> {
        let name = which.rsplit(':').next().unwrap_or(which);
        let known = OperationId::from_execution_name(name);
        let operation = match known {
            Some((tenant, id)) => registry.operations(tenant).await?.into_iter().find(|one| one.id == id),
            None => None,
        };
        let arn = match which.starts_with("arn:") {
            true => Some(which.to_owned()),
            false => operation.as_ref().and_then(|operation| operation.execution_arn.clone()),
        };
        let Some(arn) = arn else { return Ok(None) };
        let described = match self.client.describe_execution().execution_arn(&arn).send().await {
            Ok(described) => described,
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_execution_does_not_exist()) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(failed("the execution cannot be read")(error).into()),
        };
        let execution = Execution {
            execution_id: name.to_owned(),
            states: timeline(&self.history(&arn, false).await?),
            execution_arn: arn,
            tenant_id: known.map(|(tenant, _)| tenant),
            status: described.status.as_str().to_owned(),
            started_at: at(described.start_date),
            ended_at: described.stop_date.map(at),
            error: described.error,
            operation,
        };
        let payloads = Payloads { input: described.input, output: described.output, cause: described.cause };
        Ok(Some((execution, payloads)))
    }

    /// The whole history, with inputs and outputs if `with_data`; nothing if the
    /// execution has not begun yet. Step Functions keeps at most 25,000 events of
    /// one ("Quotas", AWS Step Functions Developer Guide); ours have a few dozen.
    ///
    /// # Errors
    ///
    /// [`CallError`] when Step Functions does not give it.
    pub async fn history(&self, arn: &str, with_data: bool) -> Result<Vec<HistoryEvent>, CallError> {
        let (mut events, mut next) = (Vec::new(), None);
        let mut pages = Pages::of("events of the execution");
        loop {
            let call = self.client.get_execution_history().execution_arn(arn).max_results(1_000);
            let call = call.include_execution_data(with_data).set_next_token(next);
            let answer = match call.send().await {
                Ok(answer) => answer,
                Err(error)
                    if error.as_service_error().is_some_and(|error| error.is_execution_does_not_exist()) =>
                {
                    return Ok(Vec::new());
                }
                Err(error) => return Err(failed("the execution's history cannot be read")(error)),
            };
            next = pages.next(answer.events.len(), answer.next_token)?;
            events.extend(answer.events);
            if next.is_none() {
                return Ok(events);
            }
        }
    }

    /// The definition, in Amazon States Language, of the machine that an execution
    /// runs; `None` if it has not begun yet.
    ///
    /// # Errors
    ///
    /// [`CallError`] when Step Functions does not give it.
    pub async fn definition(&self, arn: &str) -> Result<Option<String>, CallError> {
        match self.client.describe_state_machine_for_execution().execution_arn(arn).send().await {
            Ok(machine) => Ok(Some(machine.definition)),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_execution_does_not_exist()) =>
            {
                Ok(None)
            }
            Err(error) => Err(failed("the state machine cannot be read")(error)),
        }
    }
}

fn summary(kind: &str, execution: ExecutionListItem) -> Summary {
    let known = OperationId::from_execution_name(&execution.name);
    Summary {
        execution_id: execution.name,
        execution_arn: execution.execution_arn,
        machine: kind.to_owned(),
        status: execution.status.as_str().to_owned(),
        started_at: at(execution.start_date),
        ended_at: execution.stop_date.map(at),
        tenant_id: known.map(|(tenant, _)| tenant),
        operation_id: known.map(|(_, operation)| operation),
    }
}

/// The name of the deployment that an execution is of, by its ARN.
#[must_use]
pub fn deployment_of(execution_arn: &str) -> Option<&str> {
    // arn:aws:states:<region>:<account>:execution:<machine>:<execution>
    let machine = execution_arn.split(':').nth(6)?.strip_suffix("-silo")?;
    MACHINES.iter().find_map(|kind| machine.strip_suffix(kind)?.strip_suffix('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An execution names its control plane, whatever that is called; an ARN of
    /// another machine names none.
    #[test]
    fn an_execution_names_its_deployment() {
        for kind in MACHINES {
            let arn = format!("arn:aws:states:eu-west-1:1:execution:my-plane-{kind}-silo:t-1-1");
            assert_eq!(deployment_of(&arn), Some("my-plane"), "{kind}");
        }
        assert_eq!(deployment_of("arn:aws:states:eu-west-1:1:execution:other:t-1-1"), None);
        assert_eq!(deployment_of(""), None);
    }

    /// The statuses are Step Functions' own.
    #[test]
    fn statuses_are_step_functions_own() {
        let (mut ours, mut theirs) = (STATUSES.to_vec(), ExecutionStatus::values().to_vec());
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs);
    }
}
