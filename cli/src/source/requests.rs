//! Asking for something: an event on the bus, or a call of the API, which
//! puts the same event there.

use super::Source;
use crate::api::{Answer, Api, Call};
use crate::clients::Deployment;
use crate::error::{CliError, Result};
use serde_json::{Map, Value, json};
use tenantry_events::ids::{EventId, TenantId};
use tenantry_events::name::EventName;
use tenantry_operations::record::Record;
use uuid::Uuid;

/// A request about a tenant that is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// What is asked.
    pub(crate) name: EventName,
    /// Of whom.
    pub(crate) tenant: &'a Record,
    /// Whether a retry is to make a new stack for one that is gone.
    pub(crate) reprovision: bool,
    /// Why.
    pub(crate) reason: Option<&'a str>,
    /// Who asks; the API knows it by the token.
    pub(crate) by: Option<&'a str>,
    /// The same key is the same request.
    pub(crate) key: Option<&'a str>,
}

/// A request that was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The tenant that it is about.
    pub(crate) tenant: TenantId,
    /// The event that it became; `None` where the API does not say so.
    pub(crate) event: Option<EventId>,
}

impl Source {
    /// Asks for a new tenant, by the fields of an onboardingRequest without its
    /// id; `id` and `key` as they were given.
    pub(crate) async fn onboard(
        &self,
        fields: Map<String, Value>,
        id: Option<TenantId>,
        key: Option<&str>,
    ) -> Result<Asked> {
        match self {
            Self::Deployment(deployment) => {
                let tenant = match (id, key) {
                    (Some(id), _) => id,
                    (None, Some(key)) => TenantId::of_key(key),
                    (None, None) => TenantId::from(Uuid::now_v7()),
                };
                let event = event(key.map(|key| format!("onboard/{key}")));
                let mut detail = fields;
                detail.insert("tenantId".to_owned(), json!(tenant));
                deployment.request(EventName::OnboardingRequest, event, detail).await?;
                Ok(Asked { tenant, event: Some(event) })
            }
            Self::Api(_) if id.is_some() => {
                let what = "`--id` cannot be used with --api: the API generates the id";
                Err(CliError::Usage(format!("{what}: use --registration-id for an id of your own")))
            }
            Self::Api(api) => {
                let call = Call::keyed("POST", &["tenant-registrations"], &self::key(key));
                let answer = api.send(&call.with(Value::Object(fields))).await?;
                asked(&answer)
            }
        }
    }

    /// Asks it of a tenant.
    pub(crate) async fn ask(&self, request: &Request<'_>) -> Result<Asked> {
        // The operation that the person sees is the one that is meant; under a key
        // of their own it is the first time that counts, whatever is seen later.
        let is_meant = request.name == EventName::CancelRequest && request.key.is_none();
        let seen = request.tenant.operation.as_ref().filter(|_| is_meant);
        let mut fields = Map::new();
        fields.extend(request.reason.map(|reason| ("reason".to_owned(), Value::from(reason))));
        fields.extend(request.reprovision.then(|| ("reprovision".to_owned(), Value::from(true))));
        fields.extend(seen.map(|seen| ("operationId".to_owned(), json!(seen.id))));
        match self {
            Self::Deployment(deployment) => on_the_bus(deployment, request, fields).await,
            Self::Api(api) => over_http(api, request, fields).await,
        }
    }
}

async fn on_the_bus(
    deployment: &Deployment,
    request: &Request<'_>,
    mut detail: Map<String, Value>,
) -> Result<Asked> {
    let Record { tenant_id: tenant, tenant_registration_id: registration, .. } = request.tenant;
    let event = event(request.key.map(|key| format!("{}/{tenant}/{key}", request.name)));
    detail.insert("tenantId".to_owned(), json!(tenant));
    detail.insert("tenantRegistrationId".to_owned(), json!(registration));
    let by = request.by.filter(|by| !by.is_empty());
    detail.extend(by.map(|by| ("requestedBy".to_owned(), Value::from(by))));
    deployment.request(request.name, event, detail).await?;
    Ok(Asked { tenant: *tenant, event: Some(event) })
}

async fn over_http(api: &Api, request: &Request<'_>, body: Map<String, Value>) -> Result<Asked> {
    let (key, id) = (key(request.key), request.tenant.tenant_id.to_string());
    let call = match request.name {
        EventName::OffboardingRequest => {
            let registration = request.tenant.tenant_registration_id.as_str();
            Call::keyed("DELETE", &["tenant-registrations", registration], &key)
        }
        name => Call::keyed("POST", &["tenants", &id, verb(name)], &key).with(Value::Object(body)),
    };
    asked(&api.send(&call).await?)
}

/// The request in a word, as commands and routes have it.
pub(crate) fn verb(name: EventName) -> &'static str {
    match name {
        EventName::RetryRequest => "retry",
        EventName::CancelRequest => "cancel",
        EventName::DeactivateRequest => "suspend",
        EventName::ActivateRequest => "resume",
        _ => "ask",
    }
}

fn asked(answer: &Answer) -> Result<Asked> {
    let tenant = serde_json::from_value(answer.data.get("tenantId").cloned().unwrap_or_default())?;
    Ok(Asked { tenant, event: answer.event })
}

/// One for all tries of a request.
fn key(given: Option<&str>) -> String {
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

fn event(seed: Option<String>) -> EventId {
    seed.map_or_else(|| EventId::from(Uuid::now_v7()), |seed| EventId::derive(&seed))
}
