//! `application-events`: the outcome of a foreign application plane's job goes
//! into the registry. The rule leaves out what our own publisher sent.

use crate::shared::fault::Fault;
use crate::shared::intake::{Intake, IntakeError, origin};
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tenantry_events::details::{JobFailure, JobSuccess};
use tenantry_events::failure::{Failure, REASON_MAX};
use tenantry_events::ids::TenantId;
use tenantry_events::name::EventName;
use tenantry_events::receive::{Detail, Received};
use tenantry_events::text::shorten;
use tenantry_registry::lifecycle::{Decision, Fence, Input, Outcome, OutcomeResult};
use tenantry_registry::store::StoreError;
use tenantry_registry::tenant::OperationKind;

/// What the function needs.
pub type Deps = Intake;

/// Why an outcome could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationEventsError {
    /// It could not be read or put away.
    #[error(transparent)]
    Intake(#[from] IntakeError),
}

impl From<StoreError> for ApplicationEventsError {
    fn from(error: StoreError) -> Self {
        Self::Intake(error.into())
    }
}

impl Fault for ApplicationEventsError {
    fn name(&self) -> &'static str {
        let Self::Intake(error) = self;
        error.name()
    }

    fn is_retryable(&self) -> bool {
        let Self::Intake(error) = self;
        error.is_retryable()
    }
}

/// Takes one outcome in.
///
/// # Errors
///
/// [`ApplicationEventsError`] when the registry or the quarantine does not
/// answer (the event is delivered again and finds what it has done), or what was
/// re-driven is still refused.
pub async fn handle(deps: &Deps, payload: &Value, now: DateTime<Utc>) -> Result<(), ApplicationEventsError> {
    let detail_type = payload.get("detail-type").and_then(Value::as_str).unwrap_or_default();
    match detail_type.parse() {
        Ok(EventName::ProvisionFailure | EventName::DeprovisionFailure) => {
            let Some(received) = deps.read::<JobFailure>(payload, now).await? else { return Ok(()) };
            let detail = &received.detail;
            let registration = detail.tenant_registration_id.as_ref().map(|id| id.as_str().to_owned());
            let result = failed(detail);
            record(deps, payload, &received, detail.tenant_id, registration, result, now).await
        }
        _ => {
            let Some(received) = deps.read::<JobSuccess>(payload, now).await? else { return Ok(()) };
            let detail = &received.detail;
            let registration = Some(detail.tenant_registration_id.as_str().to_owned());
            let result = succeeded(detail);
            record(deps, payload, &received, detail.tenant_id, registration, result, now).await
        }
    }
}

async fn record<T: Detail>(
    deps: &Deps,
    payload: &Value,
    received: &Received<T>,
    tenant: Option<TenantId>,
    registration: Option<String>,
    result: OutcomeResult,
    now: DateTime<Utc>,
) -> Result<(), ApplicationEventsError> {
    let kind = match received.name {
        EventName::ProvisionSuccess | EventName::ProvisionFailure => OperationKind::Provision,
        _ => OperationKind::Deprovision,
    };
    let tenant = deps.identify(tenant, registration.as_deref(), &received.event_id.to_string()).await?;
    let outcome = Outcome { fence: Fence::External(kind), result, build_id: None, logs_url: None };
    let input = Input::Outcome(Box::new(outcome));
    if deps.is_over(received, tenant, &input, now).await? {
        return Ok(());
    }
    let applied = deps.registry.apply(tenant, &input, &origin(received), now).await?;
    tracing::info!(%tenant, event = %received.event_id, correlation = %received.correlation_id, "{}", applied.decision);
    if let Decision::Refused(note) = &applied.decision {
        deps.give_up(payload, received.redriven, note.code, &note.reason).await?;
    }
    Ok(())
}

fn succeeded(detail: &JobSuccess) -> OutcomeResult {
    OutcomeResult::Succeeded { outputs: texts(&detail.job_output.tenant_data), release: None }
}

fn failed(detail: &JobFailure) -> OutcomeResult {
    let failure = detail.failure.clone().unwrap_or_else(|| Failure {
        code: "ApplicationPlaneFailed".to_owned(),
        step: "application plane".to_owned(),
        reason: shorten(&detail.job_output.tenant_status, REASON_MAX),
        build_id: None,
        logs_url: None,
        left_behind: None,
        attempt: 1,
        retryable: false,
    });
    // What it leaves is the foreign plane's own to clean up.
    OutcomeResult::Failed { failure, unclean: false }
}

/// What the job gave, as texts: SBT's scripts export texts only, other values
/// are kept as their JSON.
fn texts(data: &Map<String, Value>) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    data.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}
