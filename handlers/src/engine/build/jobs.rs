//! The builds that an execution started: what became of them, once nobody
//! waits for them any more.
//!
//! Step Functions cancels what an ended execution waited for "on a best-effort
//! basis" ("Run a job", AWS Step Functions Developer Guide), so a build may go
//! on after its execution. What follows must not meet it at the same stack.

use super::executions::{describe, for_now};
use super::payload::Payload;
use super::report as build;
use crate::engine::EngineError;
use aws_sdk_codebuild::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_codebuild::types::Build;
use aws_sdk_sfn::operation::get_execution_history::GetExecutionHistoryError;
use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType as Type};
use lambda_runtime::tracing;
use serde_json::Value;
use tenantry_registry::build_status::BuildStatus;

/// How many events of a history are read: more than an execution of ours has.
const EVENTS: i32 = 1_000;
/// How many builds CodeBuild describes at once.
const BUILDS: usize = 100;

/// Where executions and builds are asked after.
#[derive(Clone, Debug)]
pub struct Builds {
    /// Step Functions, whose histories name the builds.
    pub states: aws_sdk_sfn::Client,
    /// CodeBuild.
    pub client: aws_sdk_codebuild::Client,
}

/// A build that an execution started.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Job {
    /// Its id, `<project>:<uuid>`.
    pub id: String,
    /// Where its log can be read.
    pub logs_url: Option<String>,
    /// What became of it; `None` where CodeBuild does not say, or not in a word
    /// that it has had so far.
    pub status: Option<BuildStatus>,
    /// What it says of its failure.
    pub reason: Option<String>,
}

impl Job {
    /// Whether it did what it was for.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status == Some(BuildStatus::Succeeded)
    }

    /// Whether it has still to end.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.status == Some(BuildStatus::InProgress)
    }

    /// What became of it, as the end of a sentence that begins with "its build".
    #[must_use]
    pub fn became(&self) -> String {
        match (self.status, &self.reason) {
            (Some(BuildStatus::InProgress), _) => {
                "was still at work, and is stopped before anything follows".to_owned()
            }
            (Some(status), Some(reason)) => format!("is {}: {reason}", status.as_str()),
            (Some(status), None) => status.words().to_owned(),
            (None, Some(reason)) => format!("said: {reason}"),
            (None, None) => "has no status that is known".to_owned(),
        }
    }
}

/// What an execution's history says of it.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The builds that it started, the latest first.
    pub jobs: Vec<Job>,
    /// Whether it was stopped while it waited for CodeBuild to take its first
    /// build: then nothing was built.
    pub untouched: bool,
    /// The outcome that it called `record-outcome` with last, whatever came of
    /// the call.
    pub told: Option<Payload>,
}

impl Builds {
    /// What the execution's history says; nothing if Step Functions knows of no
    /// such execution: a machine is deleted only when all its executions have
    /// ended ("DeleteStateMachine", API Reference).
    ///
    /// # Errors
    ///
    /// [`EngineError`] when Step Functions or CodeBuild does not answer.
    pub async fn trace(&self, execution_arn: &str) -> Result<Trace, EngineError> {
        let call = self.states.get_execution_history().execution_arn(execution_arn);
        let answer = match call.reverse_order(true).max_results(EVENTS).send().await {
            Ok(answer) => answer,
            Err(error) => match error.as_service_error() {
                Some(GetExecutionHistoryError::ExecutionDoesNotExist(_)) => return Ok(Trace::default()),
                _ => return Err(for_now(&error)),
            },
        };
        let untouched = is_untouched(&answer.events);
        let mut scheduled =
            answer.events.iter().filter_map(|event| event.task_scheduled_event_details.as_ref());
        let told = scheduled.find_map(|task| told(&task.parameters));
        let submitted = answer.events.into_iter().filter_map(|event| event.task_submitted_event_details);
        let mut ids: Vec<String> = submitted.filter_map(|task| build_id(task.output.as_deref()?)).collect();
        // A start that was repeated under its token is the same build.
        ids.dedup();
        ids.truncate(BUILDS);
        if ids.is_empty() {
            return Ok(Trace { jobs: Vec::new(), untouched, told });
        }
        let found = self.client.batch_get_builds().set_ids(Some(ids.clone())).send().await;
        let found = found.map_err(|error| unavailable(&error))?.builds.unwrap_or_default();
        Ok(Trace { jobs: in_order(&ids, found), untouched, told })
    }

