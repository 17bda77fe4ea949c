//! Cognito: the users of the tenants' pools, which are gone with their stacks.
//!
//! Source: "AdminCreateUser", Amazon Cognito User Pools API Reference.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tenantry_events::ids::TenantId;

/// The users of every pool, by the pool and their address; a pool is called as its
/// tenant.
#[derive(Debug, Default)]
pub(super) struct Users(BTreeMap<(String, String), Value>);

impl Users {
    /// What the service answers to an operation about one user.
    pub(super) fn call(&mut self, operation: &str, request: &Value) -> (u16, Value) {
        let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
        let key = (text("UserPoolId"), text("Username").trim_start_matches("user ").to_owned());
        let answer = |attributes: &Value| json!({ "Username": format!("user {}", key.1), "Attributes": attributes, "Enabled": true });
        let (known, resend) = (self.0.contains_key(&key), request["MessageAction"] == "RESEND");
        match operation {
            "AdminCreateUser" if known && !resend => super::cloud::error("UsernameExistsException"),
            "AdminCreateUser" if resend && !known => super::cloud::error("UserNotFoundException"),
            "AdminCreateUser" => {
                let attributes =
                    self.0.entry(key.clone()).or_insert_with(|| request["UserAttributes"].clone());
                (200, json!({ "User": answer(attributes) }))
            }
            "AdminDeleteUser" if self.0.remove(&key).is_some() => (200, json!({})),
            "AdminGetUser" if known => {
                let mut user = answer(&self.0[&key]);
                user["UserAttributes"] = user["Attributes"].take();
                (200, user)
            }
            _ => super::cloud::error("UserNotFoundException"),
        }
    }

    /// The tenant's pool is gone.
    pub(super) fn gone(&mut self, tenant: TenantId) {
        self.0.retain(|(pool, _), _| *pool != tenant.to_string());
    }

    /// Who is in each pool, by address.
    pub(super) fn by_tenant(&self) -> BTreeMap<TenantId, BTreeSet<String>> {
        let mut found: BTreeMap<TenantId, BTreeSet<String>> = BTreeMap::new();
        for (pool, email) in self.0.keys() {
            found.entry(pool.parse().expect("a tenant")).or_default().insert(email.clone());
        }
        found
    }
}
