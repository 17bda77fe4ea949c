//! What a build tells of itself, read from whatever Step Functions passes on:
//! the Build object of `startBuild.sync`, or an error's cause that holds one.

use serde_json::Value;
use std::collections::BTreeMap;
use tenantry_events::failure::{FailureCode, REASON_MAX};
use tenantry_events::text::shorten;
use tenantry_registry::build_status::BuildStatus;

/// The variable in which a failed build exports why it failed.
pub const REASON: &str = "FAILURE_REASON";
/// The one in which it exports a name for that, where it has one of its own.
const CODE: &str = "FAILURE_CODE";
/// How long such a name may be, in characters.
const CODE_MAX: usize = 64;
/// What the value of a variable begins with that is JSON, for what has more
/// than one line (`infra/silo/silo.py` writes it).
const ENCODED: &str = "json:";

/// A build, as far as it is known. Anything may be missing: a cause is cut at
/// 32,768 characters ("Quotas", AWS Step Functions Developer Guide), or is of a
/// task that never started a build.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Build {
    /// Its id, `<project>:<uuid>`.
    pub id: Option<String>,
    /// Where its log can be read.
    pub logs_url: Option<String>,
    /// What became of it; `None` where that is not known, or no word that
    /// CodeBuild has had so far.
    pub status: Option<BuildStatus>,
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
            Some((field("Name")?, decoded(field("Value").unwrap_or_default())))
        });
        // A function's error, as Lambda gives it.
        let said = text("/errorMessage");
        let complaint = list("/Phases").iter().find_map(complaint);
        Self {
            id: text("/Id"),
            logs_url: text("/Logs/DeepLink"),
            status: text("/BuildStatus").and_then(|status| BuildStatus::read(&status)),
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
    pub fn failure_code(&self, error: &str) -> FailureCode {
        let own = self.given(CODE).filter(|code| is_code(code));
        let of_build = || self.status.and_then(BuildStatus::failure_code);
        let own = own.map(|code| shorten(code, 100).into());
        own.or_else(of_build).unwrap_or_else(|| match error {
            "States.Timeout" => FailureCode::TimedOut,
            other => shorten(other, 100).into(),
        })
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
        let failed = || self.status.filter(|status| status.is_failure());
        let of_status = || failed().map(|status| format!("the build {}", status.words()));
        let known = self.given(REASON).or(self.complaint.as_deref()).map(str::to_owned);
        let reason = known.or_else(of_status).unwrap_or_else(|| cause.to_owned());
        if reason.trim().is_empty() {
            return "no reason was given".to_owned();
        }
        shorten(&reason, REASON_MAX)
    }

    fn given(&self, variable: &str) -> Option<&str> {
        self.exported.get(variable).map(String::as_str).filter(|value| !value.trim().is_empty())
    }
}

/// What a phase that failed says, in CodeBuild's own words if it has any.
fn complaint(phase: &Value) -> Option<String> {
    let name = phase.get("PhaseType").and_then(Value::as_str)?;
    let status = phase.get("PhaseStatus").and_then(Value::as_str)?;
    let known = BuildStatus::read(status);
    if known.is_some_and(|status| !status.is_failure()) {
        return None;
    }
    let message = phase.pointer("/Contexts/0/Message").and_then(Value::as_str);
    let message = message.filter(|message| !message.trim().is_empty());
    Some(match (message, known) {
        (Some(message), _) => format!("{name}: {message}"),
        (None, Some(status)) => status.words_of_phase(name),
        (None, None) => format!("{name}: CodeBuild says {status}, and gives no reason"),
    })
}

/// A variable's value as the build had it: what is no JSON text after all is
/// taken as it is.
fn decoded(value: String) -> String {
    let text = value.strip_prefix(ENCODED).and_then(|json| serde_json::from_str(json).ok());
    text.unwrap_or(value)
}

