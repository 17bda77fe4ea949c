//! `tenantry queue list`.

use crate::commands::tenant::moment;
use crate::error::Result;
use crate::output::{Mark, Output};
use crate::source::{Source, short};
use tenantry_operations::dead_letter::DeadLetter;

pub(super) async fn run(limit: usize, source: &Source, output: &Output) -> Result {
    let messages = source.dead_letters(limit, output).await?;
    let rows = messages.iter().map(row).collect();
    output.data(&messages, &["id", "received", "function", "event", "tenant", "attempts", "reason"], rows)?;
    if messages.is_empty() {
        output.say(Mark::Good, "no dead-letter messages");
    }
    Ok(())
}

fn row(message: &DeadLetter) -> Vec<String> {
    vec![
        short(&message.id),
        moment(message.sent_at),
        message.function.clone(),
        message.about.clone(),
        message.tenant_id.clone().unwrap_or_default(),
        message.attempts.to_string(),
        tenantry_events::text::shorten(&format!("{}: {}", message.code, message.reason), 120),
    ]
}
