//! `tenantry tenant retry | cancel | suspend | resume`: requests about a tenant
//! that is there, each one event.

use super::{require, tenant_id};
use crate::args;
use crate::clients::Deployment;
use crate::error::Result;
use crate::follow::{self, Goal, Talk};
use crate::output::{Mark, Output};
use crate::publish;
use serde_json::{Value, json};
use std::time::Duration;
use tenantry_events::ids::EventId;
use tenantry_events::name::EventName;
use tenantry_registry::tenant::Tenant;
use uuid::Uuid;

pub(super) async fn run(
    name: EventName,
    args: args::Ask,
    deployment: &Deployment,
    output: &Output,
) -> Result {
    let id = tenant_id(&args.id)?;
    let (tenant, event_id) = send(name, &args, deployment).await?;
    output.say(Mark::Good, &format!("{name} for {} is on the bus", tenant.tenant_name));
    if !args.wait.wait {
        let asked = json!({ "tenantId": id, "eventId": event_id });
        output.record(&asked, vec![("Tenant", id.to_string()), ("Event", event_id.to_string())])?;
        output.say(Mark::Note, &format!("follow it: tenantry execution watch {id}"));
        return Ok(());
    }
    let goal = Goal { tenant: id, event: Some(event_id), limit: Duration::from_secs(args.wait.timeout) };
    let tenant = follow::until_settled(deployment, &goal, &Talk::new(output)).await?;
    super::show::write(&tenant, deployment, output).await?;
    // What was cancelled is as it was asked for.
    if name == EventName::CancelRequest { Ok(()) } else { follow::verdict(&tenant) }
}

/// Puts the request on the bus; the tenant as it was then, and the event.
pub(super) async fn send(
    name: EventName,
    args: &args::Ask,
    deployment: &Deployment,
) -> Result<(Tenant, EventId)> {
    let id = tenant_id(&args.id)?;
    let tenant = require(id, deployment).await?;
    let event_id = EventId::from(Uuid::now_v7());
    let mut detail = json!({
        "tenantId": id,
        "tenantRegistrationId": tenant.tenant_registration_id,
        "metadata": publish::metadata(event_id),
    });
    // The operation that the person sees is the one that is meant.
    let seen = tenant.operation.as_ref().filter(|_| name == EventName::CancelRequest);
    let fields = [
        ("reason", args.reason.clone().map(Value::from)),
        ("requestedBy", args.by.clone().filter(|by| !by.is_empty()).map(Value::from)),
        ("operationId", seen.map(|open| open.id.to_string().into())),
    ];
    if let Some(object) = detail.as_object_mut() {
        object.extend(fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))));
    }
    publish::publish(deployment, name, event_id, None, &detail).await?;
    Ok((tenant, event_id))
}
