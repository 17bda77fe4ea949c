//! The states of an execution, from Step Functions' history.
//!
//! Tolerant of histories without `TaskSubmitted` and with resources as whole
//! ARNs, which the local cloud gives.

use aws_sdk_sfn::primitives::DateTime as Moment;
use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType as Type};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use tenantry_events::ids::timestamp;
use tenantry_events::text::shorten;

/// The most characters of an error's cause.
const CAUSE_MAX: usize = 300;

/// One state, from its entry to its exit.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StateRun {
    /// The state's name.
    pub state: String,
    /// When it was entered.
    #[serde(serialize_with = "moment")]
    #[schemars(with = "DateTime<Utc>")]
    pub entered_at: DateTime<Utc>,
    /// When it was left; absent while it runs, or if the execution ended in it.
    #[serde(default, serialize_with = "maybe_moment", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<DateTime<Utc>>")]
    pub exited_at: Option<DateTime<Utc>>,
    /// How long it took, once it was left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<i64>,
    /// How often its task was tried.
    pub attempts: u32,
    /// The last error in it: `<name>: <cause>`, or the name alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What an event of a history says of the execution.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// A state was entered.
    Entered(String),
    /// A state was left.
    Left(String),
    /// A task failed, so.
    TaskFailed(String),
    /// The execution succeeded.
    Succeeded,
    /// The execution was stopped.
    Stopped,
    /// The execution took too long.
    TimedOut,
    /// The execution failed.
    Failed,
}

/// A state that waits for a build.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Job {
    /// When the state was entered.
    pub since: DateTime<Utc>,
    /// The build's id, where the history names it.
    pub build: Option<String>,
}

/// The states of an execution, in the order in which they were entered.
#[must_use]
pub fn timeline(events: &[HistoryEvent]) -> Vec<StateRun> {
    let mut runs: Vec<StateRun> = Vec::new();
    for event in events {
        let at = at(event.timestamp);
        if let Some(entered) = &event.state_entered_event_details {
            runs.push(StateRun {
                state: entered.name.clone(),
                entered_at: at,
                exited_at: None,
                milliseconds: None,
                attempts: 0,
                error: None,
            });
        }
        let Some(run) = runs.last_mut() else { continue };
        if matches!(event.r#type, Type::TaskScheduled | Type::LambdaFunctionScheduled) {
            run.attempts += 1;
        } else if event.state_exited_event_details.is_some() {
            run.exited_at = Some(at);
            run.milliseconds = Some((at - run.entered_at).num_milliseconds());
        } else {
            run.error = error(event).or(run.error.take());
        }
    }
    runs
}

/// What an event says of the execution; `None` for one that says nothing of it.
#[must_use]
pub fn step(event: &HistoryEvent) -> Option<Step> {
    if let Some(entered) = &event.state_entered_event_details {
        return Some(Step::Entered(entered.name.clone()));
    }
    if let Some(exited) = &event.state_exited_event_details {
        return Some(Step::Left(exited.name.clone()));
    }
    match event.r#type {
        Type::ExecutionSucceeded => Some(Step::Succeeded),
        Type::ExecutionAborted => Some(Step::Stopped),
        Type::ExecutionTimedOut => Some(Step::TimedOut),
        Type::ExecutionFailed => Some(Step::Failed),
        _ => error(event).map(Step::TaskFailed),
    }
}

/// The state that waits for a build, if the execution is in one. The build's id
/// is in histories that have the execution's data.
#[must_use]
pub fn job(events: &[HistoryEvent]) -> Option<Job> {
    let is_build = |resource: &str| resource.contains("codebuild") || resource.contains("startBuild");
    let entered = events.iter().rposition(|event| event.state_entered_event_details.is_some())?;
    let since = &events[entered..];
    let scheduled = since.iter().filter_map(|event| event.task_scheduled_event_details.as_ref());
    let mut resources = scheduled.map(|task| format!("{}:{}", task.resource_type, task.resource));
    if !resources.any(|resource| is_build(&resource)) {
        return None;
    }
    let output = |event: &HistoryEvent| event.task_submitted_event_details.as_ref()?.output.clone();
    let build = since.iter().rev().find_map(output).and_then(|output| {
        let output: Value = serde_json::from_str(&output).ok()?;
        output.pointer("/Build/Id").and_then(Value::as_str).map(str::to_owned)
    });
    Some(Job { since: at(events[entered].timestamp), build })
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
    Some(if cause.is_empty() { name.to_owned() } else { format!("{name}: {}", shorten(cause, CAUSE_MAX)) })
}

