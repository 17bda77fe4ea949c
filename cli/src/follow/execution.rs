//! What an execution has done: from its history, event by event as it comes,
//! or as a whole.
//!
//! Tolerant of histories without `TaskSubmitted` and with resources as whole
//! ARNs, which the local cloud gives.

use super::Progress;
use crate::clients::Deployment;
use crate::error::{Result, aws};
use crate::output::Mark;
use aws_sdk_sfn::operation::get_execution_history::GetExecutionHistoryError;
use aws_sdk_sfn::primitives::DateTime;
use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType as Type};
use serde::Serialize;
use serde_json::Value;
use tenantry_events::text::shorten;
use tenantry_operations::pages::Pages;

/// An execution that is followed.
#[derive(Debug)]
pub(super) struct ExecutionWatch {
    arn: String,
    last: i64,
}

/// Something worth a second look happened.
pub(super) struct News {
    /// The state that waits for a build now, with the build's id if it is known.
    pub(super) job: Option<Job>,
}

/// A state that waits for a build.
#[derive(Clone, Debug)]
pub(super) struct Job {
    /// When the state was entered, in milliseconds since 1970.
    pub(super) since: i64,
    /// The build, where the history names it.
    pub(super) build: Option<String>,
}

impl ExecutionWatch {
    pub(super) fn new(arn: &str) -> Self {
        Self { arn: arn.to_owned(), last: 0 }
    }

    /// Says what is new; `None` if nothing is.
    pub(super) async fn look(
        &mut self,
        deployment: &Deployment,
        progress: &Progress<'_>,
    ) -> Result<Option<News>> {
        let events = history(deployment, &self.arn).await?;
        let new: Vec<&HistoryEvent> = events.iter().filter(|event| event.id > self.last).collect();
        let Some(last) = new.last() else { return Ok(None) };
        self.last = last.id;
        for event in &new {
            if let Some((mark, text)) = line(event) {
                progress.say(mark, &text);
            }
        }
        Ok(Some(News { job: job(&events) }))
    }
}

/// The whole history; nothing if the execution has not begun yet.
pub(crate) async fn history(deployment: &Deployment, arn: &str) -> Result<Vec<HistoryEvent>> {
    let (mut events, mut next) = (Vec::new(), None);
    let mut pages = Pages::of("events of the execution");
    loop {
        let call = deployment.states.get_execution_history().execution_arn(arn).max_results(1_000);
        let answer = match call.set_next_token(next).send().await {
            Ok(answer) => answer,
            Err(error)
                if matches!(
                    error.as_service_error(),
                    Some(GetExecutionHistoryError::ExecutionDoesNotExist(_))
                ) =>
            {
                return Ok(Vec::new());
            }
            Err(error) => return Err(aws("the execution's history cannot be read")(error)),
        };
        next = pages.next(answer.events.len(), answer.next_token)?;
        events.extend(answer.events);
        if next.is_none() {
            return Ok(events);
        }
    }
}

/// One state, from its entry to its exit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StateRun {
    /// The state's name.
    pub(crate) state: String,
    /// When it was entered, in milliseconds since 1970.
    pub(crate) entered: i64,
    /// When it was left; `None` while it runs, or if the execution ended in it.
    pub(crate) exited: Option<i64>,
    /// How often its task was tried.
    pub(crate) attempts: u32,
    /// The last error in it, `<name>: <cause>`.
    pub(crate) error: Option<String>,
}

/// The states of an execution, in the order in which they were entered.
pub(crate) fn timeline(events: &[HistoryEvent]) -> Vec<StateRun> {
    let mut runs: Vec<StateRun> = Vec::new();
    for event in events {
        if let Some(entered) = &event.state_entered_event_details {
            runs.push(StateRun {
                state: entered.name.clone(),
                entered: millis(event.timestamp),
                exited: None,
                attempts: 0,
                error: None,
            });
        }
        let Some(run) = runs.last_mut() else { continue };
        match event.r#type {
            Type::TaskScheduled | Type::LambdaFunctionScheduled => run.attempts += 1,
            _ if event.state_exited_event_details.is_some() => run.exited = Some(millis(event.timestamp)),
            _ => run.error = error(event).or(run.error.take()),
        }
    }
    runs
}

/// The state that waits for a build, if the execution is in one.
fn job(events: &[HistoryEvent]) -> Option<Job> {
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
    Some(Job { since: since.first().map_or(0, |event| millis(event.timestamp)), build })
}

