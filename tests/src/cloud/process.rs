//! The process of the cloud: built, started, and stopped with the test process.

use super::{command::run, within};
use crate::{machine_faults, venv, workspace};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// Holds the cloud as long as its standard input is open, which is a pipe from
/// the test process: it closes when that process is gone, however it went. The
/// cloud's log outlives it in the folder for what is built.
const KEEPER: &str = r#"
program="$1" home="$2" log="$3"
shift 3
"$program" local up --home "$home" "$@" 2> "$home/talk" &
up=$!
read -r _
kill "$up" 2> /dev/null
wait "$up"
cat "$home/talk" "$home/cloud.log" > "$log" 2> /dev/null
rm -rf "$home"
"#;

/// How long a cloud may take to start, with many others at work on the machine.
const STARTED: Duration = Duration::from_secs(600);

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// `tenantry`, built with everything that it packages.
pub(super) fn program() -> &'static Path {
    PROGRAM.get_or_init(build)
}

/// A cloud's folder, and who holds the cloud; it is stopped when this is
/// dropped, at the latest with the test process.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) home: PathBuf,
    keeper: Child,
}

/// What is particular about a cloud.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Settings of the local cloud, as environment variables.
    pub variables: Vec<(&'static str, String)>,
    /// Parameters of the control plane, as NAME=VALUE.
    pub parameters: Vec<String>,
}

impl Process {
    /// Starts the cloud called `name` and waits until the control plane is in
    /// it.
    ///
    /// What a developer's shell may hold of other clouds must not matter, so
    /// the start has some of that.
    pub(super) fn start(name: &str, settings: &Settings) -> Self {
        // First what takes its time and leaves nothing to tidy up.
        let (program, _) = (program(), venv::programs());
        let home = std::env::temp_dir().join(format!("tenantry-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&home).expect("a temporary folder");
        let mut keeper = super::clean(Command::new("sh"));
        keeper.args(["-c", KEEPER, "keeper"]).arg(program).arg(&home).arg(log(name)).args(["--port", "0"]);
        // An account of some size: tests onboard many tenants at once. A test of its own can have less.
        keeper.args(["--parameter", "MaxOperations=50"]).env("TENANTRY_LOCAL_BUILD_SLOTS", "10");
        keeper.args(settings.parameters.iter().flat_map(|parameter| ["--parameter", parameter]));
        keeper.env("TENANTRY_LOCAL_PLUGIN", machine_faults::plugin());
        keeper.env("TENANTRY_LOCAL_FAULTS", home.join("faults"));
        keeper.envs(settings.variables.iter().map(|(name, value)| (name, value)));
        keeper.env("AWS_PROFILE", "of-another-cloud").env("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9");
        keeper.current_dir(workspace::root()).stdin(Stdio::piped()).stdout(Stdio::null());
        // Ctrl-C is for the test process; the keeper has its work still before it.
        std::os::unix::process::CommandExt::process_group(&mut keeper, 0);
        let keeper = keeper.spawn().expect("the cloud's keeper starts");
        let talk = home.join("talk");
        within(STARTED, "the local cloud and its control plane", || {
            let said = std::fs::read_to_string(&talk).unwrap_or_default();
            assert!(!said.contains("error:"), "the local cloud did not start:\n{said}");
            said.contains("ready:").then_some(())
        });
        Self { home, keeper }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // Nothing can be done about a keeper that cannot be waited for.
        let _ = self.keeper.wait();
    }
}

/// Where the log of the cloud called `name` is after the tests.
fn log(name: &str) -> PathBuf {
    workspace::target().join(format!("{name}-cloud.log"))
}

fn build() -> PathBuf {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--bins", "--quiet", "--message-format=json-render-diagnostics"]);
    let built =
        run(build.env("CARGO_TARGET_DIR", workspace::target()).current_dir(workspace::root())).exits(0);
    let mut messages =
        built.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("cargo's message"));
    let is_it =
        |message: &Value| message["target"]["name"] == "tenantry" && message["executable"].is_string();
    let found = messages.find(is_it).expect("cargo builds the command");
    PathBuf::from(found["executable"].as_str().expect("its path"))
}
