//! `tenantry tenant onboard`.

use super::tenant_id;
use crate::args;
use crate::clients::Deployment;
use crate::error::Result;
use crate::follow::{self, Goal, Talk};
use crate::output::{Mark, Output};
use crate::publish;
use serde_json::{Value, json};
use std::time::Duration;
use tenantry_events::ids::{EventId, TenantId};
use tenantry_events::name::EventName;
use uuid::Uuid;

pub(super) async fn run(args: args::Onboard, deployment: &Deployment, output: &Output) -> Result {
    let id = match (&args.id, &args.idempotency_key) {
        (Some(id), _) => tenant_id(id)?,
        (None, Some(key)) => TenantId::derive(key),
        (None, None) => TenantId::from(Uuid::now_v7()),
    };
    let event_id = match &args.idempotency_key {
        Some(key) => EventId::derive(&format!("onboard/{key}")),
        None => EventId::from(Uuid::now_v7()),
    };
    let mut detail = json!({
        "tenantId": id,
        "tenantName": args.name,
        "email": args.email,
        "tier": args.tier,
        "metadata": publish::metadata(event_id),
    });
    if let (Some(registration), Some(fields)) = (&args.registration_id, detail.as_object_mut()) {
        fields.insert("tenantRegistrationId".to_owned(), Value::from(registration.as_str()));
    }
    publish::publish(deployment, EventName::OnboardingRequest, event_id, None, &detail).await?;
    output.say(Mark::Good, &format!("onboarding of {} asked for: tenant {id}", args.name));
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