    /// Stops those of `jobs` that run.
    ///
    /// # Errors
    ///
    /// [`EngineError`] when one may still run.
    pub async fn stop(&self, jobs: &[Job]) -> Result<(), EngineError> {
        for job in jobs.iter().filter(|job| job.runs()) {
            let stopped = self.client.stop_build().id(&job.id).send().await;
            stopped.map_err(|error| unavailable(&error))?;
            tracing::warn!(build = job.id, "a build went on after its execution, and was stopped");
        }
        Ok(())
    }
}

/// The builds in the order of `ids`: CodeBuild gives them in any.
fn in_order(ids: &[String], found: Vec<Build>) -> Vec<Job> {
    let mut jobs: Vec<Job> = found.into_iter().filter_map(job).collect();
    jobs.sort_by_key(|job| ids.iter().position(|id| *id == job.id));
    jobs
}

fn job(found: Build) -> Option<Job> {
    let exported = found.exported_environment_variables.unwrap_or_default().into_iter();
    let mut reasons = exported.filter(|variable| variable.name.as_deref() == Some(build::REASON));
    Some(Job {
        id: found.id?,
        logs_url: found.logs.and_then(|logs| logs.deep_link),
        status: found.build_status.and_then(|status| BuildStatus::read(status.as_str())),
        reason: reasons.find_map(|variable| variable.value).filter(|reason| !reason.trim().is_empty()),
    })
}

/// The build in what a task that runs one was answered when it was submitted.
fn build_id(output: &str) -> Option<String> {
    let output: Value = serde_json::from_str(output).ok()?;
    build::Build::read(&output).id
}

