//! The picture, drawn: all of it follows from the view, so that a test can look
//! at it too. Colour only repeats what marks and words say.

use super::View;
use super::details::Details;
use super::graph::{Lit, Node};
use super::overview::{Urgency, brief};
use crate::output::elapsed;
use crate::output::visible::line as shown;
use chrono::{DateTime, Utc};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Cell, Paragraph, Row, Table, TableState, Wrap};
use std::time::Duration;
use tenantry_registry::store::{Activity, TenantSummary};
use tenantry_registry::tenant::Operation;

const DIM: Style = Style::new().fg(Color::DarkGray);
const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
const GOOD: Style = Style::new().fg(Color::Green);
const BAD: Style = Style::new().fg(Color::Red);
const BUSY: Style = Style::new().fg(Color::Cyan);
const CHOSEN: Style = Style::new().add_modifier(Modifier::REVERSED);

/// The keys, in short.
const KEYS: &str = "↑↓ choose  r retry  c cancel  s suspend  a resume  ? help  q quit";

const HELP: &str = "\
↑ ↓ PgUp PgDn   choose a tenant; Home goes back to the most urgent one
r               retry what failed, at once
c               cancel what is under way, and clean up (asks first)
s               suspend: the tenant's API answers 403, its data stays (asks first)
a               activate: resume a suspended tenant (asks first)
q Esc Ctrl-C    quit; nothing that is under way stops

Tenants that need a person come first (✗), then those under way (…), the
oldest first, then the rest by name (✓).

More about a tenant:  tenantry tenant history <id>, tenantry execution show <id>";

/// Draws the view.
pub(super) fn draw(frame: &mut Frame<'_>, view: &View) {
    let [top, list, rest, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(list_height(view, frame.area().height)),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(heading(view), top);
    tenants(frame, view, list);
    match (&view.snapshot.details, view.has_help) {
        (_, true) => frame.render_widget(Paragraph::new(HELP).style(STRONG), rest),
        (Some(details), false) => about(frame, details, view.snapshot.overview.at, rest),
        (None, false) => {
            let none = "No tenants yet. Onboard one: tenantry tenant onboard --help";
            frame.render_widget(Paragraph::new(none).style(DIM), rest);
        }
    }
    frame.render_widget(footer(view), foot);
    for cell in &mut frame.buffer_mut().content {
        // What a text should have been made visible and was not.
        if shown(cell.symbol()) != cell.symbol() {
            cell.set_symbol("\u{fffd}");
        }
    }
}

/// A third of the screen at the most, less if there are few tenants.
fn list_height(view: &View, height: u16) -> u16 {
    let tenants = u16::try_from(view.snapshot.overview.tenants.len()).unwrap_or(u16::MAX);
    tenants.saturating_add(1).clamp(2, (height / 3).max(3))
}

fn heading(view: &View) -> Line<'static> {
    let overview = &view.snapshot.overview;
    let (bad, busy) = (overview.count(Urgency::Attention), overview.count(Urgency::UnderWay));
    let more = if overview.has_more { "+" } else { "" };
    let style = |count: usize, style: Style| if count > 0 { style } else { DIM };
    Line::from(vec![
        Span::styled(format!("{}{more} tenants", overview.tenants.len()), STRONG),
        Span::raw("   "),
        Span::styled(format!("✗ {bad} need attention"), style(bad, BAD)),
        Span::raw("   "),
        Span::styled(format!("… {busy} under way"), style(busy, BUSY)),
        Span::styled(format!("   {}", overview.at.format("%H:%M:%SZ")), DIM),
    ])
}

fn tenants(frame: &mut Frame<'_>, view: &View, area: Rect) {
    let overview = &view.snapshot.overview;
    let rows = overview.tenants.iter().map(|tenant| row(tenant, overview.at));
    let widths = [
        Constraint::Length(1),
        Constraint::Fill(2),
        Constraint::Length(10),
        Constraint::Length(17),
        Constraint::Length(4),
        Constraint::Fill(3),
    ];
    let head = Row::new(["", "NAME", "TIER", "STATUS", "FOR", "WHY"]).style(DIM);
    let table = Table::new(rows, widths).header(head).row_highlight_style(CHOSEN);
    frame.render_stateful_widget(table, area, &mut TableState::new().with_selected(view.place()));
}

fn row(tenant: &TenantSummary, now: DateTime<Utc>) -> Row<'static> {
    let (mark, style) = match Urgency::of(tenant) {
        Urgency::Attention => ("✗", BAD),
        Urgency::UnderWay => ("…", BUSY),
        Urgency::Calm => ("✓", GOOD),
    };
    Row::new([
        Cell::from(mark).style(style),
        Cell::from(shown(&tenant.tenant_name.to_string())),
        Cell::from(tenant.tier.to_string()),
        Cell::from(tenant.status.to_string()).style(style),
        Cell::from(brief(now - tenant.updated_at)),
        Cell::from(tenant.attention.as_deref().map(shown).unwrap_or_default()),
    ])
}

