//! `tenantry sweep`.

use crate::clients::Deployment;
use crate::error::{CliError, Result};
use crate::output::{Mark, Output};
use serde_json::{Value, json};
use tenantry_operations::functions::Invoked;

pub(super) async fn run(deployment: &Deployment, output: &Output) -> Result {
    match deployment.functions.invoke("sweeper", &json!({})).await? {
        Invoked::Done(sweep) => {
            let count = |name: &str| sweep.get(name).and_then(Value::as_u64).unwrap_or_default();
            let fields = ["open", "started", "recorded", "stopped", "published", "begun"];
            let repairs: u64 = fields.iter().skip(1).map(|name| count(name)).sum();
            output.record(&sweep, fields.map(|name| (name, count(name).to_string())).to_vec())?;
            output.say(Mark::Good, &format!("{repairs} repairs"));
            Ok(())
        }
        Invoked::Failed { name, message } => {
            Err(CliError::Failed(format!("the sweep failed ({name}): {message}")))
        }
    }
}
