//! Invoking one of the control plane's functions, as only an operator does.

use crate::call::{CallError, failed};
use aws_sdk_lambda::primitives::Blob;
use serde_json::Value;

/// The functions of one deployment.
#[derive(Clone, Debug)]
pub struct Functions {
    client: aws_sdk_lambda::Client,
    stack: String,
}

/// What a function answered.
#[derive(Clone, Debug)]
pub enum Invoked {
    /// Its result.
    Done(Value),
    /// Its error.
    Failed {
        /// By a stable name.
        name: String,
        /// In words.
        message: String,
    },
}

impl Functions {
    /// Those of the deployment called `stack`, with which their names begin.
    #[must_use]
    pub fn new(client: aws_sdk_lambda::Client, stack: impl Into<String>) -> Self {
        Self { client, stack: stack.into() }
    }

    /// The deployment's name.
    #[must_use]
    pub fn stack(&self) -> &str {
        &self.stack
    }

    /// Invokes the function called `function` and waits for its answer.
    ///
    /// # Errors
    ///
    /// [`CallError`] when Lambda does not invoke it.
    pub async fn invoke(&self, function: &str, payload: &Value) -> Result<Invoked, CallError> {
        let name = format!("{}-{function}", self.stack);
        let call = self.client.invoke().function_name(&name).payload(Blob::new(payload.to_string()));
        let answer = call.send().await.map_err(failed(&format!("cannot invoke the function {name}")))?;
        let body = answer.payload.map(Blob::into_inner).unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if answer.function_error.is_none() {
            return Ok(Invoked::Done(body));
        }
        let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Invoked::Failed { name: text("errorType"), message: text("errorMessage") })
    }
}
