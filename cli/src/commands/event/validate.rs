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
use tenantry_events::text::look_alike;
use tenantry_registry::lifecycle::unknown_tier;

pub(super) async fn run(file: &EventFile, deployment: Option<&Deployment>, output: &Output) -> Result {
    let name = event_name(&file.name)?;
    let bytes = detail(file)?;
    let sources = match deployment {
        Some(deployment) => deployment.sources.clone(),
        None => sources()?,
    };
    let objection = match kind(name).validate(file.source.as_deref(), &bytes, &sources) {
        Err(violation) => Some(Objection::from(violation)),
        Ok(()) => match deployment {
            Some(deployment) => about_tier(name, &bytes, deployment).await?,
            None => None,
        },
    };
    let warning = if objection.is_none() { warning(name, &bytes)? } else { None };
    if output.is_json() {
        output.json(&json!({
            "event": name.as_str(),
            "valid": objection.is_none(),
            "code": objection.as_ref().map(|objection| objection.code),
            "field": objection.as_ref().map(|objection| &objection.field),
            "message": objection.as_ref().map(|objection| &objection.message),
            "warning": warning,
        }))?;
    }
    if let Some(objection) = objection {
        return Err(refused(name, &objection));
    }
    if let Some(warning) = warning {
        output.say(Mark::Note, &format!("beware: {warning}"));
    }
    output.say(Mark::Good, &format!("{name} is valid"));
    Ok(())
}

/// What the receiver would say against the event.
struct Objection {
    code: &'static str,
    field: Option<String>,
    message: String,
}

impl From<Violation> for Objection {
    fn from(violation: Violation) -> Self {
        Self { code: violation.code.as_str(), field: violation.field, message: violation.message }
    }
}

/// What the event's receiver would say of it.
pub(super) fn check(name: EventName, source: Option<&str>, bytes: &[u8], sources: &Sources) -> Result {
    kind(name).validate(source, bytes, sources).map_err(|violation| refused(name, &violation.into()))
}

fn refused(name: EventName, objection: &Objection) -> CliError {
    CliError::Invalid(format!("{name} is refused ({}): {}", objection.code, objection.message))
}

/// What is right and should be looked at all the same: a name that may be read
/// as another one.
fn warning(name: EventName, bytes: &[u8]) -> Result<Option<String>> {
    if name != EventName::OnboardingRequest {
        return Ok(None);
    }
    let request: OnboardingRequest = serde_json::from_slice(bytes)?;
    Ok(look_alike(request.tenant_name.as_str()))
}

/// Only the registry knows which tiers there are.
async fn about_tier(name: EventName, bytes: &[u8], deployment: &Deployment) -> Result<Option<Objection>> {
    if name != EventName::OnboardingRequest {
        return Ok(None);
    }
    let request: OnboardingRequest = serde_json::from_slice(bytes)?;
    if deployment.registry.tier(&request.tier).await?.is_some() {
        return Ok(None);
    }
    let note = unknown_tier(&request.tier);
    Ok(Some(Objection { code: note.code.as_str(), field: Some("tier".to_owned()), message: note.reason }))
}
