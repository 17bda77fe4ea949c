//! A tenant's own HTTP API, called as one of its users.

use super::Cloud;
use serde_json::{Value, json};
use std::time::Duration;

/// The API of one tenant, with a token of its user pool.
#[derive(Clone, Debug)]
pub struct TenantApi {
    agent: ureq::Agent,
    url: String,
    authorization: String,
}

impl Cloud {
    /// Creates a user in the tenant's own pool and signs in.
    #[must_use]
    pub fn sign_in(&self, tenant: &Value) -> TenantApi {
        const PASSWORD: &str = "Test-password-2026";
        let output = |name: &str| tenant["outputs"][name].as_str().expect("an output").to_owned();
        let (pool, client, user) = (output("userPoolId"), output("userPoolClientId"), "user@tenant.example");
        let of_pool = ["--user-pool-id", &pool, "--username", user];
        let create = ["cognito-idp", "admin-create-user", "--message-action", "SUPPRESS"];
        self.aws(&[&create[..], &of_pool].concat()).exits(0);
        let set = ["cognito-idp", "admin-set-user-password", "--password", PASSWORD, "--permanent"];
        self.aws(&[&set[..], &of_pool].concat()).exits(0);
        let credentials = format!("USERNAME={user},PASSWORD={PASSWORD}");
        let sign_in = ["cognito-idp", "initiate-auth", "--client-id", &client, "--auth-flow"];
        let sign_in = [&sign_in[..], &["USER_PASSWORD_AUTH", "--auth-parameters", &credentials]].concat();
        let answer = self.aws(&sign_in).exits(0).json();
        let token = answer["AuthenticationResult"]["AccessToken"].as_str().expect("a token");
        // The local cloud takes calls at its own address, under the API's id.
        let url = output("apiUrl");
        let host = url.split("://").nth(1).expect("a host");
        let id = host.split('.').next().expect("the API's id");
        let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(60)));
        TenantApi {
            agent: config.http_status_as_error(false).build().new_agent(),
            url: format!("{}/_aws/execute-api/{id}/$default", self.endpoint()),
            authorization: format!("Bearer {token}"),
        }
    }
}

impl TenantApi {
    /// The names of its products, or the status and body of the refusal.
    ///
    /// # Errors
    ///
    /// Whatever is not 200.
    pub fn products(&self) -> Result<Vec<String>, (u16, Value)> {
        let call =
            self.agent.get(format!("{}/products", self.url)).header("authorization", &self.authorization);
        let answer = read(call.call().expect("an answer"));
        let (200, body) = &answer else { return Err(answer) };
        let products = body["products"].as_array().expect("products").iter();
        Ok(products.map(|product| product["name"].as_str().expect("a name").to_owned()).collect())
    }

    /// Creates a product; the status and body of the answer.
    pub fn create(&self, name: &str) -> (u16, Value) {
        let product = json!({ "name": name, "sku": "TEST-1", "priceCents": 990 }).to_string();
        let call =
            self.agent.post(format!("{}/products", self.url)).header("authorization", &self.authorization);
        read(call.header("content-type", "application/json").send(&product).expect("an answer"))
    }
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> (u16, Value) {
    let text = answer.body_mut().read_to_string().expect("a body");
    (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
