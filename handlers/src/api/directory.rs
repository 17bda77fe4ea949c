//! The control plane's users, in the Cognito user pool: the one place that
//! speaks to it. Where tokens come from another provider, there is none.

use super::access::Group;
use super::problem::Problem;
use super::roles::{self, Role};
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::primitives::DateTime;
use aws_sdk_cognitoidentityprovider::types::{AttributeType, DeliveryMediumType, MessageActionType};
use lambda_runtime::tracing;
use tenantry_events::text::Email;

/// The code for a name or an address that another user has.
pub(super) const EXISTS: &str = "UserExists";
/// The status of a user who was invited and has not signed in.
const WAITS: &str = "FORCE_CHANGE_PASSWORD";

/// The user pool.
#[derive(Clone, Debug)]
pub struct Directory {
    /// Cognito.
    pub client: Client,
    /// The pool's id.
    pub pool: String,
}

/// A user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) subject: String,
    pub(super) email: String,
    /// The role that a client gave the user; see [`roles::shown`].
    pub(super) role: String,
    /// The highest of the user's groups.
    pub(super) group: Option<Group>,
    pub(super) status: String,
    pub(super) enabled: bool,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
}

impl Directory {
    /// What is said of a name or an address that another user has.
    pub(super) fn taken(field: &'static str, reason: &str) -> Problem {
        Problem::Conflict { code: EXISTS, field: Some(field), reason: reason.to_owned() }
    }

    /// Creates a user, who gets an invitation by e-mail. One that an earlier
    /// request left half made, with this address and in no group, is finished;
    /// if the request itself was begun before (`again`), one that is as it asks
    /// will do.
    pub(super) async fn create(
        &self,
        name: &str,
        email: &Email,
        role: &Role,
        again: bool,
    ) -> Result<(), Problem> {
        let group = role.group();
        if let Err(refusal) = self.invite(name, email, role, None).await {
            if !matches!(refusal, Problem::Conflict { code: EXISTS, field: Some("userName"), .. }) {
                return Err(refusal);
            }
            let user = self.get(name).await?;
            let is_it = user.email == email.as_str();
            match user.group {
                // Nobody knows whether it was invited: rather twice than never.
                None if is_it => {
                    let invited = self.invite(name, email, role, Some(MessageActionType::Resend)).await;
                    // Who has signed in needs no invitation.
                    invited.or_else(|problem| if user.status == WAITS { Err(problem) } else { Ok(()) })?;
                    // An earlier request may have asked for another role.
                    if user.role != role.as_str() {
                        self.set(name, attributes(None, Some(role))?).await?;
                    }
                }
                Some(of) if is_it && of == group && again => return Ok(()),
                _ => return Err(refusal),
            }
        }
        self.join(name, group).await
    }

    /// Creates the user, or sends the invitation again.
    async fn invite(
        &self,
        name: &str,
        email: &Email,
        role: &Role,
        action: Option<MessageActionType>,
    ) -> Result<(), Problem> {
        let create = self.client.admin_create_user().user_pool_id(&self.pool).username(name);
        let create = create.desired_delivery_mediums(DeliveryMediumType::Email).set_message_action(action);
        create
            .set_user_attributes(Some(attributes(Some(email), Some(role))?))
            .send()
            .await
            .map(|_| ())
            .map_err(problem)
    }

    pub(super) async fn list(
        &self,
        limit: u32,
        token: Option<&str>,
    ) -> Result<(Vec<User>, Option<String>), Problem> {
        let limit = i32::try_from(limit).unwrap_or(1);
        let list = self.client.list_users().user_pool_id(&self.pool).limit(limit);
        let answer = list.set_pagination_token(token.map(str::to_owned)).send().await;
        let answer = answer.map_err(|error| match error.code() {
            Some("InvalidParameterException") => {
                Problem::field("next_token", "must be one that this list gave, unchanged")
            }
            _ => problem(error),
        })?;
        let mut users = Vec::new();
        for found in answer.users.unwrap_or_default() {
            let name = found.username.unwrap_or_default();
            users.push(User {
                group: self.group(&name).await?,
                subject: attribute(found.attributes.as_deref(), "sub"),
                email: attribute(found.attributes.as_deref(), "email"),
                role: attribute(found.attributes.as_deref(), roles::ATTRIBUTE),
                status: found.user_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
                enabled: found.enabled,
                created_at: found.user_create_date.and_then(moment),
                updated_at: found.user_last_modified_date.and_then(moment),
                name,
            });
        }
        Ok((users, answer.pagination_token))
    }

    pub(super) async fn get(&self, name: &str) -> Result<User, Problem> {
        let get = self.client.admin_get_user().user_pool_id(&self.pool).username(name);
        let found = get.send().await.map_err(problem)?;
        Ok(User {
            group: self.group(&found.username).await?,
            subject: attribute(found.user_attributes.as_deref(), "sub"),
            email: attribute(found.user_attributes.as_deref(), "email"),
            role: attribute(found.user_attributes.as_deref(), roles::ATTRIBUTE),
            status: found.user_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            enabled: found.enabled,
            created_at: found.user_create_date.and_then(moment),
            updated_at: found.user_last_modified_date.and_then(moment),
            name: found.username,
        })
    }

