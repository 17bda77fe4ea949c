//! Where the workspace is, and what the command keeps in it: all below
//! `.tenantry/`, which git ignores.
//!
//! ```text
//! .tenantry/venv/            the virtual environment: emulator, AWS CLI, linters
//! .tenantry/local/           one local cloud (another folder with --home)
//!   state.json               the running cloud: process, port, account
//!   credentials              what it takes requests with; the user's alone
//!   cloud.log                what the emulator says
//!   builds/                  the work folders of builds
//! .tenantry/demo/            the demo's local cloud
//! target/lambda/<function>/  packaged functions
//! target/package/            packaged templates
//! ```

use crate::error::{CliError, Result};
use std::path::{Path, PathBuf};

/// The folders of a workspace.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    /// The root, where `Cargo.toml` and `infra/` are.
    pub(crate) root: PathBuf,
}

impl Workspace {
    /// The workspace around the current folder.
    pub(crate) fn find() -> Result<Self> {
        let here = std::env::current_dir().map_err(|error| {
            let what = format!("the current folder cannot be used: {error}");
            CliError::hinted(what, "go to a clone of Tenantry (cd), and run the command there")
        })?;
        let is_root = |folder: &&Path| folder.join("infra/control-plane.yaml").is_file();
        match here.ancestors().find(is_root) {
            Some(root) => Ok(Self { root: root.to_owned() }),
            None => Err(CliError::hinted(
                format!("{} is not in a Tenantry workspace", here.display()),
                "run the command in a clone of Tenantry: the templates and functions are there",
            )),
        }
    }

    /// The virtual environment.
    pub(crate) fn venv(&self) -> PathBuf {
        self.root.join(".tenantry/venv")
    }

    /// The local cloud's folder, unless another is asked for.
    pub(crate) fn local_home(&self) -> PathBuf {
        self.root.join(".tenantry/local")
    }

    /// The demo's local cloud, apart from the one that the user works with.
    pub(crate) fn demo_home(&self) -> PathBuf {
        self.root.join(".tenantry/demo")
    }

    /// Where packaged functions go, as cargo-lambda lays them out.
    pub(crate) fn lambda(&self) -> PathBuf {
        self.root.join("target/lambda")
    }

    /// Where packaged templates go.
    pub(crate) fn package(&self) -> PathBuf {
        self.root.join("target/package")
    }
}
