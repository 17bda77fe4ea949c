//! `invite`: the task of the provisioning machine that creates the tenant's
//! administrator in the tenant's own user pool; Cognito sends the invitation.
//!
//! The address never leaves the registry for an execution or a build: this
//! function reads it where it is kept.

use crate::record_outcome::build::Build;
use crate::shared::fault::Fault;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::types::{AttributeType, DeliveryMediumType};
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenantry_events::ids::{OperationId, TenantId};
use tenantry_registry::store::{Registry, StoreError};
use tenantry_registry::tenant::Tenant;

/// The role of a tenant's first user, as the serverless SaaS reference solution
/// names it (`scripts/provision-tenant.sh`).
pub const ROLE: &str = "TenantAdmin";

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Where the administrator's address is.
    pub registry: Registry,
    /// Where the user is created.
    pub client: Client,
}

/// What the state machine sends.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    /// Whose administrator.
    pub tenant_id: TenantId,
    /// Which operation: the fencing token.
    pub operation_id: OperationId,
    /// The build that made the pool: its variable `USER_POOL_ID` names it.
    pub build: Value,
}

/// What the state machine gets back.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Answer {
    /// The administrator's name in the pool; empty where the tenant has none.
    pub administrator: String,
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// The registry did not answer.
    #[error(transparent)]
    Registry(#[from] StoreError),
    /// The operation is not the tenant's current one: another has taken over.
    #[error("operation {0} is not under way any more")]
    Superseded(OperationId),
    /// The payload is not what the state machine sends.
    #[error("the payload is no invitation: {0}")]
    InvalidPayload(String),
    /// Cognito has too much to do.
    #[error("Cognito throttles ({0})")]
    Throttled(String),
    /// Cognito did not answer, or not sensibly.
    #[error("Cognito is unavailable ({0})")]
    Unavailable(String),
    /// Cognito does not take the user, or cannot send the invitation.
    #[error("the tenant's administrator could not be invited ({0})")]
    Refused(String),
}

impl Fault for InviteError {
    fn name(&self) -> &'static str {
        match self {
            Self::Registry(error) => error.name(),
            Self::Superseded(_) => "Superseded",
            Self::InvalidPayload(_) => "InvalidPayload",
            Self::Throttled(_) => "CognitoThrottled",
            Self::Unavailable(_) => "CognitoUnavailable",
            Self::Refused(_) => "InvitationRefused",
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::Registry(error) => error.is_retryable(),
            Self::Throttled(_) | Self::Unavailable(_) => true,
            Self::Superseded(_) | Self::InvalidPayload(_) | Self::Refused(_) => false,
        }
    }
}

/// Creates the administrator, unless that was done before.
///
/// # Errors
///
/// [`InviteError`], by names that the state machine knows.
pub async fn handle(deps: &Deps, payload: Value, _now: DateTime<Utc>) -> Result<Answer, InviteError> {
    let payload: Payload =
        serde_json::from_value(payload).map_err(|error| InviteError::InvalidPayload(error.to_string()))?;
    let (id, operation) = (payload.tenant_id, payload.operation_id);
    let tenant = deps.registry.tenant(id).await?;
    let current = |tenant: &Tenant| tenant.operation.as_ref().is_some_and(|open| open.id == operation);
    let tenant = tenant.filter(current).ok_or(InviteError::Superseded(operation))?;
    let exported = Build::read(&payload.build).exported;
    let Some(pool) = exported.get("USER_POOL_ID").filter(|pool| !pool.is_empty()) else {
        return Ok(Answer { administrator: String::new() });
    };
    let administrator = invite(&deps.client, pool, &tenant).await?;
    tracing::info!(tenant = %id, %operation, user = administrator, "the administrator is invited");
    Ok(Answer { administrator })
}

/// The name of the administrator in the pool.
async fn invite(client: &Client, pool: &str, tenant: &Tenant) -> Result<String, InviteError> {
    let create = client.admin_create_user().user_pool_id(pool).username(tenant.email.as_str());
    let create = create.desired_delivery_mediums(DeliveryMediumType::Email);
    let sent = create.set_user_attributes(Some(attributes(tenant)?)).send().await;
    let error = match sent {
        Ok(created) => return named(created.user.and_then(|user| user.username)),
        Err(error) => error,
    };
    if error.code() != Some("UsernameExistsException") {
        return Err(refused(&error));
    }
    // An earlier attempt, whose answer was lost, has invited already.
    let get = client.admin_get_user().user_pool_id(pool).username(tenant.email.as_str());
    named(Some(get.send().await.map_err(|error| refused(&error))?.username))
}

/// Who the user is, for good: no client may write these, and nobody change them.
fn attributes(tenant: &Tenant) -> Result<Vec<AttributeType>, InviteError> {
    let values = [
        ("email", tenant.email.as_str().to_owned()),
        ("email_verified", "true".to_owned()),
        ("custom:tenantId", tenant.tenant_id.to_string()),
        ("custom:userRole", ROLE.to_owned()),
    ];
    let attribute = |(name, value)| {
        let built = AttributeType::builder().name(name).value(value).build();
        built.map_err(|error| InviteError::Refused(error.to_string()))
    };
    values.into_iter().map(attribute).collect()
}

fn named(name: Option<String>) -> Result<String, InviteError> {
    name.ok_or_else(|| InviteError::Unavailable("an answer without a user".to_owned()))
}

/// Cognito's own word for it, without its message, which may name the address.
///
/// Source: "AdminCreateUser", Amazon Cognito User Pools API Reference.
fn refused<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> InviteError {
    let code = error.code().unwrap_or_default().to_owned();
    match code.as_str() {
        "TooManyRequestsException" | "ThrottlingException" => InviteError::Throttled(code),
        "InternalErrorException" => InviteError::Unavailable(code),
        "" => InviteError::Unavailable("no answer".to_owned()),
        _ => InviteError::Refused(code),
    }
}
