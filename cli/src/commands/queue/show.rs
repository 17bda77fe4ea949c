//! `tenantry queue show`.

use super::DeadLetters;
use crate::clients::Deployment;
use crate::commands::tenant::moment;
use crate::error::{CliError, Result};
use crate::output::Output;

pub(super) async fn run(id: &str, deployment: &Deployment, output: &Output) -> Result {
    let queue = DeadLetters::open(deployment).await?;
    let letters = queue.take(usize::MAX).await?;
    queue.give_back(&letters).await?;
    let Some(letter) = letters.iter().find(|letter| letter.is(id)) else {
        return Err(CliError::NotFound(format!(
            "there is no letter {id} in sight; `tenantry queue list` has them"
        )));
    };
    let payload = match &letter.payload {
        Some(payload) => format!("\n{}", serde_json::to_string_pretty(payload)?),
        None => "-".to_owned(),
    };
    let fields = vec![
        ("Letter", letter.id.clone()),
        ("Came", moment(letter.sent_at)),
        ("Function", letter.function.clone()),
        ("About", letter.about.clone()),
        ("Tenant", letter.tenant_id.clone().unwrap_or_else(|| "-".to_owned())),
        ("Tries", letter.attempts.to_string()),
        ("Why", letter.code.clone()),
        ("In words", letter.reason.clone()),
        ("Event", payload),
    ];
    output.record(letter, fields)
}
