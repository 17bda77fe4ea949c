//! `tenantry`: onboard and offboard tenants, watch what becomes of it, and run
//! the whole control plane on a laptop.
//!
//! Data goes to standard output, progress to standard error, all of it through
//! [`output`]. Exit codes are in [`error`].

mod api;
mod args;
mod bounded;
mod clients;
mod cloud;
mod commands;
mod demo;
mod deploy;
mod error;
mod files;
mod folder;
mod follow;
mod http;
mod output;
mod package;
mod program;
mod prompt;
mod secret;
mod source;
mod workspace;

use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    std::panic::set_hook(Box::new(output::panic));
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            output::usage(&error);
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let output = output::Output::new(args.output);
    match commands::run(args, &output).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&error);
            error.exit_code()
        }
    }
}

/// Does `work`, unless the user or the system ends it first.
pub(crate) async fn until_interrupted<T>(work: impl Future<Output = error::Result<T>>) -> error::Result<T> {
    tokio::select! {
        result = work => result,
        () = interrupted() => Err(error::CliError::Interrupted),
    }
}

/// Waits for Ctrl-C or a request to terminate.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let waits = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = waits else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => (),
        _ = terminate.recv() => (),
    }
}