/// Whether a build's own name for its failure looks like one of ours.
fn is_code(code: &str) -> bool {
    code.len() <= CODE_MAX
        && code.starts_with(|c: char| c.is_ascii_uppercase())
        && code.chars().all(|c| c.is_ascii_alphanumeric())
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
        assert_eq!(build.failure_code("States.TaskFailed").as_str(), "BuildFailed");
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
        assert_eq!(build.failure_code("States.TaskFailed").as_str(), "BuildTimedOut");
        let reason = build.failure_reason(&cause);
        assert_eq!(reason, "QUEUED: its turn did not come within the time that its project allows");
    }

    #[test]
    fn a_cause_that_is_cut_off_or_no_json_still_gives_a_reason() {
        for cause in [&failed("x")[..60], "The task timed out", ""] {
            let build = Build::of_cause(cause);
            assert!(!build.failure_reason(cause).is_empty());
            assert_eq!(build.failure_code("States.Timeout").as_str(), "TimedOut");
        }
    }

    /// Every status of a build, with and without a phase of that status and
    /// with every message that is none: there are always words, and a code.
    #[test]
    fn every_build_status_has_its_words() {
        for status in BuildStatus::ALL {
            let name = status.as_str();
            let phase =
                |contexts: Value| json!([{"PhaseType": "BUILD", "PhaseStatus": name, "Contexts": contexts}]);
            let messages = [json!([]), json!([{"Message": ""}]), json!([{"Message": " "}]), json!(null)];
            for phases in messages.map(phase).into_iter().chain([json!([]), json!(null)]) {
                let cause = json!({"Build": {"BuildStatus": name, "Phases": phases}}).to_string();
                let build = Build::of_cause(&cause);
                let (code, reason) = (build.failure_code("States.TaskFailed"), build.failure_reason(&cause));
                assert!(!reason.contains("no message"), "{name}: {reason}");
                match status.failure_code() {
                    Some(own) => {
                        assert_eq!(code, own);
                        assert!(reason.contains("the build ") && reason.contains(status.words()), "{reason}");
                    }
                    // Not the build is to blame: what Step Functions says counts.
                    None => assert_eq!((code.as_str(), reason), ("States.TaskFailed", cause)),
                }
            }
        }
    }

    #[test]
    fn a_status_that_codebuild_has_not_had_so_far_is_quoted() {
        let phases = json!([{"PhaseType": "BUILD", "PhaseStatus": "LOST"}]);
        let cause = json!({"Build": {"BuildStatus": "LOST", "Phases": phases}}).to_string();
        let build = Build::of_cause(&cause);
        assert_eq!(build.failure_reason(&cause), "BUILD: CodeBuild says LOST, and gives no reason");
        assert_eq!(build.failure_code("States.TaskFailed").as_str(), "States.TaskFailed");
    }

    #[test]
    fn a_builds_own_code_counts_if_it_is_one() {
        let code = |own: &str| {
            let exported = json!([{"Name": "FAILURE_CODE", "Value": own}]);
            let cause = json!({"Build": {"BuildStatus": "FAILED", "ExportedEnvironmentVariables": exported}});
            Build::of_cause(&cause.to_string()).failure_code("States.TaskFailed").to_string()
        };
        assert_eq!(code("StackGone"), "StackGone");
        for none in ["", " ", "stackGone", "Stack Gone", "Stack\u{1b}Gone", &"X".repeat(65)] {
            assert_eq!(code(none), "BuildFailed", "{none}");
        }
    }

    #[test]
    fn a_variable_of_many_lines_is_as_the_build_had_it() {
        let value = |given: &str| {
            let exported = json!([{"Name": "KEY", "Value": given}]);
            let build = Build::read(&json!({"ExportedEnvironmentVariables": exported}));
            build.exported.get("KEY").cloned()
        };
        let key = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n";
        assert_eq!(value(&format!("json:{}", json!(key))).as_deref(), Some(key));
        for plain in ["https://x", "json", "json:", "json:{\"a\":1}", "json:\"cut o"] {
            assert_eq!(value(plain).as_deref(), Some(plain));
        }
    }
}
