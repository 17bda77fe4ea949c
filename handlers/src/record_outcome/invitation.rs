//! The invitation of a tenant's administrator: a user in the tenant's own user pool,
//! to whom Cognito sends an e-mail. One whose address was replaced is deleted: it may
//! be somebody else's now, and an account that nobody expects is a way in.
//! Where Cognito cannot send, the user is there all the same, and the tenant's outputs
//! say that its invitation is still to be sent: mail is no reason to take down what was
//! just provisioned.
//!
//! The address never leaves the registry for an execution or a build: it is read where
//! it is kept.

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::types::{AttributeType, DeliveryMediumType, MessageActionType};
use lambda_runtime::tracing;
use tenantry_registry::notices::ADMINISTRATOR;
use tenantry_registry::tenant::Tenant;

/// The role of a tenant's first user, as the serverless SaaS reference solution
/// names it (`scripts/provision-tenant.sh`).
pub const ROLE: &str = "TenantAdmin";
const TENANT_ID: &str = "custom:tenantId";
const USER_ROLE: &str = "custom:userRole";

/// The administrator who is there after an invitation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Invited {
    /// Its name in the pool.
    pub(super) administrator: String,
    /// Why Cognito could not send the invitation, in its own word; empty where
    /// it did. `AdminCreateUser` with the action `RESEND` sends it later.
    pub(super) unsent: String,
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InvitationError {
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

impl InvitationError {
    /// Its name, which never changes: the state machines know it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Throttled(_) => "CognitoThrottled",
            Self::Unavailable(_) => "CognitoUnavailable",
            Self::Refused(_) => "InvitationRefused",
        }
    }

    /// Whether the same invitation may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Throttled(_) | Self::Unavailable(_) => true,
            Self::Refused(_) => false,
        }
    }
}

/// Creates the administrator of `tenant` in `pool`, unless that was done before, and
/// deletes the one before, if there is one.
///
/// # Errors
///
/// [`InvitationError`] when there may be no administrator with the tenant's address.
pub(super) async fn renew(client: &Client, pool: &str, tenant: &Tenant) -> Result<Invited, InvitationError> {
    let invited = invite(client, pool, tenant).await?;
    let Invited { administrator, unsent } = &invited;
    let id = tenant.tenant_id;
    let before = tenant.outputs.get(ADMINISTRATOR).filter(|before| *before != administrator);
    if let Some(before) = before {
        remove(client, pool, before).await?;
        tracing::info!(tenant = %id, user = before, "the administrator before is removed");
    }
    if unsent.is_empty() {
        tracing::info!(tenant = %id, user = administrator, "the administrator is invited");
    } else {
        tracing::error!(
            tenant = %id, user = administrator, code = unsent,
            "the administrator is there, and Cognito could not send the invitation: send it again"
        );
    }
    Ok(invited)
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
    Fault(InvitationError),
}

/// The administrator, created and invited; without an invitation where Cognito
/// sends none.
async fn invite(client: &Client, pool: &str, tenant: &Tenant) -> Result<Invited, InvitationError> {
    let created = match create(client, pool, tenant, None).await {
        // An earlier attempt, of which nobody knows whether it could invite: the
        // invitation comes rather twice than never, and the later one counts.
        Err(Missed::Exists) => create(client, pool, tenant, Some(MessageActionType::Resend)).await,
        first => first,
    };
    let unsent = match created {
        Ok(administrator) => return Ok(Invited { administrator, unsent: String::new() }),
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
            Ok(Invited { administrator: user.username, unsent })
        }
        Err(Missed::Unsent(code)) => Err(InvitationError::Refused(code)),
        Err(Missed::Fault(error)) => Err(error),
        Ok(administrator) => Ok(Invited { administrator, unsent }),
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
            let nobody =
                || Missed::Fault(InvitationError::Unavailable("an answer without a user".to_owned()));
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
fn check(tenant: &Tenant, attributes: &[AttributeType]) -> Result<(), InvitationError> {
    let value = |name: &str| {
        let found = attributes.iter().find(|attribute| attribute.name() == name);
        found.and_then(AttributeType::value)
    };
    let id = tenant.tenant_id.to_string();
    match (value(TENANT_ID), value(USER_ROLE)) {
        (Some(tenant), Some(ROLE)) if tenant == id => Ok(()),
        _ => Err(InvitationError::Refused("the address is of a user with another role".to_owned())),
    }
}

/// Deletes a user, unless that was done before.
async fn remove(client: &Client, pool: &str, user: &str) -> Result<(), InvitationError> {
    match client.admin_delete_user().user_pool_id(pool).username(user).send().await {
        Err(error) if error.code() == Some("UserNotFoundException") => Ok(()),
        other => other.map(drop).map_err(|error| refused(&error)),
    }
}

/// Who the user is, for good: no client may write these, and nobody change them.
fn attributes(tenant: &Tenant) -> Result<Vec<AttributeType>, InvitationError> {
    let values = [
        ("email", tenant.email.as_str().to_owned()),
        ("email_verified", "true".to_owned()),
        (TENANT_ID, tenant.tenant_id.to_string()),
        (USER_ROLE, ROLE.to_owned()),
    ];
    let attribute = |(name, value)| {
        let built = AttributeType::builder().name(name).value(value).build();
        built.map_err(|error| InvitationError::Refused(error.to_string()))
    };
    values.into_iter().map(attribute).collect()
}

/// Cognito's own word for it, without its message, which may name the address.
///
/// Source: "AdminCreateUser", Amazon Cognito User Pools API Reference.
fn refused<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> InvitationError {
    let code = error.code().unwrap_or_default().to_owned();
    match code.as_str() {
        "TooManyRequestsException" | "ThrottlingException" => InvitationError::Throttled(code),
        "InternalErrorException" => InvitationError::Unavailable(code),
        "" => InvitationError::Unavailable("no answer".to_owned()),
        _ => InvitationError::Refused(code),
    }
}
