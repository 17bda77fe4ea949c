//! `invite`: the task of the machines that provision and update, which creates
//! the tenant's administrator in the tenant's own user pool; Cognito sends the
//! invitation. One whose address was replaced is deleted: it may be somebody
//! else's now, and an account that nobody expects is a way in.
//! Where it cannot, the user is there all the same, and the tenant's outputs say
//! that its invitation is still to be sent: mail is no reason to take down what
//! was just provisioned.
//!
//! The address never leaves the registry for an execution or a build: this
//! function reads it where it is kept.

use crate::engine::build::report::Build;
use crate::shared::fault::Fault;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::types::{AttributeType, DeliveryMediumType, MessageActionType};
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenantry_events::ids::{OperationId, TenantId};
use tenantry_registry::notices::ADMINISTRATOR;
use tenantry_registry::store::{Registry, StoreError};
use tenantry_registry::tenant::Tenant;

/// The role of a tenant's first user, as the serverless SaaS reference solution
/// names it (`scripts/provision-tenant.sh`).
pub const ROLE: &str = "TenantAdmin";
const TENANT_ID: &str = "custom:tenantId";
const USER_ROLE: &str = "custom:userRole";

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
    /// The build that made the pool: its variable `USER_POOL_ID` names it. Absent
    /// where the pool is that of the tenant's outputs.
    #[serde(default)]
    pub build: Value,
}

/// What the state machine gets back.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Answer {
    /// The administrator's name in the pool; empty where the tenant has none.
    pub administrator: String,
    /// Why Cognito could not send the invitation, in its own word; empty where
    /// it did. `AdminCreateUser` with the action `RESEND` sends it later.
    #[serde(rename = "invitationUnsent")]
    pub unsent: String,
    /// The tenant's revision whose address this is.
    pub revision: u64,
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
    /// Cognito does not take the user.
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
    let pool = exported.get("USER_POOL_ID").or(tenant.outputs.get("userPoolId"));
    let Some(pool) = pool.filter(|pool| !pool.is_empty()) else {
        let revision = tenant.revision;
        return Ok(Answer { administrator: String::new(), unsent: String::new(), revision });
    };
    let answer = invite(&deps.client, pool, &tenant).await?;
    let Answer { administrator, unsent, .. } = &answer;
    let before = tenant.outputs.get(ADMINISTRATOR).filter(|before| *before != administrator);
    if let Some(before) = before {
        remove(&deps.client, pool, before).await?;
        tracing::info!(tenant = %id, %operation, user = before, "the administrator before is removed");
    }
    if unsent.is_empty() {
        tracing::info!(tenant = %id, %operation, user = administrator, "the administrator is invited");
    } else {
        tracing::error!(
            tenant = %id, %operation, user = administrator, code = unsent,
            "the administrator is there, and Cognito could not send the invitation: send it again"
        );
    }
    Ok(answer)
}

/// Why a user was not created.
enum Missed {
    /// It is there; or it has signed in, and needs no invitation.
    Exists,
    /// Cognito cannot send the invitation, by its own word: its limit of e-mails
    /// a day is reached, or the mail service does not take it.
    ///
    /// Sources: "AdminCreateUser", Amazon Cognito User Pools API Reference;
    /// "Email settings for Amazon Cognito user pools", Amazon Cognito Developer
    /// Guide.
    Unsent(String),
    /// Anything else.
    Fault(InviteError),
}

/// The administrator, created and invited; without an invitation where Cognito
/// sends none.
async fn invite(client: &Client, pool: &str, tenant: &Tenant) -> Result<Answer, InviteError> {
    let created = match create(client, pool, tenant, None).await {
        // An earlier attempt, of which nobody knows whether it could invite: the
        // invitation comes rather twice than never, and the later one counts.
        Err(Missed::Exists) => create(client, pool, tenant, Some(MessageActionType::Resend)).await,
        first => first,
    };
    let revision = tenant.revision;
    let unsent = match created {
        Ok(administrator) => return Ok(Answer { administrator, unsent: String::new(), revision }),
        Err(Missed::Unsent(unsent)) => unsent,
        // Signed in already.
        Err(Missed::Exists) => String::new(),
        Err(Missed::Fault(error)) => return Err(error),
    };
    match create(client, pool, tenant, Some(MessageActionType::Suppress)).await {
        Err(Missed::Exists) => {
            let get = client.admin_get_user().user_pool_id(pool).username(tenant.email.as_str());
            let user = get.send().await.map_err(|error| refused(&error))?;
            check(tenant, user.user_attributes())?;
            Ok(Answer { administrator: user.username, unsent, revision })
        }
        Err(Missed::Unsent(code)) => Err(InviteError::Refused(code)),
        Err(Missed::Fault(error)) => Err(error),
        Ok(administrator) => Ok(Answer { administrator, unsent, revision }),
    }
}

/// The name of the user in the pool, after the action.
async fn create(
    client: &Client,
    pool: &str,
    tenant: &Tenant,
    action: Option<MessageActionType>,
) -> Result<String, Missed> {
    let create = client.admin_create_user().user_pool_id(pool).username(tenant.email.as_str());
    let create = create.desired_delivery_mediums(DeliveryMediumType::Email).set_message_action(action);
    let attributes = attributes(tenant).map_err(Missed::Fault)?;
    match create.set_user_attributes(Some(attributes)).send().await {
        Ok(created) => {
            let nobody = || Missed::Fault(InviteError::Unavailable("an answer without a user".to_owned()));
            let user = created.user.ok_or_else(nobody)?;
            check(tenant, user.attributes()).map_err(Missed::Fault)?;
            user.username.ok_or_else(nobody)
        }
        Err(error) => Err(match error.code() {
            Some("UsernameExistsException" | "UnsupportedUserStateException") => Missed::Exists,
            Some(code @ ("LimitExceededException" | "CodeDeliveryFailureException")) => {
                Missed::Unsent(code.to_owned())
            }
            _ => Missed::Fault(refused(&error)),
        }),
    }
}

/// Whether a user that was there before is the tenant's administrator: nobody
/// becomes one by having the address.
fn check(tenant: &Tenant, attributes: &[AttributeType]) -> Result<(), InviteError> {
    let value = |name: &str| {
        let found = attributes.iter().find(|attribute| attribute.name() == name);
        found.and_then(AttributeType::value)
    };
    let id = tenant.tenant_id.to_string();
    match (value(TENANT_ID), value(USER_ROLE)) {
        (Some(tenant), Some(ROLE)) if tenant == id => Ok(()),
        _ => Err(InviteError::Refused("the address is of a user with another role".to_owned())),
    }
}

/// Deletes a user, unless that was done before.
async fn remove(client: &Client, pool: &str, user: &str) -> Result<(), InviteError> {
    match client.admin_delete_user().user_pool_id(pool).username(user).send().await {
        Err(error) if error.code() == Some("UserNotFoundException") => Ok(()),
        other => other.map(drop).map_err(|error| refused(&error)),
    }
}

/// Who the user is, for good: no client may write these, and nobody change them.
fn attributes(tenant: &Tenant) -> Result<Vec<AttributeType>, InviteError> {
    let values = [
        ("email", tenant.email.as_str().to_owned()),
        ("email_verified", "true".to_owned()),
        (TENANT_ID, tenant.tenant_id.to_string()),
        (USER_ROLE, ROLE.to_owned()),
    ];
    let attribute = |(name, value)| {
        let built = AttributeType::builder().name(name).value(value).build();
        built.map_err(|error| InviteError::Refused(error.to_string()))
    };
    values.into_iter().map(attribute).collect()
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
