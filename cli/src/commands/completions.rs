//! `tenantry completions`.

use crate::args::Args;
use crate::error::Result;
use clap::CommandFactory;
use clap_complete::Shell;

#[allow(clippy::unnecessary_wraps, reason = "the skeleton of all commands")]
pub(super) fn run(shell: Shell) -> Result {
    clap_complete::generate(shell, &mut Args::command(), "tenantry", &mut std::io::stdout());
    Ok(())
}
