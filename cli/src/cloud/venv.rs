//! The virtual environment: made by us, with pinned and hash-checked packages,
//! and made again when what it should hold has changed.

use crate::error::{CliError, Result};
use crate::files;
use crate::output::{Mark, Output};
use crate::program;
use crate::workspace::Workspace;
use fs_err::File;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tokio::process::Command;

const PYTHON: &str = "install it, with its venv module (on Debian: apt-get install python3 python3-venv)";
const STAMP: &str = ".requirements.sha256";

/// Makes the virtual environment if it is not there or not up to date, and
/// gives the folder of its programs.
///
/// An installation that was interrupted leaves no stamp and is done again; two
/// commands at once wait for each other.
pub(crate) async fn prepare(workspace: &Workspace, output: &Output) -> Result<PathBuf> {
    let venv = workspace.venv();
    let programs = venv.join("bin");
    let requirements = workspace.root.join("infra/local/requirements.txt");
    let wanted = fingerprint(&files::read(&requirements, files::TEXT_MAX)?);
    files::create_folder(&workspace.root.join(".tenantry"))?;
    let lock = File::create(workspace.root.join(".tenantry/venv.lock")).map_err(files::failed)?;
    tokio::task::spawn_blocking(move || lock.lock().map(|()| lock))
        .await
        .map_err(|error| CliError::Failed(error.to_string()))?
        .map_err(files::failed)?;
    if is_current(&venv, &wanted) {
        return Ok(programs);
    }
    output.say(Mark::Step, "making the virtual environment (pinned packages, once)");
    let python = python().await?;
    if venv.exists() {
        files::remove_folder(&venv)?;
    }
    run(Command::new(python).arg("-m").arg("venv").arg(&venv)).await?;
    let install =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"];
    run(Command::new(programs.join("python")).args(install).arg(&requirements)).await?;
    files::write(&venv.join(STAMP), wanted)?;
    output.say(Mark::Good, "virtual environment ready");
    Ok(programs)
}

fn is_current(venv: &Path, wanted: &str) -> bool {
    files::read_text(&venv.join(STAMP), files::TEXT_MAX).is_ok_and(|present| present == wanted)
}

fn fingerprint(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A Python of 3.10 or newer.
async fn python() -> Result<&'static str> {
    let mut found = Vec::new();
    for name in ["python3", "python"] {
        let check = "import sys; print('%d.%d' % sys.version_info[:2])";
        let Ok(asked) = program::run(Command::new(name).args(["-c", check]), PYTHON).await else { continue };
        let version = asked.out;
        if is_enough(&version) {
            return Ok(name);
        }
        found.push(format!("{name} is {version}"));
    }
    let found = if found.is_empty() { "no python3 on the PATH".to_owned() } else { found.join(", ") };
    Err(CliError::hinted(format!("the local cloud needs Python 3.10 or newer ({found})"), PYTHON))
}

fn is_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(str::parse::<u32>);
    matches!((parts.next(), parts.next()), (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= (3, 10))
}

async fn run(command: &mut Command) -> Result {
    let done = program::run(command, PYTHON).await?;
    if done.status.success() {
        return Ok(());
    }
    Err(CliError::hinted(
        format!("the virtual environment could not be made: {}", done.err),
        "check that PyPI can be reached, and run the command again",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_pythons_are_refused() {
        assert!(is_enough("3.10") && is_enough("3.13") && is_enough("4.0"));
        assert!(!is_enough("3.9") && !is_enough("2.7") && !is_enough(""));
    }
}