/// What an event tells a person, if anything.
fn line(event: &HistoryEvent) -> Option<(Mark, String)> {
    if let Some(entered) = &event.state_entered_event_details {
        return Some((Mark::Step, format!("state {}", entered.name)));
    }
    if let Some(exited) = &event.state_exited_event_details {
        return Some((Mark::Note, format!("state {} done", exited.name)));
    }
    match event.r#type {
        Type::ExecutionSucceeded => Some((Mark::Good, "execution succeeded".to_owned())),
        Type::ExecutionAborted => Some((Mark::Bad, "execution stopped".to_owned())),
        Type::ExecutionTimedOut => Some((Mark::Bad, "execution timed out".to_owned())),
        Type::ExecutionFailed => Some((Mark::Bad, "execution failed".to_owned())),
        _ => error(event).map(|error| (Mark::Bad, error)),
    }
}

fn error(event: &HistoryEvent) -> Option<String> {
    let text = |name: Option<&str>, cause: Option<&str>| {
        let cause = cause.unwrap_or_default();
        // A failed build's cause is the whole build as JSON; its own log says more.
        let cause = if cause.starts_with('{') { String::new() } else { shorten(cause, 300) };
        let name = name.unwrap_or("failed");
        Some(if cause.is_empty() { name.to_owned() } else { format!("{name}: {cause}") })
    };
    if let Some(failed) = &event.task_failed_event_details {
        return text(failed.error.as_deref(), failed.cause.as_deref());
    }
    if let Some(failed) = &event.task_start_failed_event_details {
        return text(failed.error.as_deref(), failed.cause.as_deref());
    }
    if let Some(failed) = &event.task_submit_failed_event_details {
        return text(failed.error.as_deref(), failed.cause.as_deref());
    }
    let timed_out = event.task_timed_out_event_details.as_ref()?;
    text(timed_out.error.as_deref().or(Some("States.Timeout")), timed_out.cause.as_deref())
}

/// A moment of the SDK in milliseconds since 1970.
pub(crate) fn millis(at: DateTime) -> i64 {
    at.to_millis().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sfn::types::{
        StateEnteredEventDetails, StateExitedEventDetails, TaskFailedEventDetails, TaskScheduledEventDetails,
    };

    fn event(id: i64, kind: Type) -> aws_sdk_sfn::types::builders::HistoryEventBuilder {
        HistoryEvent::builder().id(id).timestamp(DateTime::from_millis(id * 1_000)).r#type(kind)
    }

    fn entered(id: i64, name: &str) -> Option<HistoryEvent> {
        let details = StateEnteredEventDetails::builder().name(name).build().ok()?;
        event(id, Type::TaskStateEntered).state_entered_event_details(details).build().ok()
    }

    fn scheduled(id: i64) -> Option<HistoryEvent> {
        let details =
            TaskScheduledEventDetails::builder().resource_type("codebuild").resource("startBuild.sync");
        let details = details.region("us-east-1").parameters("{}").build().ok()?;
        event(id, Type::TaskScheduled).task_scheduled_event_details(details).build().ok()
    }

    #[test]
    fn a_state_that_was_tried_twice_is_one_row_with_its_error() {
        let failed = TaskFailedEventDetails::builder().error("CodeBuild.ThrottlingException").cause("slow");
        let failed = failed.resource_type("codebuild").resource("startBuild.sync").build();
        let failed = failed
            .ok()
            .and_then(|failed| event(3, Type::TaskFailed).task_failed_event_details(failed).build().ok());
        let exited = StateExitedEventDetails::builder().name("Deploy").build().ok().and_then(|exited| {
            event(9, Type::TaskStateExited).state_exited_event_details(exited).build().ok()
        });
        let events = [entered(1, "Deploy"), scheduled(2), failed, scheduled(4), exited];
        let events: Vec<HistoryEvent> = events.into_iter().flatten().collect();
        assert_eq!(events.len(), 5);
        assert_eq!(
            timeline(&events),
            [StateRun {
                state: "Deploy".to_owned(),
                entered: 1_000,
                exited: Some(9_000),
                attempts: 2,
                error: Some("CodeBuild.ThrottlingException: slow".to_owned()),
            }]
        );
    }

    #[test]
    fn a_build_is_waited_for_only_in_the_state_that_started_it() {
        let in_build: Vec<HistoryEvent> =
            [entered(1, "Deploy"), scheduled(2)].into_iter().flatten().collect();
        assert_eq!(job(&in_build).map(|job| job.since), Some(1_000));
        let after: Vec<HistoryEvent> = in_build.into_iter().chain(entered(3, "Record")).collect();
        assert!(job(&after).is_none());
    }
}
