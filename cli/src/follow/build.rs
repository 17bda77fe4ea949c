//! The build that a state waits for: its phases and its log, as they come.

use super::Progress;
use crate::clients::Deployment;
use crate::error::{Result, aws};
use crate::output::{Mark, elapsed};
use aws_sdk_cloudwatchlogs::operation::get_log_events::{GetLogEventsError, GetLogEventsOutput};
use aws_sdk_codebuild::types::{Build, BuildPhase, SortOrderType, StatusType};
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use std::time::Duration;
use tenantry_events::ids::{OperationId, TenantId};
use tenantry_operations::executions::BUILDS;
use tenantry_operations::pages::Pages;
use tenantry_operations::timeline::Job;
use tenantry_registry::build_status::BuildStatus;

/// A build that is followed.
#[derive(Debug)]
pub(super) struct BuildWatch {
    tenant: TenantId,
    operation: OperationId,
    job: Job,
    id: Option<String>,
    phases: HashSet<String>,
    log_token: Option<String>,
}

impl BuildWatch {
    pub(super) fn new(tenant: TenantId, operation: OperationId, job: Job) -> Self {
        let id = job.build.clone();
        Self { tenant, operation, job, id, phases: HashSet::new(), log_token: None }
    }

    /// Whether this is the build that `job` waits for.
    pub(super) fn is_for(&self, job: &Job) -> bool {
        self.job.since == job.since
    }

    /// Says what is new.
    pub(super) async fn look(&mut self, deployment: &Deployment, progress: &Progress<'_>) -> Result {
        let build = match &self.id {
            Some(id) => get(deployment, vec![id.clone()]).await?.pop(),
            None => find(deployment, self.tenant, self.operation, self.job.since).await?,
        };
        let Some(build) = build else { return Ok(()) };
        if self.id.is_none() {
            self.id.clone_from(&build.id);
        }
        if self.phases.insert("found".to_owned()) {
            progress.say(Mark::Note, &format!("build {}", build.id.as_deref().unwrap_or_default()));
        }
        self.say_phases(&build, progress);
        self.say_log(deployment, &build, progress).await
    }

    /// Phases that went well since the last look are one line.
    fn say_phases(&mut self, build: &Build, progress: &Progress<'_>) {
        let mut done = Vec::new();
        for phase in build.phases.as_deref().unwrap_or_default() {
            let (Some(kind), Some(status)) = (&phase.phase_type, &phase.phase_status) else { continue };
            if !self.phases.insert(kind.as_str().to_owned()) {
                continue;
            }
            if *status == StatusType::Succeeded {
                let seconds = phase.duration_in_seconds.and_then(|seconds| u64::try_from(seconds).ok());
                let took = seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs);
                let took = took.map_or_else(String::new, |took| format!(" ({})", elapsed(took)));
                done.push(format!("{}{took}", kind.as_str()));
            } else {
                progress.say(Mark::Bad, &format!("build phase {}", complaint(phase)));
            }
        }
        if !done.is_empty() {
            progress.say(Mark::Note, &format!("build {} done", done.join(", ")));
        }
    }

    async fn say_log(&mut self, deployment: &Deployment, build: &Build, progress: &Progress<'_>) -> Result {
        let Some(answer) = read_log(deployment, build, true, None, self.log_token.clone()).await? else {
            return Ok(());
        };
        for line in lines(&answer) {
            progress.aside(&tenantry_events::text::shorten(&line, 200));
        }
        self.log_token = answer.next_forward_token;
        Ok(())
    }
}

/// What a phase that did not succeed says: CodeBuild's own message, or what its
/// status means.
fn complaint(phase: &BuildPhase) -> String {
    let name = phase.phase_type.as_ref().map_or("", |kind| kind.as_str());
    let status = phase.phase_status.as_ref().map_or("", StatusType::as_str);
    let message = phase.contexts.as_deref().unwrap_or_default().iter().find_map(|one| one.message.clone());
    match (message.filter(|message| !message.trim().is_empty()), BuildStatus::read(status)) {
        (Some(message), _) => format!("{name} {status}: {}", tenantry_events::text::shorten(&message, 200)),
        (None, Some(known)) => known.words_of_phase(name),
        (None, None) => format!("{name} {status}"),
    }
}

/// The build that works, or worked last, for an operation: the one called `id`
/// where that is known.
pub(crate) async fn build_of(
    deployment: &Deployment,
    tenant: TenantId,
    operation: OperationId,
    since: DateTime<Utc>,
    id: Option<String>,
) -> Result<Option<Build>> {
    match id {
        Some(id) => Ok(get(deployment, vec![id]).await?.pop()),
        None => find(deployment, tenant, operation, since).await,
    }
}

/// The last lines of a build's log, at most `count` events of it.
pub(crate) async fn build_log(deployment: &Deployment, build: &Build, count: i32) -> Result<Vec<String>> {
    let answer = read_log(deployment, build, false, Some(count), None).await?;
    Ok(answer.map(|answer| lines(&answer)).unwrap_or_default())
}

