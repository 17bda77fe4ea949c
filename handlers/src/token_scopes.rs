//! `token-scopes`: which scopes a person's access token gets: those of the
//! person's highest group. An administrator without an authenticator gets none,
//! where the deployment asks for one: with such a token one can enrol it, and
//! nothing else.
//!
//! Cognito calls it before it issues a token (a pre token generation trigger,
//! version 2), also each time when one is renewed. Who signs in with a password
//! gets all scopes of the group; who signs in through the authorization endpoint
//! gets those that were asked for, and of these none that the group has not.
//!
//! Source: "Pre token generation Lambda trigger", Amazon Cognito Developer
//! Guide.

use crate::api::access::{Group, Scope, ScopeNames};
use crate::shared::fault::Fault;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata;
use serde_json::{Value, json};

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// How scopes are called in tokens.
    pub scopes: ScopeNames,
    /// Cognito, which knows who has an authenticator.
    pub users: Client,
    /// Whether an administrator must have one.
    pub admins_need_mfa: bool,
}

/// Why no token is issued: rather none than one with more, or with less, than
/// its owner has.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TokenScopesError {
    /// Cognito does not say whether the user has an authenticator.
    #[error("the user pool does not answer ({0})")]
    UserPool(String),
    /// The event names no user.
    #[error("the event must name its `userPoolId` and `userName`")]
    NoUser,
}

impl Fault for TokenScopesError {
    fn name(&self) -> &'static str {
        match self {
            Self::UserPool(_) => "UserPoolUnavailable",
            Self::NoUser => "InvalidPayload",
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::UserPool(_) => true,
            Self::NoUser => false,
        }
    }
}

/// The event as it came, with the scopes of the token in its response.
///
/// # Errors
///
/// [`TokenScopesError`]; then Cognito issues no token, and the person signs in
/// again.
pub async fn handle(deps: &Deps, event: Value) -> Result<Value, TokenScopesError> {
    let group = texts(&event, "/request/groupConfiguration/groupsToOverride");
    let group = group.iter().filter_map(|name| Group::of_name(name)).max();
    let group = match group {
        Some(Group::Admins) if deps.admins_need_mfa && !has_authenticator(deps, &event).await? => None,
        group => group,
    };
    Ok(answer(deps, group, event))
}

/// Whether Cognito asks the user for an authenticator's code at each sign-in.
///
/// Source: "AdminGetUser" (`UserMFASettingList`), Amazon Cognito User Pools API
/// Reference.
async fn has_authenticator(deps: &Deps, event: &Value) -> Result<bool, TokenScopesError> {
    let text = |name: &str| event.get(name).and_then(Value::as_str).ok_or(TokenScopesError::NoUser);
    let get = deps.users.admin_get_user().user_pool_id(text("userPoolId")?).username(text("userName")?);
    let user = get.send().await;
    let user =
        user.map_err(|error| TokenScopesError::UserPool(error.code().unwrap_or("no answer").to_owned()))?;
    Ok(!user.user_mfa_setting_list().is_empty())
}

fn answer(deps: &Deps, group: Option<Group>, mut event: Value) -> Value {
    let asked = texts(&event, "/request/scopes");
    let (own, others): (Vec<Scope>, Vec<Scope>) =
        Scope::ALL.into_iter().partition(|scope| group.is_some_and(|group| scope.least_group() <= group));
    let names = |scopes: Vec<Scope>| -> Vec<&str> { scopes.into_iter().map(|s| deps.scopes.of(s)).collect() };
    // Who signs in without the authorization endpoint cannot ask for scopes.
    let asks = asked.iter().any(|scope| scope == "openid" || is_ours(deps, scope));
    let add = if asks { Vec::new() } else { names(own) };
    let scopes = json!({ "scopesToAdd": add, "scopesToSuppress": names(others) });
    event["response"] = json!({ "claimsAndScopeOverrideDetails": { "accessTokenGeneration": scopes } });
    event
}

fn texts(event: &Value, pointer: &str) -> Vec<String> {
    let list = event.pointer(pointer).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn is_ours(deps: &Deps, scope: &str) -> bool {
    Scope::ALL.into_iter().any(|ours| deps.scopes.of(ours) == scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(groups: &[&str], asked: &[&str]) -> (Vec<String>, Vec<String>) {
        let config = aws_sdk_cognitoidentityprovider::Config::builder();
        let config =
            config.behavior_version(aws_sdk_cognitoidentityprovider::config::BehaviorVersion::latest());
        let users = Client::from_conf(config.build());
        let deps = Deps { scopes: ScopeNames::default(), users, admins_need_mfa: false };
        let group = groups.iter().filter_map(|name| Group::of_name(name)).max();
        let request = json!({ "groupConfiguration": { "groupsToOverride": groups }, "scopes": asked });
        let answer = answer(&deps, group, json!({ "version": "2", "request": request, "response": {} }));
        assert_eq!(answer["version"], "2");
        let at = "/response/claimsAndScopeOverrideDetails/accessTokenGeneration";
        let list = |name: &str| serde_json::from_value(answer.pointer(at).unwrap()[name].clone()).unwrap();
        (list("scopesToAdd"), list("scopesToSuppress"))
    }

    const SIGN_IN: &str = "aws.cognito.signin.user.admin";

    #[test]
    fn a_viewer_gets_what_reads_and_never_what_writes() {
        let (added, suppressed) = scopes(&["viewers"], &[SIGN_IN]);
        assert_eq!(added, ["tenant/tenant_read", "operation/operation_read"]);
        assert_eq!(suppressed.len(), 4);
    }

    #[test]
    fn who_asks_for_scopes_gets_no_others_and_none_beyond_the_group() {
        let (added, suppressed) =
            scopes(&["operators"], &["openid", "tenant/tenant_write", "user/user_write"]);
        assert!(added.is_empty());
        assert_eq!(suppressed, ["user/user_read", "user/user_write"]);
    }

    #[test]
    fn who_is_in_no_group_gets_nothing() {
        let (added, suppressed) = scopes(&["strangers"], &[SIGN_IN]);
        assert!(added.is_empty());
        assert_eq!(suppressed.len(), Scope::ALL.len());
    }
}
