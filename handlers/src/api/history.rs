//! The states of an execution, from Step Functions' history.

use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType as Type};
use serde::Serialize;
use tenantry_events::ids::timestamp;
use tenantry_events::text::shorten;

/// One state, from its entry to its exit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StateRun {
    state: String,
    entered_at: String,
    /// Absent while it runs, or if the execution ended in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    exited_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    milliseconds: Option<i64>,
    /// How often its task was tried.
    attempts: u32,
    /// The last error in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip)]
    entered: i64,
}

/// The states of an execution, in the order in which they were entered.
pub(super) fn timeline(events: &[HistoryEvent]) -> Vec<StateRun> {
    let mut runs: Vec<StateRun> = Vec::new();
    for event in events {
        let at = event.timestamp.to_millis().unwrap_or_default();
        if let Some(entered) = &event.state_entered_event_details {
            runs.push(StateRun {
                state: entered.name.clone(),
                entered_at: moment(at),
                exited_at: None,
                milliseconds: None,
                attempts: 0,
                error: None,
                entered: at,
            });
        }
        let Some(run) = runs.last_mut() else { continue };
        if matches!(event.r#type, Type::TaskScheduled | Type::LambdaFunctionScheduled) {
            run.attempts += 1;
        } else if event.state_exited_event_details.is_some() {
            run.exited_at = Some(moment(at));
            run.milliseconds = Some(at - run.entered);
        } else {
            run.error = error(event).or(run.error.take());
        }
    }
    runs
}

fn error(event: &HistoryEvent) -> Option<String> {
    let (name, cause) = if let Some(failed) = &event.task_failed_event_details {
        (failed.error.as_deref(), failed.cause.as_deref())
    } else if let Some(failed) = &event.task_submit_failed_event_details {
        (failed.error.as_deref(), failed.cause.as_deref())
    } else if let Some(failed) = &event.task_start_failed_event_details {
        (failed.error.as_deref(), failed.cause.as_deref())
    } else {
        let timed_out = event.task_timed_out_event_details.as_ref()?;
        (timed_out.error.as_deref().or(Some("States.Timeout")), timed_out.cause.as_deref())
    };
    // A failed build's cause is the whole build as JSON; its own log says more.
    let cause = cause.filter(|cause| !cause.starts_with('{')).unwrap_or_default();
    let name = name.unwrap_or("failed");
    Some(if cause.is_empty() { name.to_owned() } else { format!("{name}: {}", shorten(cause, 300)) })
}

/// A moment in milliseconds since 1970, as Tenantry writes it everywhere.
pub(super) fn moment(millis: i64) -> String {
    timestamp(chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default())
}
