//! `tenantry event tail`: a rule and a queue of its own, for as long as it
//! runs.

mod listener;

use super::event_name;
use crate::clients::Deployment;
use crate::error::{CliError, Result};
use crate::output::{Mark, Output};
use crate::until_interrupted;
pub(super) use listener::Listener;
use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_events::sources::Sources;

pub(super) async fn run(
    name: Option<String>,
    count: Option<usize>,
    deployment: &Deployment,
    output: &Output,
) -> Result {
    let name = name.as_deref().map(event_name).transpose()?;
    let types = match name {
        Some(name) => json!([deployment.sources.detail_type(name)]),
        None if deployment.sources.detail_type_prefix.is_empty() => json!(every(&deployment.sources)),
        None => json!([{ "prefix": deployment.sources.detail_type_prefix }, { "prefix": "tenantry_" }]),
    };
    // Not what a replay delivers again: that is no news.
    let pattern = json!({ "detail-type": types, "replay-name": [{ "exists": false }] });
    let listener = Listener::begin(deployment, &pattern).await?;
    output.say(Mark::Note, &format!("listening to the bus {}; Ctrl-C ends it", deployment.bus));
    let result = until_interrupted(print(&listener, count, output)).await;
    // Also after Ctrl-C: nothing of this command stays in the account.
    listener.end().await?;
    // Ctrl-C is how one stops listening.
    match result {
        Err(CliError::Interrupted) if count.is_none() => Ok(()),
        other => other,
    }
}

/// The types of all events, where they have no prefix in common.
fn every(sources: &Sources) -> Vec<String> {
    EventName::ALL.iter().map(|name| sources.detail_type(*name)).collect()
}

async fn print(listener: &Listener<'_>, count: Option<usize>, output: &Output) -> Result {
    let mut seen = 0;
    while count.is_none_or(|count| seen < count) {
        for event in listener.next().await? {
            if count.is_some_and(|count| seen >= count) {
                break;
            }
            seen += 1;
            match output.is_json() {
                true => output.json_line(&event)?,
                false => output.print(&line(&event))?,
            }
        }
    }
    Ok(())
}

/// An event in one line: when, what, about whom.
fn line(event: &Value) -> String {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    let whose = text("/detail/tenantId").or(text("/detail/tenantRegistrationId")).unwrap_or("-");
    let change = match (text("/detail/from"), text("/detail/to")) {
        (from, Some(to)) => format!("{} → {to}", from.unwrap_or("new")),
        _ => text("/detail/failure/reason").or(text("/detail/tenantName")).unwrap_or_default().to_owned(),
    };
    let change = tenantry_events::text::shorten(&change, 120);
    let (time, kind) = (text("/time").unwrap_or_default(), text("/detail-type").unwrap_or_default());
    format!("{time}  {kind:<30}  {whose:<36}  {change}").trim_end().to_owned()
}
