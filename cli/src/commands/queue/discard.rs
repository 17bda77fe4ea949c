//! `tenantry queue discard`.

use crate::error::{CliError, Result};
use crate::output::Output;
use crate::source::Source;
use serde_json::json;
use tenantry_events::text::{Reason, TextError};

pub(super) async fn run(ids: &[String], reason: &str, source: &Source, output: &Output) -> Result {
    let reason: Reason =
        reason.parse().map_err(|error: TextError| CliError::Invalid(format!("--reason {error}")))?;
    let discarded = source.discard(ids, &reason, output).await?;
    output.record(&json!({ "discarded": discarded }), vec![("Discarded", discarded.to_string())])
}
