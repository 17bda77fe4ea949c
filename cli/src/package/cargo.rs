//! Building with cargo, and what it says of where the programs are: the folder
//! follows from the profile, `CARGO_TARGET_DIR`, `build.target-dir` and
//! `build.target`, so nobody else knows it.
//!
//! Source: "External tools", The Cargo Book, section "JSON messages".

use crate::error::{CliError, Result};
use crate::program;
use crate::workspace::Workspace;
use serde::Deserialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const MISSING: &str = "install Rust and cargo (https://rustup.rs), or set CARGO to the path of cargo";

/// The programs that were built, by name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Built(HashMap<String, PathBuf>);

impl Built {
    /// Where the program called `name` is.
    ///
    /// # Errors
    ///
    /// When cargo built none of that name.
    pub(super) fn program(&self, name: &str) -> Result<&Path> {
        self.0.get(name).map(PathBuf::as_path).ok_or_else(|| {
            CliError::hinted(
                format!("cargo has built no program `{name}`"),
                "run the command in a whole clone of Tenantry: each function is a binary of the workspace",
            )
        })
    }

    /// Takes in a line that cargo printed; what is no message of it is left.
    fn take(&mut self, line: &str) {
        let Ok(message) = serde_json::from_str::<Message>(line) else { return };
        if let (Some(target), Some(executable)) = (message.target, message.executable)
            && target.kind.iter().any(|kind| kind == "bin")
        {
            self.0.insert(target.name, executable);
        }
    }
}

/// A message of cargo: an artefact, if it has a target and an executable.
#[derive(Debug, Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// Builds all programs of the workspace for release. Cargo's own progress and
/// errors go where the command's go.
///
/// # Errors
///
/// When there is no cargo, or the build fails.
pub(super) async fn build(workspace: &Workspace) -> Result<Built> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(&cargo);
    command.args(["build", "--release", "--bins", "--message-format=json-render-diagnostics"]);
    // In the folder where the command runs: a relative CARGO_TARGET_DIR counts from there.
    command.arg("--manifest-path").arg(workspace.root.join("Cargo.toml"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = program::start(&mut command, MISSING)?;
    let mut built = Built::default();
    if let Some(out) = child.stdout.take() {
        let mut lines = BufReader::new(out).lines();
        while let Some(line) = lines.next_line().await.map_err(|error| program::lost(&cargo, &error))? {
            built.take(&line);
        }
    }
    match program::ended(&cargo, &mut child).await? {
        status if status.success() => Ok(built),
        status => Err(CliError::hinted(
            format!("the functions could not be built (`{cargo} build` ended with {status})"),
            "fix what cargo reports above, and run the command again",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_where_cargo_says() {
        let mut built = Built::default();
        for line in [
            r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"tenantry_handlers"},"executable":null}"#,
            r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"api"},"executable":"/t/release/api"}"#,
            r#"{"reason":"build-finished","success":true}"#,
            "what a build script prints",
        ] {
            built.take(line);
        }
        assert_eq!(built.program("api").ok(), Some(Path::new("/t/release/api")));
        let said = built.program("tiers").map_err(|error| error.to_string());
        assert_eq!(said, Err("cargo has built no program `tiers`".to_owned()));
    }
}
