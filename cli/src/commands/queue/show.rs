//! `tenantry queue show`.

use crate::commands::tenant::moment;
use crate::error::Result;
use crate::output::Output;
use crate::source::{Source, none};

pub(super) async fn run(id: &str, source: &Source, output: &Output) -> Result {
    let messages = source.dead_letters(usize::MAX, output).await?;
    let message = messages.iter().find(|message| message.is_called(id)).ok_or_else(|| none(id))?;
    let fields = vec![
        ("Id", message.id.clone()),
        ("Received", moment(message.sent_at)),
        ("Function", message.function.clone()),
        ("Event", message.about.clone()),
        ("Tenant", message.tenant_id.clone().unwrap_or_else(|| "-".to_owned())),
        ("Attempts", message.attempts.to_string()),
        ("Code", message.code.clone()),
        ("Reason", message.reason.clone()),
    ];
    match &message.payload {
        Some(payload) => {
            output.document(message, fields, ("Payload", &serde_json::to_string_pretty(payload)?))
        }
        None => output.record(message, fields),
    }
}
