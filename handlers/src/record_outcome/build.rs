//! What a build tells of itself, read from whatever Step Functions passes on:
//! the Build object of `startBuild.sync`, or an error's cause that holds one.

use serde_json::Value;
use std::collections::BTreeMap;
use tenantry_events::failure::REASON_MAX;
use tenantry_events::text::shorten;

/// The variable in which a failed build exports why it failed.
pub const REASON: &str = "FAILURE_REASON";

/// A build, as far as it is known. Anything may be missing: a cause is cut at
/// 32,768 characters ("Quotas", AWS Step Functions Developer Guide), or is of a
/// task that never started a build.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Build {
    /// Its id, `<project>:<uuid>`.
    pub id: Option<String>,
    /// Where its log can be read.
    pub logs_url: Option<String>,
    /// `SUCCEEDED`, `FAILED`, `FAULT`, `TIMED_OUT`, `STOPPED` or `IN_PROGRESS`.
    pub status: Option<String>,
    /// Its exported variables.
    pub exported: BTreeMap<String, String>,
    /// What its first failed phase says.
    pub complaint: Option<String>,
}

impl Build {
    /// The build in `value`, which is a Build object or an object that has one.
    #[must_use]
    pub fn read(value: &Value) -> Self {
        let build = value.get("Build").unwrap_or(value);
        let text = |path: &str| build.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let list = |path: &str| build.pointer(path).and_then(Value::as_array).cloned().unwrap_or_default();
        let exported = list("/ExportedEnvironmentVariables").into_iter().filter_map(|variable| {
            let field = |name: &str| variable.get(name).and_then(Value::as_str).map(str::to_owned);
            Some((field("Name")?, field("Value").unwrap_or_default()))
        });
        let failed = |phase: &Value| {
            let status = phase.get("PhaseStatus").and_then(Value::as_str);
            status.is_some_and(|status| !matches!(status, "SUCCEEDED" | "IN_PROGRESS"))
        };
        // A function's error, as Lambda gives it.
        let said = text("/errorMessage");
        let complaint = list("/Phases").iter().find(|phase| failed(phase)).and_then(|phase| {
            let name = phase.get("PhaseType").and_then(Value::as_str)?;
            let message = phase.pointer("/Contexts/0/Message").and_then(Value::as_str);
            let timed_out = phase.get("PhaseStatus").and_then(Value::as_str) == Some("TIMED_OUT");
            let message = match message.filter(|message| !message.trim().is_empty()) {
                Some(message) => message,
                None if timed_out => "it took longer than the build's project allows",
                None => "no message",
            };
            Some(format!("{name}: {message}"))
        });
        Self {
            id: text("/Id"),
            logs_url: text("/Logs/DeepLink"),
            status: text("/BuildStatus"),
            exported: exported.collect(),
            complaint: complaint.or(said),
        }
    }

    /// The build in an error's cause, if it holds one.
    #[must_use]
    pub fn of_cause(cause: &str) -> Self {
        serde_json::from_str(cause).map(|value: Value| Self::read(&value)).unwrap_or_default()
    }

    /// A stable name for what went wrong, given Step Functions' own.
    #[must_use]
    pub fn failure_code(&self, error: &str) -> String {
        let code = match (self.status.as_deref(), error) {
            (Some("FAILED"), _) => "BuildFailed",
            (Some("STOPPED"), _) => "BuildStopped",
            (Some("TIMED_OUT"), _) => "BuildTimedOut",
            (Some("FAULT"), _) => "BuildFault",
            (_, "States.Timeout") => "TimedOut",
            (_, other) => other,
        };
        shorten(code, 100)
    }

    /// The state that failed, with the resource that is to blame where the
    /// build found one.
    #[must_use]
    pub fn failure_step(&self, state: &str) -> String {
        match self.given("FAILURE_STEP") {
            Some(step) => shorten(&format!("{state}: {step}"), 200),
            None => shorten(state, 200),
        }
    }

    /// The lowest layer's own words.
    #[must_use]
    pub fn failure_reason(&self, cause: &str) -> String {
        let reason = self.given(REASON).or(self.complaint.as_deref()).unwrap_or(cause);
        let reason = if reason.trim().is_empty() { "no reason was given" } else { reason };
        shorten(reason, REASON_MAX)
    }

    fn given(&self, variable: &str) -> Option<&str> {
        self.exported.get(variable).map(String::as_str).filter(|value| !value.trim().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn failed(reason: &str) -> String {
        json!({"Build": {
            "Id": "p:1",
            "BuildStatus": "FAILED",
            "Logs": {"DeepLink": "https://logs"},
            "ExportedEnvironmentVariables": [
                {"Name": "FAILURE_REASON", "Value": reason},
                {"Name": "FAILURE_STEP", "Value": "Table AWS::DynamoDB::Table"},
            ],
            "Phases": [
                {"PhaseType": "INSTALL", "PhaseStatus": "SUCCEEDED"},
                {"PhaseType": "BUILD", "PhaseStatus": "FAILED", "Contexts": [{"Message": "exit status 1"}]},
            ],
        }})
        .to_string()
    }

    #[test]
    fn the_reason_is_the_lowest_layers_own() {
        let cause = failed("Value of property X is wrong");
        let build = Build::of_cause(&cause);
        assert_eq!(build.failure_reason(&cause), "Value of property X is wrong");
        assert_eq!(build.failure_step("deploy"), "deploy: Table AWS::DynamoDB::Table");
        assert_eq!(build.failure_code("States.TaskFailed"), "BuildFailed");
        assert_eq!(build.logs_url.as_deref(), Some("https://logs"));
    }

    #[test]
    fn without_a_reason_the_failed_phase_speaks() {
        let cause = failed("");
        assert_eq!(Build::of_cause(&cause).failure_reason(&cause), "BUILD: exit status 1");
    }

    #[test]
    fn a_function_that_failed_speaks_for_itself() {
        let cause = json!({"errorType": "InvitationRefused", "errorMessage": "no"}).to_string();
        let build = Build::of_cause(&cause);
        assert_eq!(
            (build.failure_reason(&cause).as_str(), build.failure_code("InvitationRefused").as_str()),
            ("no", "InvitationRefused")
        );
    }

    #[test]
    fn a_build_whose_turn_never_came_says_so() {
        let phases = json!([
            {"PhaseType": "SUBMITTED", "PhaseStatus": "SUCCEEDED"},
            {"PhaseType": "QUEUED", "PhaseStatus": "TIMED_OUT", "Contexts": [{"Message": ""}]},
        ]);
        let cause = json!({"Build": {"BuildStatus": "TIMED_OUT", "Phases": phases}}).to_string();
        let build = Build::of_cause(&cause);
        assert_eq!(build.failure_code("States.TaskFailed"), "BuildTimedOut");
        assert_eq!(build.failure_reason(&cause), "QUEUED: it took longer than the build's project allows");
    }

    #[test]
    fn a_cause_that_is_cut_off_or_no_json_still_gives_a_reason() {
        for cause in [&failed("x")[..60], "The task timed out", ""] {
            let build = Build::of_cause(cause);
            assert!(!build.failure_reason(cause).is_empty());
            assert_eq!(build.failure_code("States.Timeout"), "TimedOut");
        }
    }
}
