//! `tenantry event publish`.

use super::{detail, event_name};
use crate::args::EventFile;
use crate::clients::{Deployment, invalid};
use crate::error::{CliError, Result};
use crate::output::{Mark, Output};
use serde_json::{Value, json};
use tenantry_events::ids::EventId;
use tenantry_operations::requests::checked;
use uuid::Uuid;

pub(super) async fn run(file: &EventFile, deployment: &Deployment, output: &Output) -> Result {
    let name = event_name(&file.name)?;
    let bytes = detail(file)?;
    super::validate::check(name, file.source.as_deref(), &bytes, &deployment.sources)?;
    let detail: Value =
        serde_json::from_slice(&bytes).map_err(|error| CliError::Invalid(error.to_string()))?;
    let given = detail.pointer("/metadata/eventId").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let event_id = given.unwrap_or_else(|| EventId::from(Uuid::now_v7()));
    let entry = checked(name, event_id, file.source.as_deref(), &detail, &deployment.sources);
    let sent = deployment.send(entry.map_err(|error| invalid(name, &error))?).await?;
    output.say(
        Mark::Good,
        &format!("{} sent to the bus {}", deployment.sources.detail_type(name), deployment.bus),
    );
    output.record(&json!({ "id": sent }), vec![("Event", sent.clone())])
}
