//! Who may do what: scopes, groups, and the caller whose token API Gateway has
//! verified. Pure.
//!
//! A route requires a scope; API Gateway refuses a token without it, and so
//! does the function, should a route ever be left without its scopes. A person
//! must be in a group that has the scope besides. A machine (client
//! credentials) has no group: its client has the scopes that it is allowed.

use super::problem::Problem;
use super::token::Claims;
use std::collections::{BTreeMap, BTreeSet};

/// What a route requires of a token.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Scope {
    /// Look at tenants, registrations and tiers.
    TenantRead,
    /// Ask for a tenant to be onboarded, changed, suspended, offboarded, ….
    TenantWrite,
    /// Look at executions and dead-letter messages.
    OperationRead,
    /// Redrive and discard dead-letter messages.
    OperationWrite,
    /// Look at the control plane's own users.
    UserRead,
    /// Create, change and delete them.
    UserWrite,
}

/// A group of the control plane's users. Each may do what those before it may.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Group {
    /// Look, and change nothing.
    Viewers,
    /// Look after tenants and operations.
    Operators,
    /// And after the users.
    Admins,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] = [
        Self::TenantRead,
        Self::TenantWrite,
        Self::OperationRead,
        Self::OperationWrite,
        Self::UserRead,
        Self::UserWrite,
    ];

    /// Its name in the settings and in the template's parameters.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::TenantRead => "TenantRead",
            Self::TenantWrite => "TenantWrite",
            Self::OperationRead => "OperationRead",
            Self::OperationWrite => "OperationWrite",
            Self::UserRead => "UserRead",
            Self::UserWrite => "UserWrite",
        }
    }

    /// The name that a token has it by, unless the deployment names another:
    /// SBT's, where SBT has it (`cognito-auth.ts`).
    #[must_use]
    pub const fn default_name(self) -> &'static str {
        match self {
            Self::TenantRead => "tenant/tenant_read",
            Self::TenantWrite => "tenant/tenant_write",
            Self::OperationRead => "operation/operation_read",
            Self::OperationWrite => "operation/operation_write",
            Self::UserRead => "user/user_read",
            Self::UserWrite => "user/user_write",
        }
    }

    /// The least of the groups that have it.
    #[must_use]
    pub const fn least_group(self) -> Group {
        match self {
            Self::TenantRead | Self::OperationRead => Group::Viewers,
            Self::TenantWrite | Self::OperationWrite => Group::Operators,
            Self::UserRead | Self::UserWrite => Group::Admins,
        }
    }

    /// Whether a machine may have it: publishers ask for tenants, and that is
    /// all they do.
    #[must_use]
    pub const fn is_for_machines(self) -> bool {
        matches!(self, Self::TenantRead | Self::TenantWrite)
    }
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 3] = [Self::Viewers, Self::Operators, Self::Admins];

    /// Its name in the identity provider.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewers => "viewers",
            Self::Operators => "operators",
            Self::Admins => "admins",
        }
    }

    /// The group of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == name)
    }

    /// The scopes of its members.
    pub fn scopes(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| scope.least_group() <= self)
    }
}

/// The names that the scopes have in this deployment's tokens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ScopeNames(BTreeMap<Scope, String>);

/// The names of scopes that cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be a JSON object with a name for each of TenantRead, TenantWrite, OperationRead, …")]
pub struct NotScopeNames;

impl Default for ScopeNames {
    fn default() -> Self {
        Self(Scope::ALL.into_iter().map(|scope| (scope, scope.default_name().to_owned())).collect())
    }
}

impl ScopeNames {
    /// The names in `text`, a JSON object by [`Scope::key`].
    ///
    /// # Errors
    ///
    /// [`NotScopeNames`] when one is missing or empty.
    pub fn read(text: &str) -> Result<Self, NotScopeNames> {
        let names: BTreeMap<String, String> = serde_json::from_str(text).map_err(|_| NotScopeNames)?;
        let named = |scope: Scope| {
            let name = names.get(scope.key()).filter(|name| !name.is_empty()).ok_or(NotScopeNames)?;
            Ok((scope, name.clone()))
        };
        Ok(Self(Scope::ALL.into_iter().map(named).collect::<Result<_, _>>()?))
    }

    /// The name of `scope`.
    #[must_use]
    pub fn of(&self, scope: Scope) -> &str {
        self.0.get(&scope).map_or(scope.default_name(), String::as_str)
    }
}

/// Who calls, as a verified token says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// The token's subject: never an address or a name.
    pub id: String,
    /// What the user pool calls the person; the subject in the tokens of others.
    pub name: String,
    /// Whether it is a person or a machine.
    pub kind: Kind,
    /// The scopes of the token.
    pub scopes: BTreeSet<String>,
}

