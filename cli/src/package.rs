//! Packaging: release binaries of all functions, laid out as cargo-lambda does
//! (`target/lambda/<function>/bootstrap`), for AWS and the local cloud alike.

mod cargo;
mod glibc;

use crate::error::Result;
use crate::files;
use crate::output::{Mark, Output};
use crate::workspace::Workspace;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Every function: the control plane's and the tenant stack's.
pub(crate) const FUNCTIONS: [&str; 13] = [
    "api",
    "application-events",
    "execution-ended",
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
    let built = cargo::build(workspace).await?;
    let mut bytes = 0;
    for function in FUNCTIONS {
        bytes += place(workspace, function, built.program(function)?)?;
    }
    let size = bytes / 1_000_000;
    output.say(Mark::Good, &format!("{} functions packaged ({size} MB)", FUNCTIONS.len()));
    Ok(())
}

fn place(workspace: &Workspace, function: &str, program: &Path) -> Result<usize> {
    let binary = files::read(program, files::PROGRAM_MAX)?;
    glibc::check(function, &binary)?;
    let folder = workspace.lambda().join(function);
    let bootstrap = folder.join("bootstrap");
    // What is not there, or cannot be read, is written anew.
    if files::read(&bootstrap, files::PROGRAM_MAX).ok().as_deref() != Some(&binary) {
        files::create_folder(&folder)?;
        write_program(&bootstrap, &binary)?;
    }
    Ok(binary.len())
}

fn write_program(path: &Path, binary: &[u8]) -> Result {
    // A new file: one that is being run cannot be written to.
    let partial = path.with_extension("partial");
    files::write(&partial, binary)?;
    fs_err::set_permissions(&partial, Permissions::from_mode(0o755)).map_err(files::failed)?;
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(315_532_800);
    let file = fs_err::File::options().append(true).open(&partial).map_err(files::failed)?;
    file.set_modified(long_ago).map_err(files::failed)?;
    files::rename(&partial, path)
}
