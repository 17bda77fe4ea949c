//! `tenantry queue list`.

use super::DeadLetters;
use super::letter::Letter;
use crate::clients::Deployment;
use crate::commands::tenant::moment;
use crate::error::Result;
use crate::output::{Mark, Output};

pub(super) async fn run(limit: usize, deployment: &Deployment, output: &Output) -> Result {
    let queue = DeadLetters::open(deployment).await?;
    let letters = queue.take(limit).await?;
    queue.give_back(&letters).await?;
    let rows = letters.iter().map(row).collect();
    output.data(&letters, &["letter", "came", "function", "about", "tenant", "tries", "why"], rows)?;
    if letters.is_empty() {
        output.say(Mark::Good, "nothing: everything could be handled");
    }
    Ok(())
}

fn row(letter: &Letter) -> Vec<String> {
    vec![
        letter.id.chars().take(8).collect(),
        moment(letter.sent_at),
        letter.function.clone(),
        letter.about.clone(),
        letter.tenant_id.clone().unwrap_or_default(),
        letter.attempts.to_string(),
        tenantry_events::text::shorten(&format!("{}: {}", letter.code, letter.reason), 120),
    ]
}