/// A moment of the SDK.
pub(crate) fn at(moment: Moment) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(moment.to_millis().unwrap_or_default()).unwrap_or_default()
}

/// As Tenantry writes moments everywhere.
pub(crate) fn moment<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&timestamp(*at))
}

pub(crate) fn maybe_moment<S: Serializer>(
    at: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    at.map(timestamp).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sfn::types::builders::HistoryEventBuilder;
    use aws_sdk_sfn::types::{
        StateEnteredEventDetails, StateExitedEventDetails, TaskFailedEventDetails, TaskScheduledEventDetails,
        TaskSubmittedEventDetails,
    };

    fn event(id: i64, kind: Type) -> HistoryEventBuilder {
        HistoryEvent::builder().id(id).timestamp(Moment::from_millis(id * 1_000)).r#type(kind)
    }

    fn entered(id: i64, name: &str) -> HistoryEvent {
        let details = StateEnteredEventDetails::builder().name(name).build().unwrap();
        event(id, Type::TaskStateEntered).state_entered_event_details(details).build().unwrap()
    }

    fn exited(id: i64, name: &str) -> HistoryEvent {
        let details = StateExitedEventDetails::builder().name(name).build().unwrap();
        event(id, Type::TaskStateExited).state_exited_event_details(details).build().unwrap()
    }

    fn scheduled(id: i64) -> HistoryEvent {
        let details =
            TaskScheduledEventDetails::builder().resource_type("codebuild").resource("startBuild.sync");
        let details = details.region("us-east-1").parameters("{}").build().unwrap();
        event(id, Type::TaskScheduled).task_scheduled_event_details(details).build().unwrap()
    }

    fn failed(id: i64, cause: &str) -> HistoryEvent {
        let failed = TaskFailedEventDetails::builder().error("CodeBuild.ThrottlingException").cause(cause);
        let failed = failed.resource_type("codebuild").resource("startBuild.sync").build().unwrap();
        event(id, Type::TaskFailed).task_failed_event_details(failed).build().unwrap()
    }

    fn moment(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// A state that was tried twice is one row, with its error and its length; it
    /// reads back as it was written, in moments of one length.
    #[test]
    fn a_state_that_was_tried_twice_is_one_row_with_its_error() {
        let events =
            [entered(1, "Deploy"), scheduled(2), failed(3, "slow"), scheduled(4), exited(9, "Deploy")];
        let runs = timeline(&events);
        let expected = StateRun {
            state: "Deploy".to_owned(),
            entered_at: moment(1),
            exited_at: Some(moment(9)),
            milliseconds: Some(8_000),
            attempts: 2,
            error: Some("CodeBuild.ThrottlingException: slow".to_owned()),
        };
        assert_eq!(runs, [expected]);
        let written = serde_json::to_value(&runs).unwrap();
        assert_eq!(written[0]["enteredAt"], "1970-01-01T00:00:01.000Z");
        assert_eq!(serde_json::from_value::<Vec<StateRun>>(written).unwrap(), runs);
    }

    /// A failed build's cause is the build itself as JSON, which is left out.
    #[test]
    fn a_cause_is_in_words_or_not_there() {
        assert_eq!(
            step(&failed(1, "slow")),
            Some(Step::TaskFailed("CodeBuild.ThrottlingException: slow".into()))
        );
        assert_eq!(
            step(&failed(1, "{\"Build\"")),
            Some(Step::TaskFailed("CodeBuild.ThrottlingException".into()))
        );
        assert_eq!(step(&entered(1, "Deploy")), Some(Step::Entered("Deploy".into())));
        assert_eq!(step(&exited(1, "Deploy")), Some(Step::Left("Deploy".into())));
        assert_eq!(step(&scheduled(1)), None);
    }

    /// A build is waited for only in the state that started it, and is named as
    /// soon as the history names it.
    #[test]
    fn a_build_is_waited_for_only_in_the_state_that_started_it() {
        let mut events = vec![entered(1, "Deploy"), scheduled(2)];
        assert_eq!(job(&events), Some(Job { since: moment(1), build: None }));
        let details =
            TaskSubmittedEventDetails::builder().resource_type("codebuild").resource("startBuild.sync");
        let details = details.output(r#"{"Build": {"Id": "b-1"}}"#).build().unwrap();
        events.push(event(3, Type::TaskSubmitted).task_submitted_event_details(details).build().unwrap());
        assert_eq!(job(&events).and_then(|job| job.build).as_deref(), Some("b-1"));
        events.push(entered(4, "Record"));
        assert_eq!(job(&events), None);
    }
}
