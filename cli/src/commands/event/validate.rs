//! `tenantry event validate`.

use super::{detail, event_name};
use crate::args::EventFile;
use crate::clients::{Deployment, sources};
use crate::error::{CliError, Result};
use crate::output::{Mark, Output};
use serde_json::json;
use tenantry_events::catalogue::kind;
use tenantry_events::details::OnboardingRequest;
use tenantry_events::name::EventName;
use tenantry_events::receive::Violation;
use tenantry_events::sources::Sources;
use tenantry_registry::lifecycle::unknown_tier;

pub(super) async fn run(file: &EventFile, deployment: Option<&Deployment>, output: &Output) -> Result {
    let name = event_name(&file.name)?;
    let bytes = detail(file)?;
    let sources = match deployment {
        Some(deployment) => deployment.sources.clone(),
        None => sources()?,
    };
    let violation = kind(name).validate(file.source.as_deref(), &bytes, &sources).err();
    if output.is_json() {
        output.json(&json!({
            "event": name.as_str(),
            "valid": violation.is_none(),
            "code": violation.as_ref().map(|violation| violation.code.as_str()),
            "field": violation.as_ref().and_then(|violation| violation.field.clone()),
            "message": violation.as_ref().map(|violation| violation.message.clone()),
        }))?;
    }
    if let Some(violation) = violation {
        return Err(refused(name, &violation));
    }
    if let Some(deployment) = deployment {
        check_tier(name, &bytes, deployment).await?;
    }
    output.say(Mark::Good, &format!("{name} is as its receiver wants it"));
    Ok(())
}

/// What the event's receiver would say of it.
pub(super) fn check(name: EventName, source: Option<&str>, bytes: &[u8], sources: &Sources) -> Result {
    kind(name).validate(source, bytes, sources).map_err(|violation| refused(name, &violation))
}

fn refused(name: EventName, violation: &Violation) -> CliError {
    CliError::Invalid(format!("{name} is refused ({}): {}", violation.code, violation.message))
}

/// Only the registry knows which tiers there are.
async fn check_tier(name: EventName, bytes: &[u8], deployment: &Deployment) -> Result {
    if name != EventName::OnboardingRequest {
        return Ok(());
    }
    let request: OnboardingRequest = serde_json::from_slice(bytes)?;
    match deployment.registry.tier(&request.tier).await? {
        Some(_) => Ok(()),
        None => {
            let note = unknown_tier(&request.tier);
            Err(CliError::Invalid(format!("{name} is refused ({}): {}", note.code, note.reason)))
        }
    }
}
