//! One tenant of the demo: onboarded, used, offboarded.

use super::api::{Answer, Api};
use super::wrong;
use crate::clients::Deployment;
use crate::deploy::AwsCommand;
use crate::error::{CliError, Result};
use crate::follow::{self, Goal, Progress};
use crate::output::{Mark, Output};
use serde_json::{Value, json};
use std::time::Duration;
use tenantry_events::ids::{EventId, TenantId};
use tenantry_events::name::EventName;
use tenantry_operations::record::Record;
use uuid::Uuid;

/// How long an operation of the demo may take.
const LIMIT: Duration = Duration::from_secs(120);
/// The password of the demo's users, whose pools live as long as the demo.
const PASSWORD: &str = "Demo-password-2026";

/// Who walks one tenant through its life.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visitor<'a> {
    name: &'a str,
    deployment: &'a Deployment,
    aws: &'a AwsCommand,
    endpoint: &'a str,
    progress: Progress<'a>,
}

/// What onboarding gave.
#[derive(Clone, Debug)]
pub(super) struct Onboarded {
    pub(super) id: TenantId,
    pub(super) api_url: String,
    user_pool_id: String,
    client_id: String,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(
        name: &'a str,
        deployment: &'a Deployment,
        aws: &'a AwsCommand,
        endpoint: &'a str,
        output: &'a Output,
    ) -> Self {
        Self { name, deployment, aws, endpoint, progress: Progress::about(output, name) }
    }

    async fn publish(&self, name: EventName, event: EventId, detail: Value) -> Result {
        let detail = detail.as_object().cloned().unwrap_or_default();
        self.deployment.request(name, event, detail).await.map(|_| ())
    }

    /// Publishes an onboardingRequest and follows what becomes of it.
    pub(super) async fn onboard(&self) -> Result<Onboarded> {
        let (id, event) = (TenantId::from(Uuid::now_v7()), EventId::from(Uuid::now_v7()));
        let detail = json!({
            "tenantId": id,
            "tenantName": self.name,
            "email": self.user(),
            "tier": "platinum",
        });
        self.publish(EventName::OnboardingRequest, event, detail).await?;
        let tenant = self.settle(id, event).await?;
        let output = |name: &str| {
            let found = tenant.outputs.get(name).cloned();
            found.ok_or_else(|| wrong(format!("{} has no output `{name}`", self.name)))
        };
        Ok(Onboarded {
            id,
            api_url: output("apiUrl")?,
            user_pool_id: output("userPoolId")?,
            client_id: output("userPoolClientId")?,
        })
    }

    /// Signs in as the tenant's administrator, who was invited into the tenant's own
    /// pool, without waiting for the mail; the token.
    pub(super) async fn sign_in(&self, tenant: &Onboarded) -> Result<String> {
        let (pool, user) = (tenant.user_pool_id.as_str(), self.user());
        let set = ["cognito-idp", "admin-set-user-password", "--user-pool-id", pool, "--username", &user];
        self.aws.run(&[&set[..], &["--password", PASSWORD, "--permanent"]].concat()).await?;
        let sign_in = ["cognito-idp", "initiate-auth", "--client-id", &tenant.client_id];
        let credentials = format!("USERNAME={user},PASSWORD={PASSWORD}");
        let flow = ["--auth-flow", "USER_PASSWORD_AUTH", "--auth-parameters", &credentials];
        let answer = self.aws.json(&[&sign_in[..], &flow[..]].concat()).await?;
        let token = answer.pointer("/AuthenticationResult/AccessToken").and_then(Value::as_str);
        self.progress.say(Mark::Good, &format!("{user} signed in to the pool {pool}"));
        token.map(str::to_owned).ok_or_else(|| wrong(format!("{} got no token", self.name)))
    }

    /// Creates a product and lists it; how many there are.
    pub(super) async fn use_api(&self, tenant: &Onboarded, token: &str) -> Result<usize> {
        let api = Api::new(self.endpoint, &tenant.api_url, token);
        let product =
            json!({ "name": format!("{}'s first product", self.name), "sku": "DEMO-1", "priceCents": 990 });
        let created = api.post("/products", &product).await?;
        self.expect(&created, 201, "POST /products")?;
        let listed = api.get("/products").await?;
        self.expect(&listed, 200, "GET /products")?;
        let products =
            listed.body.get("products").and_then(Value::as_array).map(Vec::len).unwrap_or_default();
        if products != 1 {
            return Err(wrong(format!("{} has {products} products instead of 1", self.name)));
        }
        self.progress
            .say(Mark::Good, &format!("POST /products 201, GET /products 200 with {products} product"));
        Ok(products)
    }

    /// Makes sure that another tenant's token is refused; the status.
    pub(super) async fn refuses(&self, tenant: &Onboarded, other: &str) -> Result<u16> {
        let answer = Api::new(self.endpoint, &tenant.api_url, other).get("/products").await?;
        self.expect(&answer, 401, "GET /products with another tenant's token")?;
        self.progress.say(Mark::Good, "another tenant's token is refused (401)");
        Ok(answer.status)
    }

    /// Publishes an offboardingRequest, follows it, and makes sure that the
    /// stack is gone.
    pub(super) async fn offboard(&self, tenant: &Onboarded) -> Result {
        let event = EventId::from(Uuid::now_v7());
        let detail = json!({ "tenantId": tenant.id });
        self.publish(EventName::OffboardingRequest, event, detail).await?;
        self.settle(tenant.id, event).await?;
        let stack = format!("{}-tenant-{}", self.deployment.stack, tenant.id);
        match self.aws.run(&["cloudformation", "describe-stacks", "--stack-name", &stack]).await {
            Err(CliError::Failed(said)) if said.contains("does not exist") => {
                self.progress.say(Mark::Good, &format!("the stack {stack} is gone"));
                Ok(())
            }
            Err(error) => Err(error),
            Ok(_) => Err(wrong(format!("the stack {stack} is still there"))),
        }
    }

    async fn settle(&self, tenant: TenantId, event: EventId) -> Result<Record> {
        let goal = Goal { tenant, event: Some(event), limit: LIMIT };
        let tenant = follow::until_settled(self.deployment, &goal, &self.progress).await?;
        follow::verdict(&tenant)?;
        Ok(tenant)
    }

    fn user(&self) -> String {
        format!("admin@{}.example", self.name.to_lowercase())
    }

    fn expect(&self, answer: &Answer, status: u16, call: &str) -> Result {
        if answer.status == status {
            return Ok(());
        }
        Err(wrong(format!(
            "{}: {call} answered {} instead of {status}: {}",
            self.name, answer.status, answer.body
        )))
    }
}