/// All builds of an operation that began at `since`, oldest first.
pub(crate) async fn builds_of(
    deployment: &Deployment,
    tenant: TenantId,
    operation: OperationId,
    since: DateTime<Utc>,
) -> Result<Vec<Build>> {
    let mut found = Vec::new();
    for kind in BUILDS {
        let builds = newest(deployment, kind).await?.into_iter();
        found.extend(builds.filter(|build| is_of(build, tenant, operation, since)));
    }
    found.sort_by_key(|build| build.start_time);
    Ok(found)
}

/// All lines of a build's log.
pub(crate) async fn whole_log(deployment: &Deployment, build: &Build) -> Result<Vec<String>> {
    let (mut all, mut token) = (Vec::new(), None);
    let mut pages = Pages::of("lines of the build's log");
    while let Some(answer) = read_log(deployment, build, true, None, token.clone()).await? {
        let lines = lines(&answer);
        let count = lines.len();
        all.extend(lines);
        // At the end, the token stays the same (GetLogEvents).
        if answer.next_forward_token.is_none() || answer.next_forward_token == token {
            break;
        }
        token = pages.next(count, answer.next_forward_token)?;
    }
    Ok(all)
}

/// The newest build of an operation that began after `since`, for histories
/// that do not name it.
async fn find(
    deployment: &Deployment,
    tenant: TenantId,
    operation: OperationId,
    since: DateTime<Utc>,
) -> Result<Option<Build>> {
    for kind in BUILDS {
        let builds = newest(deployment, kind).await?;
        if let Some(build) = builds.into_iter().find(|build| is_of(build, tenant, operation, since)) {
            return Ok(Some(build));
        }
    }
    Ok(None)
}

/// The newest builds of a kind, at most as many as one call answers (100),
/// newest first.
async fn newest(deployment: &Deployment, kind: &str) -> Result<Vec<Build>> {
    let call = deployment.builds.list_builds_for_project().project_name(deployment.project(kind));
    let answer = call.sort_order(SortOrderType::Descending).send().await;
    let ids = answer.map_err(aws("the builds cannot be listed"))?.ids.unwrap_or_default();
    if ids.is_empty() { Ok(Vec::new()) } else { get(deployment, ids.into_iter().take(100).collect()).await }
}

fn is_of(build: &Build, tenant: TenantId, operation: OperationId, since: DateTime<Utc>) -> bool {
    let variables = build.environment.as_ref().and_then(|e| e.environment_variables.as_deref());
    let has = |name: &str, value: &str| {
        variables.unwrap_or_default().iter().any(|v| v.name == name && v.value == value)
    };
    // A second of tolerance: the two services' clocks are not one.
    let recent = build
        .start_time
        .is_some_and(|at| at.to_millis().is_ok_and(|ms| ms + 1_000 >= since.timestamp_millis()));
    recent && has("TENANT_ID", &tenant.to_string()) && has("OPERATION_ID", &operation.to_string())
}

/// A part of a build's log; `None` before its first line.
async fn read_log(
    deployment: &Deployment,
    build: &Build,
    from_head: bool,
    count: Option<i32>,
    token: Option<String>,
) -> Result<Option<GetLogEventsOutput>> {
    let logs = build.logs.as_ref();
    let place = logs.and_then(|logs| Some((logs.group_name.clone()?, logs.stream_name.clone()?)));
    let Some((group, stream)) = place else { return Ok(None) };
    let call = deployment.logs.get_log_events().log_group_name(group).log_stream_name(stream);
    let call = call.start_from_head(from_head).set_limit(count).set_next_token(token);
    match call.send().await {
        Ok(answer) => Ok(Some(answer)),
        Err(error)
            if matches!(error.as_service_error(), Some(GetLogEventsError::ResourceNotFoundException(_))) =>
        {
            Ok(None)
        }
        Err(error) => Err(aws("the build's log cannot be read")(error)),
    }
}

/// What the build itself wrote: CodeBuild's frame around it says what the
/// phases say. Escape sequences are taken out: they are for another terminal.
fn lines(answer: &GetLogEventsOutput) -> Vec<String> {
    let messages = answer.events().iter().filter_map(|event| event.message.as_deref());
    let own = messages.filter(|message| !message.starts_with("[Container]"));
    let lines = own.flat_map(str::lines).filter(|line| !line.trim().is_empty());
    lines.map(|line| anstream::adapter::strip_str(line).to_string()).collect()
}

async fn get(deployment: &Deployment, ids: Vec<String>) -> Result<Vec<Build>> {
    let answer = deployment.builds.batch_get_builds().set_ids(Some(ids)).send().await;
    Ok(answer.map_err(aws("the build cannot be read"))?.builds.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_codebuild::types::{BuildPhaseType, PhaseContext};

    #[test]
    fn every_phase_that_did_not_succeed_says_what_became_of_it() {
        for status in StatusType::values() {
            let phase = BuildPhase::builder().phase_type(BuildPhaseType::Build);
            let phase = phase.phase_status(StatusType::from(*status));
            let said =
                complaint(&phase.clone().contexts(PhaseContext::builder().message(" ").build()).build());
            let words = BuildStatus::read(status).map_or("no such status", BuildStatus::words);
            assert!(said.starts_with("BUILD: ") && said.contains(words), "{said}");
            let context = PhaseContext::builder().message("exit status 1").build();
            let said = complaint(&phase.contexts(context).build());
            assert_eq!(said, format!("BUILD {status}: exit status 1"));
        }
    }
}
