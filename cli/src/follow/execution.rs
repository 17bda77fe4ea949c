//! An execution that is followed: what its history says, event by event as it
//! comes.

use super::Progress;
use crate::clients::Deployment;
use crate::error::Result;
use crate::output::Mark;
use tenantry_operations::timeline::{Job, Step, job, step};

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
        let events = deployment.executions.history(&self.arn, true).await?;
        let new = events.iter().filter(|event| event.id > self.last);
        let Some(last) = new.clone().next_back() else { return Ok(None) };
        for step in new.filter_map(step) {
            let (mark, text) = line(step);
            progress.say(mark, &text);
        }
        self.last = last.id;
        Ok(Some(News { job: job(&events) }))
    }
}

fn line(step: Step) -> (Mark, String) {
    match step {
        Step::Entered(state) => (Mark::Step, format!("state {state}")),
        Step::Left(state) => (Mark::Note, format!("state {state} done")),
        Step::TaskFailed(error) => (Mark::Bad, error),
        Step::Succeeded => (Mark::Good, "execution succeeded".to_owned()),
        Step::Stopped => (Mark::Bad, "execution stopped".to_owned()),
        Step::TimedOut => (Mark::Bad, "execution timed out".to_owned()),
        Step::Failed => (Mark::Bad, "execution failed".to_owned()),
    }
}
