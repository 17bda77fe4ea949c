//! What is known of a running local cloud, in a file that any later command
//! reads.

use crate::args;
use crate::error::{CliError, Result};
use crate::workspace::Workspace;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The account that the emulator plays.
pub(crate) const ACCOUNT: &str = "000000000000";
/// The region that it plays.
pub(crate) const REGION: &str = "us-east-1";

/// A local cloud's folder.
#[derive(Clone, Debug)]
pub(crate) struct Home(PathBuf);

/// A local cloud that was started.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cloud {
    /// The emulator's process, which leads a group of its own.
    pub(crate) pid: i32,
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    /// Its address.
    pub(crate) endpoint: String,
    /// The control plane's API in it, once that is deployed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) api_url: Option<String>,
}

impl Home {
    /// The folder that was asked for, or the workspace's own.
    pub(crate) fn new(workspace: &Workspace, home: &args::Home) -> Result<Self> {
        Self::at(home.home.clone().unwrap_or_else(|| workspace.local_home()))
    }

    /// The folder `folder`, made if it is not there.
    pub(crate) fn at(folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder.canonicalize()?))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.0.join("cloud.log")
    }

    /// The cloud that runs from this folder. A file that was left behind by a
    /// process that is gone counts as none.
    pub(crate) fn running(&self) -> Option<Cloud> {
        let text = std::fs::read_to_string(self.0.join("state.json")).ok()?;
        let cloud: Cloud = serde_json::from_str(&text).ok()?;
        cloud.is_alive().then_some(cloud)
    }

    /// The cloud that runs from this folder, or an error that says how to
    /// start one.
    pub(crate) fn require(&self) -> Result<Cloud> {
        self.running().ok_or_else(|| {
            CliError::hinted("no local cloud is running", "start one: tenantry local up --detach")
        })
    }

    /// Keeps what is known of `cloud`, all of it or nothing.
    pub(crate) fn keep(&self, cloud: &Cloud) -> Result {
        let partial = self.0.join("state.json.partial");
        std::fs::write(&partial, serde_json::to_vec_pretty(cloud)?)?;
        Ok(std::fs::rename(partial, self.0.join("state.json"))?)
    }

    pub(crate) fn forget(&self) -> Result {
        match std::fs::remove_file(self.0.join("state.json")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Cloud {
    /// Whether its process still runs, and is what it was: a number that went
    /// to another process does not count.
    pub(crate) fn is_alive(&self) -> bool {
        command_line(self.pid).is_some_and(|line| line.contains("tenantry_local"))
    }

    /// The variables by which any AWS tool reaches it.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ]
    }
}

/// The command line of a process; `None` if there is no such process.
fn command_line(pid: i32) -> Option<String> {
    if let Ok(line) = std::fs::read(format!("/proc/{pid}/cmdline")) {
        return (!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned());
    }
    // Systems without /proc.
    let pid = pid.to_string();
    let asked = std::process::Command::new("ps").args(["-o", "command=", "-p", &pid]).output().ok()?;
    asked.status.success().then(|| String::from_utf8_lossy(&asked.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_went_to_another_process_is_no_cloud() {
        let pid = i32::try_from(std::process::id()).unwrap_or_default();
        let cloud = Cloud { pid, port: 1, endpoint: String::new(), api_url: None };
        assert!(command_line(pid).is_some());
        assert!(!cloud.is_alive());
    }
}
