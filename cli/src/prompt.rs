//! Asking the person at the terminal; of what is secret, nothing is shown.

use crate::error::{CliError, Result};
use crate::output::{laid_out, visible};
use crate::secret::Secret;
use fs_err::{File, OpenOptions};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use std::io::{BufRead, BufReader, Error, Read, Write};
use tokio::sync::oneshot;

/// The longest line that is read.
const LONGEST: u64 = 4_096;

/// Whether what is typed is seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Echo {
    On,
    Off,
}

/// A terminal without an echo; it has its own again when this is dropped, also
/// after Ctrl-C.
struct Quiet {
    terminal: File,
    before: Termios,
}

impl Quiet {
    fn new(terminal: &File) -> std::io::Result<Self> {
        let terminal = terminal.try_clone()?;
        let before = tcgetattr(&terminal)?;
        let mut quiet = before.clone();
        quiet.local_flags.remove(LocalFlags::ECHO);
        quiet.local_flags.insert(LocalFlags::ECHONL);
        tcsetattr(&terminal, SetArg::TCSAFLUSH, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // A terminal that is gone needs no echo.
        let _ = tcsetattr(&self.terminal, SetArg::TCSAFLUSH, &self.before);
    }
}

/// Asks a question; the answer, without white space around it.
///
/// # Errors
///
/// [`CliError::Usage`] with `instead` when there is nobody to be asked.
pub(crate) async fn ask(question: &str, instead: &str) -> Result<String> {
    let answer = line(question, Echo::On, instead).await?;
    Ok(answer.reveal().trim().to_owned())
}

/// Shows what is for the person at the terminal alone.
///
/// # Errors
///
/// As [`ask`].
pub(crate) fn show(text: &str, instead: &str) -> Result {
    let nobody = |_| CliError::Usage(format!("there is no terminal to show it at: {instead}"));
    let mut terminal = OpenOptions::new().write(true).open("/dev/tty").map_err(nobody)?;
    terminal.write_all(laid_out(text).as_bytes()).map_err(|error| unusable(&error))
}

/// Asks for what must not be seen.
///
/// # Errors
///
/// As [`ask`].
pub(crate) async fn secret(question: &str, instead: &str) -> Result<Secret> {
    line(question, Echo::Off, instead).await
}

/// Whether the person says yes.
///
/// # Errors
///
/// As [`ask`].
pub(crate) async fn is_sure(question: &str, instead: &str) -> Result<bool> {
    let answer = ask(&format!("{question} [y/N] "), instead).await?;
    Ok(["y", "yes"].contains(&answer.to_lowercase().as_str()))
}

/// The secret on standard input: all of it, but for the end of its line.
///
/// # Errors
///
/// When there is none, it cannot be read, is no text, or is too long.
pub(crate) fn of_stdin() -> Result<Secret> {
    let mut bytes = Vec::new();
    stdin(LONGEST + 1, &mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LONGEST) {
        let what = format!("the password on standard input is longer than {LONGEST} bytes");
        return Err(CliError::Usage(what));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| CliError::Usage("the password on standard input is not text (UTF-8)".to_owned()))?;
    match without_end(&text) {
        "" => Err(CliError::Usage("standard input has no password".to_owned())),
        secret => Ok(Secret::new(secret)),
    }
}

/// Reads standard input, at most `limit` bytes of it.
///
/// # Errors
///
/// When it cannot be read.
pub(crate) fn stdin(limit: u64, into: &mut Vec<u8>) -> Result {
    let read = std::io::stdin().lock().take(limit).read_to_end(into);
    read.map(drop).map_err(|error| {
        let what = format!("standard input cannot be read: {error}");
        CliError::hinted(what, "check what is piped into the command: a file (< file), or another program")
    })
}

/// The terminal is there and does not do what is asked of it.
pub(crate) fn unusable(error: &Error) -> CliError {
    let what = format!("the terminal cannot be used: {error}");
    CliError::hinted(what, "run the command at another terminal")
}

fn without_end(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

async fn line(question: &str, echo: Echo, instead: &str) -> Result<Secret> {
    let nobody = |_| CliError::Usage(format!("no terminal to prompt at: {instead}"));
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").map_err(nobody)?;
    // Before the question: whoever answers at once is not seen either.
    let _quiet = match echo {
        Echo::Off => Some(Quiet::new(&terminal).map_err(|error| unusable(&error))?),
        Echo::On => None,
    };
    terminal.write_all(visible::line(question).as_bytes()).map_err(|error| unusable(&error))?;
    let (sender, receiver) = oneshot::channel();
    // A thread of its own: reading blocks, and after Ctrl-C nobody waits for it.
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = BufReader::new(terminal.take(LONGEST)).read_line(&mut text);
        // Nobody hears it any more after Ctrl-C.
        let _ = sender.send(read.map(|_| text));
    });
    let text = receiver.await.map_err(|_| CliError::Failed("the terminal cannot be read".to_owned()))?;
    let text = text.map_err(|error| unusable(&error))?;
    // Ctrl-D gives nothing at all, not even the end of a line.
    if text.is_empty() { Err(CliError::Interrupted) } else { Ok(Secret::new(without_end(&text))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_may_end_in_a_space_and_not_in_a_line() {
        assert_eq!(without_end("pass \n"), "pass ");
        assert_eq!(without_end("pass\r\n"), "pass");
        assert_eq!(without_end("two\n\n"), "two\n");
    }
}
