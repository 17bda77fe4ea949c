//! CodeBuild's own records of the builds.

use serde_json::Value;
use std::time::Duration;
use tenantry_tests::cloud::Cloud;

/// The builds of a burst, as CodeBuild has them.
#[derive(Debug)]
pub(crate) struct Builds {
    /// When each began to run, and when it ended.
    runs: Vec<(Moment, Moment)>,
}

/// In seconds since 1970, as the AWS CLI (version 1) prints it.
type Moment = f64;

impl Builds {
    /// Those with these ids.
    pub(crate) fn of(cloud: &Cloud, ids: &[String]) -> Self {
        let mut runs = Vec::new();
        for some in ids.chunks(100) {
            let some: Vec<&str> = some.iter().map(String::as_str).collect();
            let answer = cloud.aws(&[&["codebuild", "batch-get-builds", "--ids"], &some[..]].concat());
            let answer = answer.exits(0).json();
            runs.extend(answer["builds"].as_array().expect("builds").iter().map(run));
        }
        assert_eq!(runs.len(), ids.len(), "a build is not there");
        Self { runs }
    }

    /// How long a build runs, on average, without its time in the queue.
    pub(crate) fn mean(&self) -> Duration {
        let all: f64 = self.runs.iter().map(|(from, to)| to - from).sum();
        Duration::from_secs_f64(all / self.runs.len().max(1) as f64)
    }

    /// The most that ran at once.
    pub(crate) fn peak(&self) -> usize {
        let at =
            |moment: &Moment| self.runs.iter().filter(|(from, to)| from <= moment && moment < to).count();
        self.runs.iter().map(|(from, _)| at(from)).max().unwrap_or_default()
    }
}

/// From when it left the queue until it was over.
fn run(build: &Value) -> (Moment, Moment) {
    let phases = build["phases"].as_array().expect("phases");
    let queued = phases.iter().find(|phase| phase["phaseType"] == "QUEUED").expect("it queued");
    (moment(&queued["endTime"]), moment(&build["endTime"]))
}

fn moment(value: &Value) -> Moment {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no time"))
}
