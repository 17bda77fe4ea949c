//! The progress of one tenant, among that of others.

use crate::output::{Mark, Output};

/// Says things, each line under the tenant's name if there are several.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress<'a> {
    output: &'a Output,
    name: Option<&'a str>,
}

impl<'a> Progress<'a> {
    /// Of the one tenant that the command is about.
    pub(crate) fn new(output: &'a Output) -> Self {
        Self { output, name: None }
    }

    /// Of the tenant called `name`.
    pub(crate) fn about(output: &'a Output, name: &'a str) -> Self {
        Self { output, name: Some(name) }
    }

    pub(crate) fn say(&self, mark: Mark, text: &str) {
        self.output.say(mark, &self.named(text));
    }

    /// Something of lesser weight, such as a line of a build's log.
    pub(crate) fn aside(&self, text: &str) {
        self.output.aside(&self.named(text));
    }

    fn named(&self, text: &str) -> String {
        match self.name {
            Some(name) => format!("{name:<10} {text}"),
            None => text.to_owned(),
        }
    }
}
