//! The virtual environment with the emulator, the AWS CLI and cfn-lint: made
//! by the first test that needs it, as a user would.

use crate::workspace;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();

/// The folder of its programs.
#[must_use]
pub fn programs() -> &'static Path {
    PROGRAMS.get_or_init(prepare)
}

/// One of its programs, to be called.
#[must_use]
pub fn command(program: &str) -> Command {
    let mut command = Command::new(programs().join(program));
    // A folder of a test's own would not have the workspace's files.
    command.current_dir(workspace::root()).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Does nothing if the environment is of the requirements as they are, which
/// its stamp says (`cli/src/cloud/venv.rs` writes it).
fn prepare() -> PathBuf {
    let venv = workspace::root().join(".tenantry/venv");
    let requirements = Sha256::digest(workspace::read("infra/local/requirements.txt"));
    let wanted: String = requirements.iter().map(|byte| format!("{byte:02x}")).collect();
    let stamp = std::fs::read_to_string(venv.join(".requirements.sha256"));
    if !stamp.is_ok_and(|present| present == wanted) {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let arguments = ["run", "--release", "--quiet", "--bin", "tenantry", "--", "local", "prepare"];
        let mut done = Command::new(cargo);
        let done = done.args(arguments).current_dir(workspace::root());
        let done = done.env("CARGO_TARGET_DIR", workspace::target()).output();
        let done = done.expect("cargo can be run");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    venv.join("bin")
}
