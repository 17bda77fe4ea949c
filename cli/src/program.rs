//! The programs that the command starts. An error says which program, and what
//! to do; of what one prints, no more than a limit is kept. `clippy.toml` shuts
//! every other way to start one.

use crate::error::{CliError, Result};
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

/// The most that a program may print, in bytes.
const PRINTED_MAX: u64 = 32 << 20;

/// A program that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// How.
    pub(crate) status: ExitStatus,
    /// What it printed on standard output, without white space around it.
    pub(crate) out: String,
    /// What it printed on standard error, without white space around it.
    pub(crate) err: String,
}

/// Starts a program; `hint` says what to do where that cannot be done.
pub(crate) fn start(command: &mut Command, hint: &str) -> Result<Child> {
    let name = name(command);
    #[expect(clippy::disallowed_methods, reason = "this is the one place where programs are started")]
    let started = command.spawn();
    started.map_err(|error| CliError::hinted(format!("`{name}` cannot be started: {error}"), hint))
}

/// Runs a program to its end, without any input.
pub(crate) async fn run(command: &mut Command, hint: &str) -> Result<Ended> {
    let name = name(command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = start(command, hint)?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (out, err) = tokio::try_join!(printed(&name, out), printed(&name, err))?;
    Ok(Ended { status: ended(&name, &mut child).await?, out, err })
}

/// Waits for a program's end.
pub(crate) async fn ended(name: &str, child: &mut Child) -> Result<ExitStatus> {
    child.wait().await.map_err(|error| lost(name, &error))
}

/// A program that was started and that the system no longer tells anything of.
pub(crate) fn lost(name: &str, error: &std::io::Error) -> CliError {
    CliError::hinted(format!("`{name}` runs, and cannot be followed: {error}"), "run the command again")
}

/// The program's name, as it is started.
pub(crate) fn name(command: &Command) -> String {
    command.as_std().get_program().to_string_lossy().into_owned()
}

async fn printed(name: &str, from: Option<impl AsyncRead + Unpin>) -> Result<String> {
    let Some(from) = from else { return Ok(String::new()) };
    let mut bytes = Vec::new();
    from.take(PRINTED_MAX + 1).read_to_end(&mut bytes).await.map_err(|error| lost(name, &error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= PRINTED_MAX) {
        return Ok(String::from_utf8_lossy(&bytes).trim().to_owned());
    }
    Err(CliError::Failed(format!(
        "`{name}` prints more than {PRINTED_MAX} bytes (32 MiB), the most that is read of it"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_that_is_missing_is_named_with_the_next_step() {
        let error = run(&mut Command::new("/no/such/program"), "install it").await.err();
        let said = error.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(said.starts_with("`/no/such/program` cannot be started: "), "{said}");
        assert_eq!(error.as_ref().and_then(CliError::hint), Some("install it"));
    }

    #[tokio::test]
    async fn what_a_program_prints_has_a_limit() {
        let mut endless = Command::new("yes");
        let said = run(&mut endless, "").await.map(drop).map_err(|error| error.to_string());
        assert!(matches!(&said, Err(said) if said.contains("more than 33554432 bytes")), "{said:?}");
    }
}
