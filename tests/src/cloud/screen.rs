//! A program in a terminal of 80 columns and 24 lines, as a person sees it.

use super::PATIENCE;
use pty_process::blocking::{Command as PtyCommand, Pty, open};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use vt100::Parser;

const COLUMNS: NonZeroU16 = NonZeroU16::new(80).expect("not 0");
const LINES: NonZeroU16 = NonZeroU16::new(24).expect("not 0");

/// A program with a terminal around it; it ends with this.
pub struct Screen {
    pty: Arc<Pty>,
    child: Child,
    parser: Arc<Mutex<Parser>>,
}

impl Screen {
    /// Starts `command` in a terminal.
    ///
    /// # Panics
    ///
    /// When there is no terminal to be had.
    #[must_use]
    pub fn start(command: &Command) -> Self {
        let (pty, pts) = open().expect("a terminal");
        pty.resize(pty_process::Size::new(LINES.get(), COLUMNS.get())).expect("the terminal has a size");
        let mut inside = PtyCommand::new(command.get_program());
        inside = inside.args(command.get_args()).env("TERM", "xterm-256color");
        for (name, value) in command.get_envs() {
            inside = match value {
                Some(value) => inside.env(name, value),
                None => inside.env_remove(name),
            };
        }
        let child = inside.spawn(pts).expect("the program starts");
        let (pty, parser) = (Arc::new(pty), Arc::new(Mutex::new(Parser::new(LINES, COLUMNS, 0))));
        let (from, into) = (Arc::clone(&pty), Arc::clone(&parser));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // The end of the program is an error of its terminal.
            while let Ok(count @ 1..) = (&*from).read(&mut bytes) {
                into.lock().unwrap_or_else(PoisonError::into_inner).process(&bytes[..count]);
            }
        });
        Self { pty, child, parser }
    }

    /// What is on the screen, line by line.
    #[must_use]
    pub fn text(&self) -> String {
        let screen = self.parser.lock().unwrap_or_else(PoisonError::into_inner);
        screen.screen().contents()
    }

    /// Presses keys.
    pub fn press(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).expect("the program reads keys");
    }

    /// Waits until the screen is as wanted; what is on it then.
    ///
    /// # Panics
    ///
    /// When it is not in time.
    pub fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.text();
            if is_so(&text) {
                return text;
            }
            assert!(Instant::now() < deadline, "waited for {what} on the screen:\n{text}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits for the program's end; its exit code.
    ///
    /// # Panics
    ///
    /// When it does not end in time.
    pub fn exit_code(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("the program can be waited for") {
                return status.code();
            }
            assert!(Instant::now() < deadline, "the program does not end:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
