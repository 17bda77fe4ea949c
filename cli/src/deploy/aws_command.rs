//! The AWS CLI as a subprocess, for what is done once in a while: packaging,
//! CloudFormation, S3, and in the demo Cognito.

use crate::error::{CliError, Result};
use crate::program;
use serde_json::Value;
use std::path::PathBuf;
use tokio::process::Command;

const MISSING: &str = "install the AWS CLI (https://docs.aws.amazon.com/cli/), so that `aws` is on the PATH";

/// The AWS CLI and the environment that it runs with.
#[derive(Clone, Debug)]
pub(crate) struct AwsCommand {
    program: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl AwsCommand {
    /// The `aws` on the PATH, with the environment as it is.
    pub(crate) fn on_path() -> Self {
        Self { program: PathBuf::from("aws"), variables: Vec::new() }
    }

    /// The one in `programs`, with these variables and no other of AWS's.
    pub(crate) fn of_venv(programs: &std::path::Path, variables: Vec<(&'static str, String)>) -> Self {
        Self { program: programs.join("aws"), variables }
    }

    /// Runs `aws` with `arguments` and gives what it prints.
    ///
    /// # Errors
    ///
    /// Its own words, when it fails.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        command.args(arguments);
        if !self.variables.is_empty() {
            // A profile or an endpoint of the user's own is of another cloud than this one.
            let inherited = std::env::vars_os().map(|(name, _)| name);
            for name in inherited.filter(|name| name.to_string_lossy().starts_with("AWS_")) {
                command.env_remove(name);
            }
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.env("AWS_PAGER", "");
        let what = arguments.iter().take(2).copied().collect::<Vec<_>>().join(" ");
        let done = program::run(&mut command, MISSING).await?;
        if !done.status.success() {
            return Err(CliError::Failed(format!("aws {what}: {}", done.err)));
        }
        Ok(done.out)
    }

    /// As [`AwsCommand::run`], with the answer read as JSON.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Result<Value> {
        let text = self.run(&[arguments, &["--output", "json"]].concat()).await?;
        if text.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(&text)?) }
    }
}
