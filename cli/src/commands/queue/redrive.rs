//! `tenantry queue redrive`.

use crate::error::{CliError, Result};
use crate::output::Output;
use crate::source::Source;
use serde_json::json;

pub(super) async fn run(ids: &[String], all: bool, source: &Source, output: &Output) -> Result {
    let redriven = source.redrive(ids, all, output).await?;
    let (done, failed) = (redriven.done, redriven.failed.len());
    let answer = json!({ "redriven": done, "failed": redriven.failed });
    output.record(&answer, vec![("Redriven", done.to_string()), ("Failed", failed.to_string())])?;
    match failed {
        0 => Ok(()),
        some => Err(CliError::Failed(format!("{some} failed again and stay in the queue"))),
    }
}
