//! `tenantry queue show`.

use crate::commands::tenant::moment;
use crate::error::Result;
use crate::output::Output;
use crate::source::{Source, is, none};

pub(super) async fn run(id: &str, source: &Source, output: &Output) -> Result {
    let letters = source.letters(usize::MAX).await?;
    let letter = letters.iter().find(|letter| is(letter, id)).ok_or_else(|| none(id))?;
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
