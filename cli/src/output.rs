//! The one way out of the command: data to standard output, progress to standard
//! error. Whatever comes from elsewhere (names, reasons, logs, events, answers
//! of servers) is made visible here, so that none of it can steer a terminal;
//! `clippy.toml` keeps every other way shut. Colour only where a terminal shows
//! it and `NO_COLOR` does not forbid it.

pub(crate) mod visible;

use crate::error::{CliError, Result};
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use std::io::{ErrorKind, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How data is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// Where everything that the command writes goes.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    format: Format,
    begun: Instant,
}

/// What a line of progress means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mark {
    /// It goes on.
    Step,
    /// It went well.
    Good,
    /// It went badly.
    Bad,
    /// It is only worth knowing.
    Note,
}

const DIM: Style = Style::new().dimmed();
/// What stands before the further lines of a text, so that none can pass for a
/// line of the command itself.
const FURTHER: &str = "        | ";

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        Self { format, begun: Instant::now() }
    }

    /// Writes data: rows for people, the value for programs.
    pub(crate) fn data<T: Serialize>(&self, value: &T, head: &[&str], rows: Vec<Vec<String>>) -> Result {
        match self.format {
            Format::Json => self.json(value),
            Format::Table => self.lines(table(head, rows)),
        }
    }

    /// Writes one thing: its fields for people, the value for programs.
    pub(crate) fn record<T: Serialize>(&self, value: &T, fields: Vec<(&str, String)>) -> Result {
        match self.format {
            Format::Json => self.json(value),
            Format::Table => {
                let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
                self.lines(fields.iter().map(|(name, value)| format!("{name:width$}  {value}")))
            }
        }
    }

    /// As [`Output::record`], with a document below the fields: JSON, laid out.
    pub(crate) fn document<T: Serialize>(
        &self,
        value: &T,
        fields: Vec<(&str, String)>,
        (name, document): (&str, &str),
    ) -> Result {
        self.record(value, fields)?;
        match self.format {
            Format::Json => Ok(()),
            Format::Table => write_out(&format!("{name}\n{}", visible::json(document.trim_end()))),
        }
    }

    /// Whether data is for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Writes `value` as JSON, over several lines.
    pub(crate) fn json<T: Serialize>(&self, value: &T) -> Result {
        write_out(&visible::json(&serde_json::to_string_pretty(value)?))
    }

    /// Writes a text that is JSON, laid out.
    pub(crate) fn json_text(&self, text: &str) -> Result {
        write_out(&visible::json(text.trim_end()))
    }

    /// Writes `value` as JSON, in one line.
    pub(crate) fn json_line<T: Serialize>(&self, value: &T) -> Result {
        write_out(&visible::json(&serde_json::to_string(value)?))
    }

    /// Writes a line of data.
    pub(crate) fn print(&self, line: &str) -> Result {
        write_out(&visible::line(line))
    }

    /// Writes lines of data, each of them one line whatever is in it.
    pub(crate) fn lines(&self, lines: impl IntoIterator<Item = String>) -> Result {
        let lines: Vec<String> = lines.into_iter().map(|line| visible::line(&line)).collect();
        write_out(&lines.join("\n"))
    }

    /// Writes a line of progress, with the time since the command began.
    pub(crate) fn say(&self, mark: Mark, text: &str) {
        let (icon, style) = match mark {
            Mark::Step => ("…", AnsiColor::Cyan.on_default()),
            Mark::Good => ("✓", AnsiColor::Green.on_default()),
            Mark::Bad => ("✗", AnsiColor::Red.on_default()),
            Mark::Note => (" ", DIM),
        };
        let time = elapsed(self.begun.elapsed());
        tell(&format!("{DIM}{time:>7}{DIM:#} {style}{icon}{style:#} "), &folded(text), "");
    }

    /// Writes a line of lesser weight, such as one of a build's log.
    pub(crate) fn aside(&self, text: &str) {
        tell(&format!("{DIM}          "), &folded(text), &format!("{DIM:#}"));
    }

    /// Writes what went wrong and what to do.
    pub(crate) fn error(&self, error: &CliError) {
        let red = AnsiColor::Red.on_default().bold();
        tell(&format!("{red}error:{red:#} "), &folded(&error.to_string()), "");
        if let Some(hint) = error.hint() {
            tell(&format!("{DIM}hint:{DIM:#} "), &folded(hint), "");
        }
    }
}

