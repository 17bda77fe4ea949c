//! `tenantry queue list`.

use crate::commands::tenant::moment;
use crate::error::Result;
use crate::output::{Mark, Output};
use crate::source::{Source, short};
use tenantry_events::dead_letter::DeadLetter;

pub(super) async fn run(limit: usize, source: &Source, output: &Output) -> Result {
    let letters = source.letters(limit).await?;
    let rows = letters.iter().map(row).collect();
    output.data(&letters, &["letter", "came", "function", "about", "tenant", "tries", "why"], rows)?;
    if letters.is_empty() {
        output.say(Mark::Good, "nothing: everything could be handled");
    }
    Ok(())
}

fn row(letter: &DeadLetter) -> Vec<String> {
    vec![
        short(&letter.id),
        moment(letter.sent_at),
        letter.function.clone(),
        letter.about.clone(),
        letter.tenant_id.clone().unwrap_or_default(),
        letter.attempts.to_string(),
        tenantry_events::text::shorten(&format!("{}: {}", letter.code, letter.reason), 120),
    ]
}
