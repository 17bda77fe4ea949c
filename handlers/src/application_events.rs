//! `application-events`: the outcome of an external application plane's job goes
//! into the registry. The rule leaves out what our own publisher sent.

use crate::shared::fault::Fault;
use crate::shared::identity::{self, CONTRADICTORY, Id, Named, Whom};
use crate::shared::intake::{Intake, IntakeError, origin};
use crate::shared::payload::Payload;
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tenantry_events::details::{JobFailure, JobOutput, JobSuccess, TenantNotice};
use tenantry_events::failure::{Failure, FailureCode, REASON_MAX};
use tenantry_events::name::EventName;
use tenantry_events::receive::{Detail, Received};
use tenantry_events::text::{RegistrationId, shorten};
use tenantry_registry::lifecycle::{Code, Decision, Fence, Input, Outcome, OutcomeResult, unknown_tenant};
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
    /// The registry knows no such tenant. Its onboarding may be under way: the
    /// plane may be faster than the registry, and EventBridge keeps no order. The
    /// event is tried again, and then put into the dead-letter queue.
    #[error("{0}")]
    UnknownTenant(String),
    /// The operation that it answers cannot begin yet: it is tried again.
    #[error("{0}")]
    NotYet(String),
}

impl From<StoreError> for ApplicationEventsError {
    fn from(error: StoreError) -> Self {
        Self::Intake(error.into())
    }
}

impl Fault for ApplicationEventsError {
    fn name(&self) -> &'static str {
        match self {
            Self::Intake(error) => error.name(),
            Self::UnknownTenant(_) => "UnknownTenant",
            Self::NotYet(_) => "NotYet",
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::Intake(error) => error.is_retryable(),
            Self::UnknownTenant(_) | Self::NotYet(_) => true,
        }
    }
}

/// Takes one outcome in.
///
/// # Errors
///
/// [`ApplicationEventsError`] when the registry or the quarantine does not
/// answer (the event is delivered again and finds what it has done), or what was
/// re-driven is still refused.
pub async fn handle(
    deps: &Deps,
    payload: &Payload,
    now: DateTime<Utc>,
) -> Result<(), ApplicationEventsError> {
    let detail_type = payload.detail_type().unwrap_or_default();
    match detail_type.parse() {
        Ok(EventName::ProvisionFailure | EventName::DeprovisionFailure) => {
            let Some(received) = deps.read::<JobFailure>(payload, now).await? else { return Ok(()) };
            let detail = &received.detail;
            let registration = detail.tenant_registration_id.as_ref().map(RegistrationId::as_str);
            let (ids, result) = (identity::ids(detail.tenant_id, registration), failed(detail));
            record(deps, payload, &received, &ids, result, now).await
        }
        Ok(
            EventName::ActivateSuccess
            | EventName::ActivateFailure
            | EventName::DeactivateSuccess
            | EventName::DeactivateFailure,
        ) => {
            let Some(received) = deps.read::<TenantNotice>(payload, now).await? else { return Ok(()) };
            let detail = &received.detail;
            let registration = detail.tenant_registration_id.as_ref().map(RegistrationId::as_str);
            let ids = identity::ids(detail.tenant_id, registration);
            let result = toggled(received.name, detail);
            record(deps, payload, &received, &ids, result, now).await
        }
        _ => {
            let Some(received) = deps.read::<JobSuccess>(payload, now).await? else { return Ok(()) };
            let detail = &received.detail;
            let mut ids = identity::ids(detail.tenant_id, Some(detail.tenant_registration_id.as_str()));
            ids.extend(given(&detail.job_output));
            record(deps, payload, &received, &ids, succeeded(detail), now).await
        }
    }
}

