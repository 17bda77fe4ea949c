//! What is known of a running local cloud, in a file that any later command
//! reads.

use super::credentials::Credentials;
use crate::args;
use crate::error::{CliError, Result};
use crate::files;
use crate::folder;
use crate::workspace::Workspace;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The account that the emulator plays.
pub(crate) const ACCOUNT: &str = "000000000000";
/// The region that it plays: one of those that never had the old host names
/// (`queue.amazonaws.com`, …). For a region that has them, version 1 of the AWS
/// CLI asks `sqs`, `rds` and others there, whatever `AWS_ENDPOINT_URL` says
/// (awscli, `customizations/overridesslcommonname.py`).
pub(crate) const REGION: &str = "eu-central-2";

/// A local cloud's folder.
#[derive(Clone, Debug)]
pub(crate) struct Home(PathBuf);

/// A local cloud that was started.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
    /// What it takes requests with; in a file of its own.
    #[serde(skip, default = "Credentials::new")]
    pub(crate) credentials: Credentials,
}

impl Home {
    /// The folder that was asked for, or the workspace's own, which commands
    /// outside of the workspace then find, too.
    pub(crate) fn new(workspace: &Workspace, home: &args::Home) -> Result<Self> {
        if let Some(home) = &home.home {
            return Self::at(home.clone());
        }
        let own = Self::at(workspace.local_home())?;
        own.remember();
        Ok(own)
    }

    /// The folder that was asked for, that of the workspace around the current
    /// folder, or that of the workspace in which a local cloud was started last.
    ///
    /// # Errors
    ///
    /// When there is none of these.
    pub(crate) fn find(home: &args::Home) -> Result<Self> {
        if let Some(home) = &home.home {
            return Self::at(home.clone());
        }
        if let Ok(workspace) = Workspace::find() {
            return Self::at(workspace.local_home());
        }
        remembered().map(Self).ok_or_else(|| {
            CliError::hinted(
                "no local cloud is known here",
                "start one in a clone of Tenantry: tenantry local up --detach; or name its folder: --home, TENANTRY_HOME",
            )
        })
    }

    /// Says to later commands, from whatever folder, that this is the one. A
    /// convenience: without a place for it, `--home` does.
    fn remember(&self) {
        if let Some(file) = last_home() {
            let _ = file.parent().map(files::create_folder);
            let _ = files::write(&file, self.0.as_os_str().as_bytes());
        }
    }

    /// The folder `folder`, made if it is not there.
    pub(crate) fn at(folder: PathBuf) -> Result<Self> {
        files::create_folder(&folder)?;
        fs_err::canonicalize(&folder).map(Self).map_err(files::failed)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.0.join("cloud.log")
    }

    /// Where the credentials are.
    fn credentials_file(&self) -> PathBuf {
        self.0.join("credentials")
    }

    /// The credentials for a start: new ones, unless the cloud before was not
    /// stopped in order. One that goes on from its saved state has the same, so
    /// that whoever worked with it can go on too.
    pub(crate) fn credentials(&self) -> Result<Credentials> {
        let file = self.credentials_file();
        let credentials = Credentials::read(&file).unwrap_or_else(Credentials::new);
        credentials.keep(&file)?;
        Ok(credentials)
    }

    /// The cloud that runs from this folder. A file that was left behind by a
    /// process that is gone counts as none.
    pub(crate) fn running(&self) -> Option<Cloud> {
        let text = files::read_text(&self.0.join("state.json"), files::TEXT_MAX).ok()?;
        let mut cloud: Cloud = serde_json::from_str(&text).ok()?;
        if let Some(credentials) = Credentials::read(&self.credentials_file()) {
            cloud.credentials = credentials;
        }
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
        files::write(&partial, serde_json::to_vec_pretty(cloud)?)?;
        files::rename(&partial, &self.0.join("state.json"))
    }

    pub(crate) fn forget(&self) -> Result {
        for file in [self.0.join("state.json"), self.credentials_file()] {
            files::remove(&file)?;
        }
        Ok(())
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
            ("AWS_ACCESS_KEY_ID", self.credentials.key.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.credentials.secret.reveal().to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ]
    }
}

/// The file that says which workspace's local cloud was started last.
fn last_home() -> Option<PathBuf> {
    Some(folder::of_user()?.join("local-home"))
}

fn remembered() -> Option<PathBuf> {
    let path = files::read(&last_home()?, files::TEXT_MAX).ok()?;
    fs_err::canonicalize(PathBuf::from(OsString::from_vec(path))).ok()
}

/// The command line of a process; `None` if there is no such process.
fn command_line(pid: i32) -> Option<String> {
    if let Ok(line) = files::read(Path::new(&format!("/proc/{pid}/cmdline")), files::TEXT_MAX) {
        return (!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned());
    }
    // Systems without /proc.
    let pid = pid.to_string();
    #[expect(clippy::disallowed_methods, reason = "a system without ps has no process to be found")]
    let asked = std::process::Command::new("ps").args(["-o", "command=", "-p", &pid]).output().ok()?;
    asked.status.success().then(|| String::from_utf8_lossy(&asked.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_went_to_another_process_is_no_cloud() {
        let pid = i32::try_from(std::process::id()).unwrap_or_default();
        let credentials = Credentials::new();
        let cloud = Cloud { pid, port: 1, endpoint: String::new(), api_url: None, credentials };
        assert!(command_line(pid).is_some());
        assert!(!cloud.is_alive());
    }
}
