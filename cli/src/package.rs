//! Packaging: release binaries of all functions, laid out as cargo-lambda does
//! (`target/lambda/<function>/bootstrap`), for AWS and the local cloud alike.

mod glibc;

use crate::error::{CliError, Result};
use crate::output::{Mark, Output};
use crate::workspace::Workspace;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tokio::process::Command;

/// Every function: the control plane's and the tenant stack's.
pub(crate) const FUNCTIONS: [&str; 14] = [
    "api",
    "application-events",
    "execution-ended",
    "invite",
    "lifecycle",
    "offboarding",
    "onboarding",
    "products",
    "publisher",
    "reconciler",
    "record-outcome",
    "sweeper",
    "tiers",
    "token-scopes",
];

/// Builds and packages all functions.
///
/// The file times are fixed, so that an unchanged function gives the same
/// archive, and CloudFormation leaves it alone.
pub(crate) async fn package(workspace: &Workspace, output: &Output) -> Result {
    output.say(Mark::Step, "building the functions (cargo build --release)");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--bins"]).current_dir(&workspace.root).kill_on_drop(true);
    let built = build.stdin(std::process::Stdio::null()).status().await?;
    if !built.success() {
        return Err(CliError::Failed("the functions could not be built; cargo says why above".to_owned()));
    }
    let mut bytes = 0;
    for function in FUNCTIONS {
        bytes += place(workspace, function)?;
    }
    let size = bytes / 1_000_000;
    output.say(Mark::Good, &format!("{} functions packaged ({size} MB)", FUNCTIONS.len()));
    Ok(())
}

fn place(workspace: &Workspace, function: &str) -> Result<usize> {
    let binary = std::fs::read(workspace.root.join("target/release").join(function))?;
    glibc::check(function, &binary)?;
    let folder = workspace.lambda().join(function);
    let bootstrap = folder.join("bootstrap");
    if std::fs::read(&bootstrap).ok().as_deref() != Some(&binary) {
        std::fs::create_dir_all(&folder)?;
        write_program(&bootstrap, &binary)?;
    }
    Ok(binary.len())
}

fn write_program(path: &Path, binary: &[u8]) -> Result {
    use std::os::unix::fs::PermissionsExt;
    // A new file: one that is being run cannot be written to.
    let partial = path.with_extension("partial");
    std::fs::write(&partial, binary)?;
    std::fs::set_permissions(&partial, std::fs::Permissions::from_mode(0o755))?;
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(315_532_800);
    std::fs::File::options().append(true).open(&partial)?.set_modified(long_ago)?;
    Ok(std::fs::rename(partial, path)?)
}
