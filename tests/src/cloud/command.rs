//! Commands, as a person or a script runs them.

use super::until;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// A command that has ended.
#[derive(Clone, Debug)]
pub struct Ran {
    command: String,
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Ran {
    /// Panics with all that it said if its exit code is another than `code`.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}{}", self.command, self.stdout, self.stderr);
        self
    }

    /// Its standard output as JSON; panics if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        let read = serde_json::from_str(&self.stdout);
        read.unwrap_or_else(|error| panic!("{}: {error}\n{}{}", self.command, self.stdout, self.stderr))
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ran {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Ran {
        command: shown(command),
        code: done.status.code(),
        stdout: text(done.stdout),
        stderr: text(done.stderr),
    }
}

/// Runs a command to its end, with `input` on its standard input.
pub fn run_with(command: &mut Command, input: &str) -> Ran {
    let mut running = start(command.stdin(Stdio::piped()));
    let mut stdin = running.child.stdin.take().expect("a pipe");
    // A command that has read enough need not read all.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    running.end()
}

/// A command that runs, and what it has printed so far.
#[derive(Debug)]
pub struct Running {
    command: String,
    child: Child,
    out: Lines,
    err: Lines,
    heard: usize,
}

#[derive(Debug)]
struct Lines {
    so_far: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// Starts a command.
pub fn start(command: &mut Command) -> Running {
    let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let out = Lines::of(child.stdout.take().expect("a pipe"));
    let err = Lines::of(child.stderr.take().expect("a pipe"));
    Running { command: shown(command), child, out, err, heard: 0 }
}

impl Running {
    /// Its process.
    #[must_use]
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a process id")
    }

    /// Its standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.out.so_far()
    }

    /// Waits until it says a line with `text` on standard error, after those
    /// that were waited for before; the line.
    pub fn says(&mut self, text: &str) -> String {
        let (line, heard) = until(&format!("`{}` to say `{text}`", self.command), || {
            // Before the look at what it said: nothing comes after its end.
            let ended = self.child.try_wait().expect("a child of this process");
            let said = self.err.so_far();
            let mut at = self.heard;
            for line in said[self.heard..].split_inclusive('\n') {
                at += line.len();
                if line.contains(text) {
                    return Some((line.trim().to_owned(), at));
                }
            }
            assert!(ended.is_none(), "{} ended without `{text}`:\n{said}", self.command);
            None
        });
        self.heard = heard;
        line
    }

    /// Ctrl-C, for this process alone.
    pub fn interrupt(&self) {
        kill(Pid::from_raw(self.pid()), Signal::SIGINT).expect("it runs");
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ran {
        let what = format!("the end of `{}`", self.command);
        let status = until(&what, || self.child.try_wait().expect("a child of this process"));
        Ran { command: self.command, code: status.code(), stdout: self.out.all(), stderr: self.err.all() }
    }
}

impl Lines {
    fn of(from: impl Read + Send + 'static) -> Self {
        let so_far = Arc::new(Mutex::new(String::new()));
        let into = Arc::clone(&so_far);
        let read = move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                let mut into = into.lock().unwrap_or_else(PoisonError::into_inner);
                into.push_str(&line);
                into.push('\n');
            }
        };
        Self { so_far, reader: Some(std::thread::spawn(read)) }
    }

    fn so_far(&self) -> String {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn all(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader ends with its pipe");
        }
        self.so_far()
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("UTF-8")
}

/// The program and its arguments, for messages.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().chars().take(300).collect()).collect::<Vec<String>>().join(" ")
}
