//! `tenantry queue redrive`.

use super::DeadLetters;
use super::letter::Letter;
use crate::clients::Deployment;
use crate::error::{CliError, Result};
use crate::invoke::{Invoked, invoke};
use crate::output::{Mark, Output};
use serde_json::{Value, json};
use tenantry_events::envelope::REDRIVE;

pub(super) async fn run(ids: &[String], all: bool, deployment: &Deployment, output: &Output) -> Result {
    let queue = DeadLetters::open(deployment).await?;
    let letters = queue.take(usize::MAX).await?;
    let (chosen, others): (Vec<Letter>, Vec<Letter>) =
        letters.into_iter().partition(|letter| all || ids.iter().any(|id| letter.is(id)));
    queue.give_back(&others).await?;
    if let Some(id) = ids.iter().find(|id| !chosen.iter().any(|letter| letter.is(id))) {
        queue.give_back(&chosen).await?;
        return Err(CliError::NotFound(format!(
            "there is no letter {id} in sight; `tenantry queue list` has them"
        )));
    }
    let mut failed = Vec::new();
    for letter in &chosen {
        let short: String = letter.id.chars().take(8).collect();
        match hand_over(letter, deployment).await? {
            Invoked::Done(_) => {
                queue.remove(letter).await?;
                output.say(Mark::Good, &format!("{short} {} handled by {}", letter.about, letter.function));
            }
            Invoked::Failed { name, message } => {
                output.say(Mark::Bad, &format!("{short} {} failed again ({name}): {message}", letter.about));
                failed.push(letter.clone());
            }
        }
    }
    queue.give_back(&failed).await?;
    let done = chosen.len() - failed.len();
    let answer =
        json!({ "redriven": done, "failed": failed.iter().map(|letter| &letter.id).collect::<Vec<_>>() });
    output.record(&answer, vec![("Redriven", done.to_string()), ("Failed", failed.len().to_string())])?;
    match failed.len() {
        0 => Ok(()),
        some => Err(CliError::Failed(format!("{some} could not be handled; they are in the queue again"))),
    }
}

/// To the function that could not handle it, marked as delivered again: what
/// was decided on before stays as it is.
async fn hand_over(letter: &Letter, deployment: &Deployment) -> Result<Invoked> {
    let Some(payload) = &letter.payload else {
        return invoke(deployment, "sweeper", &json!({})).await;
    };
    let mut payload = payload.clone();
    if let Some(event) = payload.as_object_mut().filter(|event| event.contains_key("detail-type")) {
        event.insert("replay-name".to_owned(), Value::from(REDRIVE));
    }
    let prefix = format!("{}-", deployment.stack);
    let function = letter.function.strip_prefix(&prefix).unwrap_or(&letter.function);
    invoke(deployment, function, &payload).await
}
