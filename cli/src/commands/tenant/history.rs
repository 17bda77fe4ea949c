//! `tenantry tenant history`.

use super::{moment, tenant_id};
use crate::error::{CliError, Result};
use crate::output::{Output, elapsed};
use crate::source::Source;
use tenantry_registry::store::Activity;

pub(super) async fn run(id: &str, source: &Source, output: &Output) -> Result {
    let id = tenant_id(id)?;
    // Also of a tenant that never came to be: refused requests have a history.
    let timeline = source.timeline(id).await?;
    if timeline.is_empty() {
        return Err(CliError::NotFound(format!("nothing is known of tenant {id}")));
    }
    let rows = timeline.iter().map(row).collect();
    output.data(&timeline, &["time", "what", "verdict", "event", "by", "reason"], rows)
}

fn row(activity: &Activity) -> Vec<String> {
    let at = moment(activity.at());
    match activity {
        Activity::Audit(entry) => vec![
            at,
            entry.origin.action.clone(),
            entry.verdict.to_string(),
            entry.origin.event_id.to_string(),
            entry.origin.actor.clone(),
            match &entry.origin.why {
                Some(why) => format!("{} (requested because: {why})", entry.reason),
                None => entry.reason.clone(),
            },
        ],
        Activity::Operation(operation) => {
            let took = operation.ended_at.and_then(|ended| (ended - operation.started_at).to_std().ok());
            let took = took.map_or_else(String::new, |took| format!("took {}", elapsed(took)));
            let reason = operation.failure.as_ref().map_or(took, |failure| failure.reason.clone());
            let build = operation.build_id.clone().unwrap_or_default();
            vec![
                at,
                format!("{} {}", operation.kind, operation.id),
                operation.state.to_string(),
                String::new(),
                build,
                reason,
            ]
        }
    }
}
