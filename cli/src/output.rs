//! Data to standard output, talk to standard error; colour only where a
//! terminal shows it and `NO_COLOR` does not forbid it.

use crate::error::{CliError, Result};
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use std::io::Write;
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

/// Where everything that the command says goes.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    format: Format,
    begun: Instant,
}

/// What a line of talk means.
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

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        Self { format, begun: Instant::now() }
    }

    /// Writes data: rows for people, the value for programs.
    pub(crate) fn data<T: Serialize>(&self, value: &T, head: &[&str], rows: Vec<Vec<String>>) -> Result {
        match self.format {
            Format::Json => self.json(value),
            Format::Table => self.print(&table(head, rows)),
        }
    }

    /// Writes one thing: its fields for people, the value for programs.
    pub(crate) fn record<T: Serialize>(&self, value: &T, fields: Vec<(&str, String)>) -> Result {
        match self.format {
            Format::Json => self.json(value),
            Format::Table => {
                let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
                let line = |(name, value): &(&str, String)| format!("{name:width$}  {value}");
                self.print(&fields.iter().map(line).collect::<Vec<_>>().join("\n"))
            }
        }
    }

    /// Whether data is for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Writes `value` as JSON.
    pub(crate) fn json<T: Serialize>(&self, value: &T) -> Result {
        self.print(&serde_json::to_string_pretty(value)?)
    }

    /// Writes a line of data as it is.
    pub(crate) fn print(&self, text: &str) -> Result {
        match writeln!(anstream::stdout(), "{text}") {
            // Whoever reads has enough: `tenantry tenant list | head`.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
            other => other.map_err(CliError::from),
        }
    }

    /// Says something, with the time since the command began.
    pub(crate) fn say(&self, mark: Mark, text: &str) {
        let (icon, style) = match mark {
            Mark::Step => ("…", AnsiColor::Cyan.on_default()),
            Mark::Good => ("✓", AnsiColor::Green.on_default()),
            Mark::Bad => ("✗", AnsiColor::Red.on_default()),
            Mark::Note => (" ", DIM),
        };
        let time = elapsed(self.begun.elapsed());
        // Talk that nobody can hear is no failure.
        let _ = writeln!(anstream::stderr(), "{DIM}{time:>7}{DIM:#} {style}{icon}{style:#} {text}");
    }

    /// Says something of lesser weight, such as a line of a build's log.
    pub(crate) fn aside(&self, text: &str) {
        let _ = writeln!(anstream::stderr(), "{DIM}          {text}{DIM:#}");
    }

    /// Says what went wrong and what to do.
    pub(crate) fn error(&self, error: &CliError) {
        let red = AnsiColor::Red.on_default().bold();
        let _ = writeln!(anstream::stderr(), "{red}error:{red:#} {error}");
        if let Some(hint) = error.hint() {
            let _ = writeln!(anstream::stderr(), "{DIM}hint:{DIM:#} {hint}");
        }
    }
}

/// A duration as people read it: `4.2s`, `3m07s`.
pub(crate) fn elapsed(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1}s", time.as_secs_f64()),
        seconds => format!("{}m{:02}s", seconds / 60, seconds % 60),
    }
}

fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(head.iter().map(|name| name.to_uppercase()));
    for row in rows {
        table.add_row(row);
    }
    table
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        assert_eq!(elapsed(Duration::from_millis(4_230)), "4.2s");
        assert_eq!(elapsed(Duration::from_secs(187)), "3m07s");
    }
}