async fn record<T: Detail>(
    deps: &Deps,
    payload: &Payload,
    received: &Received<T>,
    ids: &[Named],
    result: OutcomeResult,
    now: DateTime<Utc>,
) -> Result<(), ApplicationEventsError> {
    let kind = match received.name {
        EventName::ProvisionSuccess | EventName::ProvisionFailure => OperationKind::Provision,
        EventName::DeactivateSuccess | EventName::DeactivateFailure => OperationKind::Suspend,
        EventName::ActivateSuccess | EventName::ActivateFailure => OperationKind::Resume,
        // The types take no other event.
        _ => OperationKind::Deprovision,
    };
    let redriven = received.redriven;
    let tenant = match deps.whom(ids).await? {
        Whom::Tenant(tenant) => tenant,
        Whom::Unknown => return Err(ApplicationEventsError::UnknownTenant(unknown_tenant().reason)),
        Whom::Contradiction { tenants, reason } => {
            let refused = (tenants.as_slice(), reason.as_str());
            deps.refuse_contradiction(received, &origin(received), refused, now).await?;
            // The operation that it may be of waits: a person must look.
            return Ok(deps.give_up(payload, redriven, CONTRADICTORY, &reason).await?);
        }
    };
    let outcome = Outcome { fence: Fence::External(kind), result, build_id: None, logs_url: None };
    let input = Input::Outcome(Box::new(outcome));
    if deps.is_over(received, tenant, &input, now).await? {
        return Ok(());
    }
    let applied = deps.registry.apply(tenant, &input, &origin(received), now).await?;
    tracing::info!(%tenant, event = %received.event_id, correlation = %received.correlation_id, "{}", applied.decision.outline());
    if let Decision::Stale(note) = &applied.decision
        && note.code == Code::NotYet
    {
        return Err(ApplicationEventsError::NotYet(note.reason.clone()));
    }
    if let Decision::Refused(note) = &applied.decision {
        deps.give_up(payload, redriven, note.code.as_str(), &note.reason).await?;
    }
    Ok(())
}

/// The ids among what the job gave; what a script exports without setting it is
/// an empty text, and names nobody.
fn given(output: &JobOutput) -> Vec<Named> {
    let places = [
        ("jobOutput.tenantData.tenantId", output.tenant_data.get("tenantId")),
        ("jobOutput.tenantData.tenantRegistrationId", output.tenant_data.get("tenantRegistrationId")),
        ("jobOutput.tenantRegistrationData.tenantId", output.tenant_registration_data.get("tenantId")),
        (
            "jobOutput.tenantRegistrationData.tenantRegistrationId",
            output.tenant_registration_data.get("tenantRegistrationId"),
        ),
    ];
    let id = |field: &str, value: &Value| match (value.as_str(), field.ends_with("RegistrationId")) {
        (Some(text), true) => match text.parse::<RegistrationId>() {
            Ok(id) => Id::Registration(id.to_string()),
            Err(_) => Id::Nonsense,
        },
        (Some(text), false) => text.parse().map_or(Id::Nonsense, Id::Tenant),
        (None, _) => Id::Nonsense,
    };
    let is_set = |value: &&Value| !value.is_null() && value.as_str() != Some("");
    let set = places.into_iter().filter_map(|(field, value)| Some((field, value.filter(is_set)?)));
    set.map(|(field, value)| (field, id(field, value))).collect()
}

fn succeeded(detail: &JobSuccess) -> OutcomeResult {
    let output = &detail.job_output;
    OutcomeResult::Succeeded {
        outputs: texts(&output.tenant_data),
        registration: texts(&output.tenant_registration_data),
        release: None,
        revision: None,
    }
}

fn failed(detail: &JobFailure) -> OutcomeResult {
    let failure = detail.failure.as_ref().map(bounded);
    let failure = failure.unwrap_or_else(|| said(&detail.job_output.tenant_status));
    // What it leaves is the external plane's own to clean up.
    OutcomeResult::Failed { failure, unclean: false }
}

/// What became of a suspension or a resumption.
fn toggled(name: EventName, detail: &TenantNotice) -> OutcomeResult {
    if matches!(name, EventName::ActivateSuccess | EventName::DeactivateSuccess) {
        return OutcomeResult::Succeeded {
            outputs: BTreeMap::new(),
            registration: BTreeMap::new(),
            release: None,
            revision: None,
        };
    }
    let failure = detail.failure.as_ref().map(bounded).unwrap_or_else(|| said("it gave no reason"));
    OutcomeResult::Failed { failure, unclean: false }
}

/// A failure in an external plane's own words.
fn said(words: &str) -> Failure {
    let failure = Failure::new(FailureCode::ApplicationPlaneFailed, "application plane", words);
    Failure { attempt: 1, retryable: true, ..failure }
}

/// An external plane's failure, each text as long as the registry keeps it.
fn bounded(failure: &Failure) -> Failure {
    let text = |text: &Option<String>| text.as_ref().map(|text| shorten(text, REASON_MAX));
    Failure {
        build_id: text(&failure.build_id),
        logs_url: text(&failure.logs_url),
        left_behind: text(&failure.left_behind),
        attempt: failure.attempt,
        retryable: failure.retryable,
        ..Failure::new(
            shorten(failure.code.as_str(), 100).into(),
            shorten(&failure.step, 200),
            &failure.reason,
        )
    }
}

/// What the job gave, as texts: SBT's scripts export texts only, other values
/// are kept as their JSON.
fn texts(data: &Map<String, Value>) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    data.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}
