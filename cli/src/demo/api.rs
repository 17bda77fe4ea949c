//! Calls of a tenant's own HTTP API.

use super::wrong;
use crate::error::{CliError, Result};
use serde_json::Value;
use std::time::Duration;

/// A tenant's API, with a token.
#[derive(Clone, Debug)]
pub(super) struct Api {
    url: String,
    token: String,
}

/// What it answers.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Api {
    /// The API at `url`. Its host name is one of the local cloud's at
    /// `endpoint`, which name servers do not know: its first label is the
    /// API's id, by which the local cloud takes the call at its own address.
    pub(super) fn new(endpoint: &str, url: &str, token: &str) -> Self {
        let host = url.split("://").nth(1).unwrap_or(url);
        let id = host.split('.').next().unwrap_or_default();
        Self { url: format!("{endpoint}/_aws/execute-api/{id}/$default"), token: token.to_owned() }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Answer> {
        self.call(path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.call(path, Some(body.to_string())).await
    }

    async fn call(&self, path: &str, body: Option<String>) -> Result<Answer> {
        let (url, authorization) = (format!("{}{path}", self.url), format!("Bearer {}", self.token));
        let failed =
            |error: ureq::Error| CliError::Failed(format!("the tenant's API does not answer: {error}"));
        let ask = move || {
            let config = ureq::Agent::config_builder()
                .timeout_global(Some(Duration::from_secs(15)))
                .http_status_as_error(false);
            let agent = config.build().new_agent();
            let mut answer = match body {
                None => agent.get(&url).header("authorization", &authorization).call(),
                Some(body) => {
                    let call = agent.post(&url).header("authorization", &authorization);
                    call.header("content-type", "application/json").send(&body)
                }
            }
            .map_err(failed)?;
            let text = answer.body_mut().read_to_string().map_err(failed)?;
            let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
            Ok(Answer { status: answer.status().as_u16(), body })
        };
        tokio::task::spawn_blocking(ask).await.map_err(|error| wrong(error.to_string()))?
    }
}
