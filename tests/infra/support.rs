//! What the tests of this tier share.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tenantry_tests::{template, workspace};

/// The control plane's template.
pub(crate) fn control_plane() -> Value {
    template::load("control-plane.yaml")
}

/// The template of a silo tenant's stack.
pub(crate) fn tenant_silo() -> Value {
    template::load("tenant-silo.yaml")
}

/// Both, with their names.
pub(crate) fn templates() -> [(&'static str, Value); 2] {
    [("control-plane.yaml", control_plane()), ("tenant-silo.yaml", tenant_silo())]
}

/// Runs a command to its end and gives what it printed; panics with all of
/// that if it fails.
pub(crate) fn run(command: &mut Command) -> String {
    let (succeeded, said) = attempt(command);
    assert!(succeeded, "{command:?} failed:\n{said}");
    said
}

/// Runs a command to its end: whether it succeeded, and what it printed.
pub(crate) fn attempt(command: &mut Command) -> (bool, String) {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// The files of a folder of the workspace, in order.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(workspace::root().join(folder)).expect("the folder is there");
    let mut paths: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths
}

/// A file's name without its folder.
pub(crate) fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("a plain name")
}

/// The texts in double quotes in `source` that begin with `beginning`.
pub(crate) fn literals<'a>(source: &'a str, beginning: &str) -> Vec<&'a str> {
    let quoted = source.split('"').skip(1).step_by(2);
    quoted.filter(|literal| literal.starts_with(beginning)).collect()
}