fn about(frame: &mut Frame<'_>, details: &Details, now: DateTime<Utc>, area: Rect) {
    let title = title(details, now, usize::from(area.width));
    let failure = failure(details);
    // Words that do not fit into a line's end go into the next one.
    let width = usize::from(area.width.saturating_sub(8).max(1));
    let lines = failure.lines.iter().map(|line| line.width().div_ceil(width)).sum::<usize>();
    let failure = Paragraph::new(failure).wrap(Wrap { trim: true });
    let graph: Vec<Line<'_>> = details.graph.iter().map(|row| way(row)).collect();
    let steps = steps(details, now);
    let part = |lines: usize| Constraint::Length(u16::try_from(lines).unwrap_or(u16::MAX));
    let [head, why, picture, middle, log] = Layout::vertical([
        Constraint::Length(1),
        part(lines.min(4)),
        part(graph.len()),
        part(steps.len().min(7)),
        Constraint::Min(0),
    ])
    .areas(area);
    frame.render_widget(title, head);
    frame.render_widget(failure, why);
    frame.render_widget(Text::from(graph), picture);
    // The newest lines are what one wants to see.
    frame.render_widget(Text::from(tail(steps, middle.height)), middle);
    let lines = details.log.iter().map(|line| Line::styled(shown(line), DIM)).collect();
    frame.render_widget(Text::from(tail(lines, log.height)), log);
}

fn tail(mut lines: Vec<Line<'_>>, height: u16) -> Vec<Line<'_>> {
    lines.split_off(lines.len().saturating_sub(usize::from(height)))
}

/// A rule with the tenant's name, id and status in it.
fn title(details: &Details, now: DateTime<Utc>, width: usize) -> Line<'static> {
    let tenant = &details.tenant;
    let what = match (&tenant.operation, details.place) {
        (Some(open), _) => format!("{} {} for {}", open.kind, open.id, brief(now - open.started_at)),
        (None, Some(place)) => format!("waiting for capacity: queue position {place}"),
        (None, None) => tenant.status.to_string(),
    };
    let text = format!("── {} · {} · {what} ", shown(&tenant.tenant_name.to_string()), tenant.tenant_id);
    let rule = "─".repeat(width.saturating_sub(text.chars().count()));
    Line::styled(format!("{text}{rule}"), STRONG)
}

/// Why it failed: the root cause, on the first screen.
fn failure(details: &Details) -> Text<'static> {
    let Some(failure) = &details.tenant.failure else { return Text::default() };
    let mut lines = vec![Line::from(vec![
        Span::styled(
            shown(&format!("✗ {} ({}): ", failure.step, failure.code)),
            BAD.add_modifier(Modifier::BOLD),
        ),
        Span::styled(shown(&failure.reason), BAD),
    ])];
    let left = failure.left_behind.as_ref();
    lines.extend(left.map(|left| Line::styled(shown(&format!("  left behind: {left}")), BAD)));
    Text::from(lines)
}

/// A row of states: the current one lit.
fn way(row: &[Node]) -> Line<'static> {
    let mut spans = vec![Span::raw("  ")];
    for (place, node) in row.iter().enumerate() {
        if place > 0 {
            spans.push(Span::styled(" ─▶ ", DIM));
        }
        let (text, style) = match node.lit {
            Lit::Not => (shown(&node.name), DIM),
            Lit::Now => (shown(&format!("[{}]", node.name)), BUSY.add_modifier(Modifier::REVERSED)),
            Lit::Done => (shown(&format!("✓ {}", node.name)), GOOD),
            Lit::Failed => (shown(&format!("✗ {}", node.name)), BAD),
        };
        spans.push(Span::styled(text, style));
    }
    Line::from(spans)
}

/// What was asked, what ran, and the states of the last run, by time.
fn steps(details: &Details, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let mut steps: Vec<(DateTime<Utc>, Line<'static>)> = Vec::new();
    for activity in &details.activities {
        let line = match activity {
            Activity::Audit(entry) => {
                let text = format!("{} {}: {}", entry.origin.action, entry.verdict, entry.reason);
                Line::styled(stamped(entry.at, &text), DIM)
            }
            Activity::Operation(operation) => operation_line(operation, now),
        };
        steps.push((activity.at(), line));
    }
    for run in &details.runs {
        let at = run.entered_at;
        let took = run.milliseconds.map_or_else(|| brief(now - at), span);
        let tries = if run.attempts > 1 { format!(", {} attempts", run.attempts) } else { String::new() };
        let error = run.error.as_ref().map_or_else(String::new, |error| format!("  ✗ {error}"));
        let style = if run.error.is_some() { BAD } else { Style::new() };
        steps.push((at, Line::styled(stamped(at, &format!("  {} {took}{tries}{error}", run.state)), style)));
    }
    steps.sort_by_key(|(at, _)| *at);
    steps.into_iter().map(|(_, line)| line).collect()
}

fn operation_line(operation: &Operation, now: DateTime<Utc>) -> Line<'static> {
    let took = match operation.ended_at {
        Some(ended) => span((ended - operation.started_at).num_milliseconds()),
        None => brief(now - operation.started_at),
    };
    let style = if operation.failure.is_some() { BAD } else { STRONG };
    let text = format!("{} {} {}, {took}", operation.kind, operation.id, operation.state);
    Line::styled(stamped(operation.started_at, &text), style)
}

fn stamped(at: DateTime<Utc>, text: &str) -> String {
    format!("{} {}", at.format("%H:%M:%S"), shown(text))
}

fn span(millis: i64) -> String {
    elapsed(Duration::from_millis(u64::try_from(millis).unwrap_or_default()))
}

fn footer(view: &View) -> Line<'static> {
    if let Some(asking) = view.asking {
        let name = view.place().map(|place| view.snapshot.overview.tenants[place].tenant_name.to_string());
        let ask = format!("{} {}? y: yes, any other key: no", asking.verb(), name.unwrap_or_default());
        return Line::styled(shown(&ask), CHOSEN);
    }
    if let Some(trouble) = &view.trouble {
        return Line::styled(shown(&format!("not up to date: {trouble}")), BAD);
    }
    match &view.said {
        Some(said) => Line::styled(shown(said), STRONG),
        None => Line::styled(KEYS, DIM),
    }
}

#[cfg(test)]
mod tests;
