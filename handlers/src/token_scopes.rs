//! `token-scopes`: which scopes a person's access token gets: those of the
//! person's highest group.
//!
//! Cognito calls it before it issues a token (a pre token generation trigger,
//! version 2). Who signs in with a password gets all scopes of the group; who
//! signs in through the authorization endpoint gets those that were asked for,
//! and of these none that the group has not.
//!
//! Source: "Pre token generation Lambda trigger", Amazon Cognito Developer
//! Guide.

use crate::api::access::{Group, Scope, ScopeNames};
use crate::shared::fault::Fault;
use serde_json::{Value, json};
use std::convert::Infallible;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// How scopes are called in tokens.
    pub scopes: ScopeNames,
}

/// The function does not fail.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(transparent)]
pub struct TokenScopesError(Infallible);

impl Fault for TokenScopesError {
    fn name(&self) -> &'static str {
        match self.0 {}
    }

    fn is_retryable(&self) -> bool {
        match self.0 {}
    }
}

/// The event as it came, with the scopes of the token in its response.
///
/// # Errors
///
/// None.
pub fn handle(deps: &Deps, mut event: Value) -> Result<Value, TokenScopesError> {
    let texts = |pointer: &str| -> Vec<String> {
        let list = event.pointer(pointer).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let groups = texts("/request/groupConfiguration/groupsToOverride");
    let group = groups.iter().filter_map(|name| Group::of_name(name)).max();
    let asked = texts("/request/scopes");
    let (own, others): (Vec<Scope>, Vec<Scope>) =
        Scope::ALL.into_iter().partition(|scope| group.is_some_and(|group| scope.least_group() <= group));
    let names = |scopes: Vec<Scope>| -> Vec<&str> { scopes.into_iter().map(|s| deps.scopes.of(s)).collect() };
    // Who signs in without the authorization endpoint cannot ask for scopes.
    let asks = asked.iter().any(|scope| scope == "openid" || is_ours(deps, scope));
    let add = if asks { Vec::new() } else { names(own) };
    let scopes = json!({ "scopesToAdd": add, "scopesToSuppress": names(others) });
    event["response"] = json!({ "claimsAndScopeOverrideDetails": { "accessTokenGeneration": scopes } });
    Ok(event)
}

fn is_ours(deps: &Deps, scope: &str) -> bool {
    Scope::ALL.into_iter().any(|ours| deps.scopes.of(ours) == scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(groups: &[&str], asked: &[&str]) -> (Vec<String>, Vec<String>) {
        let deps = Deps { scopes: ScopeNames::default() };
        let request = json!({ "groupConfiguration": { "groupsToOverride": groups }, "scopes": asked });
        let answer = handle(&deps, json!({ "version": "2", "request": request, "response": {} })).unwrap();
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
