//! `tenantry tenant offboard`.

use super::{require, tenant_id};
use crate::args;
use crate::clients::Deployment;
use crate::error::Result;
use crate::follow::{self, Goal, Talk};
use crate::output::{Mark, Output};
use crate::publish;
use serde_json::json;
use std::time::Duration;
use tenantry_events::ids::EventId;
use tenantry_events::name::EventName;
use uuid::Uuid;

pub(super) async fn run(args: args::Offboard, deployment: &Deployment, output: &Output) -> Result {
    let id = tenant_id(&args.id)?;
    let tenant = require(id, deployment).await?;
    let event_id = EventId::from(Uuid::now_v7());
    let detail = json!({
        "tenantId": id,
        "tenantRegistrationId": tenant.tenant_registration_id,
        "metadata": publish::metadata(event_id),
    });
    publish::publish(deployment, EventName::OffboardingRequest, event_id, None, &detail).await?;
    output.say(Mark::Good, &format!("offboarding of {} asked for: tenant {id}", tenant.tenant_name));
    if !args.wait.wait {
        let asked = json!({ "tenantId": id, "eventId": event_id });
        output.record(&asked, vec![("Tenant", id.to_string()), ("Event", event_id.to_string())])?;
        output.say(Mark::Note, &format!("follow it: tenantry execution watch {id}"));
        return Ok(());
    }
    let goal = Goal { tenant: id, event: Some(event_id), limit: Duration::from_secs(args.wait.timeout) };
    let tenant = follow::until_settled(deployment, &goal, &Talk::new(output)).await?;
    super::show::write(&tenant, deployment, output).await?;
    follow::verdict(&tenant)
}
