//! Calling one of the control plane's functions, for what only an operator does.

use crate::clients::Deployment;
use crate::error::{Result, aws};
use aws_sdk_lambda::primitives::Blob;
use serde_json::Value;

/// What a function answered.
#[derive(Clone, Debug)]
pub(crate) enum Invoked {
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

/// Calls the function called `function` and waits for its answer.
pub(crate) async fn invoke(deployment: &Deployment, function: &str, payload: &Value) -> Result<Invoked> {
    let name = format!("{}-{function}", deployment.stack);
    let call = deployment.functions.invoke().function_name(&name).payload(Blob::new(payload.to_string()));
    let answer = call.send().await.map_err(aws(&format!("cannot invoke the function {name}")))?;
    let body = answer.payload.map(Blob::into_inner).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if answer.function_error.is_none() {
        return Ok(Invoked::Done(body));
    }
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Invoked::Failed { name: text("errorType"), message: text("errorMessage") })
}