/// What a caller is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A person, with the highest of their groups.
    Person(Option<Group>),
    /// A client that has a token for itself.
    Machine,
}

impl Caller {
    /// The caller whose token has `claims`; their groups are in `groups_claim`.
    /// `None` if the claims name nobody, or are those of a token that is for
    /// something else: Cognito says in `token_use` what each of its tokens is for,
    /// and an ID token tells an application who signed in.
    ///
    /// Source: "Understanding the access token", Amazon Cognito Developer Guide.
    #[must_use]
    pub fn of_claims(claims: &Claims, groups_claim: &str) -> Option<Self> {
        let id = claims.text("sub")?;
        if claims.text("token_use").is_some_and(|used| used != "access") {
            return None;
        }
        let scopes = claims.scopes("scope").into_iter().chain(claims.scopes("scp")).map(str::to_owned);
        // In a token that a client has for itself, it is its own subject (RFC 9068, section 2.2).
        let client = claims.text("client_id").or_else(|| claims.text("azp"));
        let kind = match client {
            Some(client) if client == id => Kind::Machine,
            _ => Kind::Person(claims.names(groups_claim).into_iter().filter_map(Group::of_name).max()),
        };
        let name = claims.text("username").unwrap_or(id).to_owned();
        Some(Self { id: id.to_owned(), name, kind, scopes: scopes.collect() })
    }
}

/// Whether `caller` may use a route that requires `scope`; a public route
/// requires none.
///
/// # Errors
///
/// [`Problem::Unauthenticated`], [`Problem::MissingScope`] and
/// [`Problem::NotAllowed`].
pub fn authorize(scope: Option<Scope>, caller: Option<&Caller>, names: &ScopeNames) -> Result<(), Problem> {
    let Some(scope) = scope else { return Ok(()) };
    let caller = caller.ok_or(Problem::Unauthenticated)?;
    let name = names.of(scope);
    if !caller.scopes.contains(name) {
        return Err(Problem::MissingScope(name.to_owned()));
    }
    let allowed = match caller.kind {
        Kind::Person(group) => group.is_some_and(|group| group >= scope.least_group()),
        Kind::Machine => scope.is_for_machines(),
    };
    if allowed { Ok(()) } else { Err(Problem::NotAllowed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn caller(claims: &Value) -> Option<Caller> {
        Caller::of_claims(&Claims::of(claims), "cognito:groups")
    }

    #[test]
    fn a_person_needs_the_scope_and_a_group_that_has_it() {
        let names = ScopeNames::default();
        let person = |groups: &[&str], scope: &str| {
            caller(&json!({ "sub": "u", "client_id": "c", "cognito:groups": groups, "scope": scope }))
        };
        let write = Some(Scope::TenantWrite);
        let may = |caller: Option<Caller>| authorize(write, caller.as_ref(), &names);
        assert_eq!(may(person(&["viewers", "operators"], "openid tenant/tenant_write")), Ok(()));
        assert_eq!(may(person(&["viewers"], "tenant/tenant_write")), Err(Problem::NotAllowed));
        assert_eq!(may(person(&[], "tenant/tenant_write")), Err(Problem::NotAllowed));
        let missing = Err(Problem::MissingScope("tenant/tenant_write".to_owned()));
        assert_eq!(may(person(&["admins"], "tenant/tenant_read")), missing);
        assert_eq!(may(None), Err(Problem::Unauthenticated));
    }

    #[test]
    fn a_machine_asks_for_tenants_and_nothing_else() {
        let names = ScopeNames::default();
        for scope in Scope::ALL {
            let machine = caller(&json!({ "sub": "m", "client_id": "m", "scope": scope.default_name() }));
            assert_eq!(authorize(Some(scope), machine.as_ref(), &names).is_ok(), scope.is_for_machines());
        }
    }

    #[test]
    fn a_token_that_names_nobody_is_nobodys() {
        assert_eq!(caller(&json!({ "scope": "tenant/tenant_read" })), None);
    }

    #[test]
    fn a_token_that_is_for_something_else_is_nobodys() {
        for (used, is_taken) in [("access", true), ("id", false), ("refresh", false), ("Access", false)] {
            assert_eq!(caller(&json!({ "sub": "u", "token_use": used })).is_some(), is_taken, "{used}");
        }
    }

    #[test]
    fn every_scope_has_a_name_or_none_is_taken() {
        assert_eq!(ScopeNames::read("{}"), Err(NotScopeNames));
        assert_eq!(ScopeNames::read("no json"), Err(NotScopeNames));
    }
}