/// Whether a person sits at both ends.
pub(crate) fn is_interactive() -> bool {
    #[expect(clippy::disallowed_methods, reason = "it is only looked at")]
    let out = std::io::stdout().is_terminal();
    out && std::io::stdin().is_terminal()
}

/// Writes a page that the command itself has laid out, such as a script for a
/// shell: its line breaks and tabs stay.
pub(crate) fn page(text: &str) -> Result {
    write_out(&laid_out(text))
}

/// The help, or what is wrong with the arguments, which are quoted in it.
pub(crate) fn usage(error: &clap::Error) {
    let text = laid_out(error.render().to_string().trim_end());
    match error.use_stderr() {
        true => tell("", &text, ""),
        // Nobody reads it: that is no failure of the command.
        false => drop(write_out(&text)),
    }
}

/// What a bug in the command says of itself.
pub(crate) fn panic(info: &std::panic::PanicHookInfo<'_>) {
    tell("bug: ", &folded(&info.to_string()), "");
}

#[expect(clippy::disallowed_methods, reason = "this is the way out")]
fn write_out(text: &str) -> Result {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        // Whoever reads has enough: `tenantry tenant list | head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(CliError::hinted(
            format!("standard output cannot be written: {error}"),
            "check where it goes: the disk may be full, or the terminal closed",
        )),
        Ok(()) => Ok(()),
    }
}

/// Writes `text`, which is clean, between two styles of our own.
#[expect(clippy::disallowed_methods, reason = "this is the way out")]
fn tell(before: &str, text: &str, after: &str) {
    // Progress that nobody can read is no failure.
    let _ = writeln!(anstream::stderr(), "{before}{text}{after}");
}

/// A text of several lines, the further ones marked as such.
fn folded(text: &str) -> String {
    let lines: Vec<String> = text.trim_end().lines().map(visible::line).collect();
    lines.join(&format!("\n{FURTHER}"))
}

/// A page with its line breaks and tabs, and nothing else that steers.
pub(crate) fn laid_out(text: &str) -> String {
    let cells = |line: &str| line.split('\t').map(visible::line).collect::<Vec<_>>().join("\t");
    text.split('\n').map(cells).collect::<Vec<_>>().join("\n")
}

/// A duration as people read it: `4.2s`, `3m07s`.
pub(crate) fn elapsed(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1}s", time.as_secs_f64()),
        seconds => format!("{}m{:02}s", seconds / 60, seconds % 60),
    }
}

fn table(head: &[&str], rows: Vec<Vec<String>>) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(head.iter().map(|name| name.to_uppercase()));
    for row in rows {
        // Before the layout: what is spelt out takes more columns.
        table.add_row(row.iter().map(|cell| visible::line(cell)));
    }
    table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        assert_eq!(elapsed(Duration::from_millis(4_230)), "4.2s");
        assert_eq!(elapsed(Duration::from_secs(187)), "3m07s");
    }

    #[test]
    fn a_cell_with_line_breaks_is_one_line() {
        let lines = table(&["a", "b"], vec![vec!["one\ntwo".to_owned(), "\u{1b}[31mred".to_owned()]]);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[1].contains("one\\ntwo") && lines[1].contains("\\u{1b}[31mred"), "{lines:?}");
    }

    #[test]
    fn further_lines_cannot_pass_for_lines_of_the_command() {
        let text = folded("refused\n   0.1s ✓ tenant deleted\r\u{9b}2K");
        assert_eq!(text, format!("refused\n{FURTHER}   0.1s ✓ tenant deleted\\r\\u{{9b}}2K"));
    }

    #[test]
    fn a_page_keeps_its_layout_and_nothing_else() {
        assert_eq!(laid_out("a\tb\n\u{1b}c\n"), "a\tb\n\\u{1b}c\n");
    }
}
