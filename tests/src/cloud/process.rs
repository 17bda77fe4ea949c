//! The process of the cloud: built, started, and stopped with the test process.

use super::{command::run, until};
use crate::{machine_faults, venv, workspace};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Holds the cloud as long as its standard input is open, which is a pipe from
/// the test process: it closes when that process is gone, however it went. The
/// cloud's log outlives it in the folder for what is built.
const KEEPER: &str = r#"
"$1" local up --port 0 --home "$2" 2> "$2/talk" &
up=$!
read -r _
kill "$up" 2> /dev/null
wait "$up"
cat "$2/talk" "$2/cloud.log" > "$3" 2> /dev/null
rm -rf "$2"
"#;

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
static KEEPERS: OnceLock<Child> = OnceLock::new();

/// `tenantry`, built with everything that it packages.
pub(super) fn program() -> &'static Path {
    PROGRAM.get_or_init(build)
}

/// Starts the cloud and waits until the control plane is in it; its folder.
///
/// What a developer's shell may hold of other clouds must not matter, so the
/// start has some of that.
pub(super) fn start() -> PathBuf {
    // First what takes its time and leaves nothing to tidy up.
    let (program, _) = (program(), venv::programs());
    let home = std::env::temp_dir().join(format!("tenantry-e2e-{}", std::process::id()));
    std::fs::create_dir_all(&home).expect("a temporary folder");
    let mut keeper = super::clean(Command::new("sh"));
    keeper.args(["-c", KEEPER, "keeper"]).arg(program).arg(&home).arg(log());
    keeper.env("AWS_PROFILE", "of-another-cloud").env("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9");
    keeper.env("TENANTRY_LOCAL_PLUGIN", machine_faults::plugin());
    keeper.env("TENANTRY_LOCAL_FAULTS", home.join("faults"));
    keeper.current_dir(workspace::root()).stdin(Stdio::piped()).stdout(Stdio::null());
    // Ctrl-C is for the test process; the keeper has its work still before it.
    std::os::unix::process::CommandExt::process_group(&mut keeper, 0);
    let keeper = keeper.spawn().expect("the cloud's keeper starts");
    assert!(KEEPERS.set(keeper).is_ok(), "there is one cloud");
    let talk = home.join("talk");
    until("the local cloud and its control plane", || {
        let said = std::fs::read_to_string(&talk).unwrap_or_default();
        assert!(!said.contains("error:"), "the local cloud did not start:\n{said}");
        said.contains("ready:").then_some(())
    });
    home
}

/// Where the cloud's log is after the tests.
fn log() -> PathBuf {
    workspace::root().join("target/e2e-cloud.log")
}

fn build() -> PathBuf {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut build = Command::new(cargo);
    run(build.args(["build", "--release", "--bins", "--quiet"]).current_dir(workspace::root())).exits(0);
    workspace::root().join("target/release/tenantry")
}
