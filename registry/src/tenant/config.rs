//! What a login page needs to know of a tenant.

use super::Tenant;
use serde_json::{Map, Value};

impl Tenant {
    /// What a login page needs: all that an application plane gave as its own
    /// `tenantConfig`, and, where that does not say it, the tenant's API and where
    /// its users sign in, by the names that SBT's applications know. Empty where
    /// there is none of it.
    #[must_use]
    pub fn login_config(&self) -> Map<String, Value> {
        let own = self.outputs.get("tenantConfig").and_then(|text| serde_json::from_str(text).ok());
        let mut config: Map<String, Value> = own.unwrap_or_default();
        let names =
            [("apiGatewayUrl", "apiUrl"), ("userPoolId", "userPoolId"), ("appClientId", "userPoolClientId")];
        for (name, output) in names {
            if let (false, Some(value)) = (config.contains_key(name), self.outputs.get(output)) {
                config.insert(name.to_owned(), Value::from(value.as_str()));
            }
        }
        config
    }

    /// The text of [`Self::login_config`] that SBT calls `tenantConfig`: an
    /// application plane's own as it gave it, whatever it is.
    #[must_use]
    pub fn tenant_config(&self) -> Option<String> {
        let own = self.outputs.get("tenantConfig").cloned();
        let config = self.login_config();
        own.or_else(|| (!config.is_empty()).then(|| Value::Object(config).to_string()))
    }
}