/// Whether an execution, of which `events` are the latest first, was stopped
/// between two attempts to start a build, none of which succeeded. The end must
/// be there, and right before it a refusal: a history is complete only up to what
/// it shows, and a start may be under way.
fn is_untouched(events: &[HistoryEvent]) -> bool {
    let kinds: Vec<_> = events.iter().map(|event| &event.r#type).collect();
    matches!(kinds[..], [Type::ExecutionAborted, Type::TaskFailed, ..])
        && !kinds.iter().any(|kind| matches!(kind, Type::TaskSubmitted | Type::TaskSucceeded))
}

/// The outcome in what a function was called with, if it is `record-outcome`.
///
/// Source: "TaskScheduledEventDetails", AWS Step Functions API Reference.
fn told(parameters: &str) -> Option<Payload> {
    let parameters: Value = serde_json::from_str(parameters).ok()?;
    serde_json::from_value(parameters.get("Payload")?.clone()).ok()
}

fn unavailable<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> EngineError {
    EngineError::Builds(describe(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    use aws_sdk_codebuild::types::{ExportedEnvironmentVariable, StatusType};
    use serde_json::json;

    fn build(id: &str, status: StatusType, exported: &[(&str, &str)]) -> Build {
        let variable = |(name, value): &(&str, &str)| {
            ExportedEnvironmentVariable::builder().name(*name).value(*value).build()
        };
        let variables = exported.iter().map(variable).collect();
        Build::builder()
            .id(id)
            .build_status(status)
            .set_exported_environment_variables(Some(variables))
            .build()
    }

    #[test]
    fn builds_are_in_the_order_in_which_they_were_asked_for() {
        let ids = ["p:3", "p:2", "p:1"].map(str::to_owned);
        let found = ["p:2", "p:1", "p:3"].map(|id| build(id, StatusType::Failed, &[])).to_vec();
        let order: Vec<_> = in_order(&ids, found).into_iter().map(|job| job.id).collect();
        assert_eq!(order, ids);
    }

    #[test]
    fn only_a_build_that_is_in_progress_runs() {
        for name in StatusType::values() {
            let runs = job(build("p:1", StatusType::from(*name), &[])).map(|job| job.runs());
            assert_eq!(runs, Some(*name == "IN_PROGRESS"));
        }
    }

    #[test]
    fn every_status_of_codebuild_has_words() {
        for name in StatusType::values() {
            let said = |exported: &[(&str, &str)]| {
                job(build("p:1", StatusType::from(*name), exported)).map(|job| job.became())
            };
            let (bare, with_reason) = (said(&[]), said(&[("FAILURE_REASON", "the name is too long")]));
            assert!(BuildStatus::read(name).is_some(), "{name} has words");
            assert!(bare.is_some_and(|words| !words.is_empty()));
            let kept = with_reason.is_some_and(|words| words.contains("the name is too long"));
            assert_eq!(kept, *name != "IN_PROGRESS");
        }
        let unknown = job(build("p:1", StatusType::from("LOST"), &[])).map(|job| job.became());
        assert_eq!(unknown.as_deref(), Some("has no status that is known"));
    }

    #[test]
    fn a_builds_reason_is_what_it_exported_as_one() {
        let reason = |exported: &[(&str, &str)]| {
            job(build("p:1", StatusType::Failed, exported)).and_then(|job| job.reason)
        };
        let exported = [("API_URL", "https://api"), ("FAILURE_REASON", "the name is too long")];
        assert_eq!(reason(&exported).as_deref(), Some("the name is too long"));
        assert_eq!(reason(&exported[..1]), None);
        assert_eq!(reason(&[("FAILURE_REASON", " ")]), None);
    }

    /// Only between two refusals is it certain that nothing was built.
    #[test]
    fn what_was_stopped_between_two_refusals_has_built_nothing() {
        use Type::{ExecutionAborted, TaskFailed, TaskScheduled, TaskStarted, TaskSubmitted, TaskSucceeded};
        let is = |kinds: &[Type]| {
            let event = |kind: &Type| {
                let event = HistoryEvent::builder().r#type(kind.clone()).id(1);
                event.timestamp(aws_sdk_sfn::primitives::DateTime::from_secs(0)).build()
            };
            is_untouched(&kinds.iter().map(event).collect::<Result<Vec<_>, _>>().unwrap())
        };
        assert!(is(&[ExecutionAborted, TaskFailed, TaskScheduled]));
        assert!(is(&[ExecutionAborted, TaskFailed, TaskStarted, TaskScheduled, TaskFailed]));
        for other in [
            &[ExecutionAborted, TaskScheduled, TaskFailed][..],
            &[ExecutionAborted, TaskStarted, TaskScheduled, TaskFailed],
            &[TaskFailed, TaskScheduled],
            &[ExecutionAborted],
            &[],
            &[ExecutionAborted, TaskFailed, TaskSubmitted, TaskScheduled],
            &[ExecutionAborted, TaskFailed, TaskScheduled, TaskSucceeded],
        ] {
            assert!(!is(other), "{other:?}");
        }
    }

    /// Only a call of `record-outcome` tells an outcome.
    #[test]
    fn a_call_that_records_tells_the_outcome() {
        let payload = |outcome: &str| {
            let id = "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11";
            let payload = json!({"outcome": outcome, "tenantId": id, "operationId": "1-1", "build": {}});
            json!({"FunctionName": "f", "Payload": payload}).to_string()
        };
        assert!(matches!(told(&payload("succeeded")), Some(Payload::Succeeded { .. })));
        for other in [payload("invited"), r#"{"ProjectName": "p"}"#.to_owned(), "cut o".to_owned()] {
            assert!(told(&other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_task_that_was_submitted_names_its_build() {
        assert_eq!(build_id(r#"{"Build": {"Id": "p:1", "Arn": "a"}}"#).as_deref(), Some("p:1"));
        assert_eq!(build_id(r#"{"ExecutionArn": "e"}"#), None);
        assert_eq!(build_id("cut o"), None);
    }
}
