//! `tenantry completions`.

use crate::args::Args;
use crate::error::Result;
use crate::output;
use clap::CommandFactory;
use clap_complete::Shell;

pub(super) fn run(shell: Shell) -> Result {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "tenantry", &mut script);
    output::page(String::from_utf8_lossy(&script).trim_end())
}