    /// Another address, another role. Who changes groups signs in again.
    pub(super) async fn update(
        &self,
        user: &User,
        email: Option<&Email>,
        role: Option<&Role>,
    ) -> Result<(), Problem> {
        if email.is_some() || role.is_some_and(|role| role.as_str() != user.role) {
            self.set(&user.name, attributes(email, role)?).await?;
        }
        let Some(group) = role.map(Role::group).filter(|group| user.group != Some(*group)) else {
            return Ok(());
        };
        // Out of the others first: a crash between the two leaves too little, not too much.
        for other in Group::ALL.into_iter().filter(|other| *other != group) {
            let leave = self.client.admin_remove_user_from_group().user_pool_id(&self.pool);
            let leave = leave.username(&user.name).group_name(other.as_str());
            leave.send().await.map_err(problem)?;
        }
        self.join(&user.name, group).await?;
        self.sign_out(&user.name).await
    }

    async fn set(&self, name: &str, attributes: Vec<AttributeType>) -> Result<(), Problem> {
        let update = self.client.admin_update_user_attributes().user_pool_id(&self.pool).username(name);
        update.set_user_attributes(Some(attributes)).send().await.map(|_| ()).map_err(problem)
    }

    pub(super) async fn delete(&self, name: &str) -> Result<(), Problem> {
        let delete = self.client.admin_delete_user().user_pool_id(&self.pool).username(name);
        delete.send().await.map(|_| ()).map_err(problem)
    }

    pub(super) async fn enable(&self, name: &str, enabled: bool) -> Result<(), Problem> {
        if enabled {
            let enable = self.client.admin_enable_user().user_pool_id(&self.pool).username(name);
            return enable.send().await.map(|_| ()).map_err(problem);
        }
        let disable = self.client.admin_disable_user().user_pool_id(&self.pool).username(name);
        disable.send().await.map_err(problem)?;
        self.sign_out(name).await
    }

    /// Ends the user's sessions: no new tokens; those that are out last an hour.
    async fn sign_out(&self, name: &str) -> Result<(), Problem> {
        let end = self.client.admin_user_global_sign_out().user_pool_id(&self.pool).username(name);
        end.send().await.map(|_| ()).map_err(problem)
    }

    async fn join(&self, name: &str, group: Group) -> Result<(), Problem> {
        let join = self.client.admin_add_user_to_group().user_pool_id(&self.pool);
        let join = join.username(name).group_name(group.as_str());
        join.send().await.map(|_| ()).map_err(problem)
    }

    async fn group(&self, name: &str) -> Result<Option<Group>, Problem> {
        let list = self.client.admin_list_groups_for_user().user_pool_id(&self.pool).username(name);
        let groups = list.send().await.map_err(problem)?.groups.unwrap_or_default();
        Ok(groups.iter().filter_map(|group| Group::of_name(group.group_name()?)).max())
    }
}

fn attributes(email: Option<&Email>, role: Option<&Role>) -> Result<Vec<AttributeType>, Problem> {
    // An administrator vouches for the address; the invitation goes there.
    let email = email.into_iter().flat_map(|email| [("email", email.as_str()), ("email_verified", "true")]);
    let attributes = email.chain(role.map(|role| (roles::ATTRIBUTE, role.as_str())));
    let built = attributes.map(|(name, value)| AttributeType::builder().name(name).value(value).build());
    built.collect::<Result<_, _>>().map_err(|_| Problem::Internal)
}

fn attribute(attributes: Option<&[AttributeType]>, name: &str) -> String {
    let found = attributes.unwrap_or_default().iter().find(|attribute| attribute.name() == name);
    found.and_then(AttributeType::value).unwrap_or_default().to_owned()
}

fn moment(at: DateTime) -> Option<String> {
    let at = chrono::DateTime::from_timestamp_millis(at.to_millis().ok()?)?;
    Some(tenantry_events::ids::timestamp(at))
}

/// What Cognito's errors mean to who asks.
///
/// Source: "AdminCreateUser" and its siblings, Amazon Cognito User Pools API
/// Reference.
fn problem<E, R>(error: SdkError<E, R>) -> Problem
where
    E: ProvideErrorMetadata,
{
    let taken = Directory::taken;
    match error.code() {
        Some("UserNotFoundException") => Problem::NotFound("user"),
        Some("UsernameExistsException") => taken("userName", "another user has this name"),
        Some("AliasExistsException") => taken("email", "another user has this address"),
        Some("LimitExceededException" | "CodeDeliveryFailureException") => Problem::InvitationUnsent,
        Some("TooManyRequestsException" | "InternalErrorException") | None => {
            tracing::error!("Cognito: {}", error.code().unwrap_or("no answer"));
            Problem::Unavailable
        }
        Some(code) => {
            tracing::error!("Cognito: {code}");
            Problem::Internal
        }
    }
}
