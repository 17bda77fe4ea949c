//! The figures as tables.

use super::{Counted, Figures, Life, counted};
use std::fmt::Write as _;

/// The counts of all lives beside those of `before`, a line for each measure.
#[must_use]
pub fn table(lives: &[(&'static str, Life)], before: &Figures) -> String {
    let now: Vec<Counted> = lives.iter().map(|(_, life)| counted(life)).collect();
    let mut measures: Vec<&String> = Vec::new();
    let past = lives.iter().filter_map(|(name, _)| before.get(*name));
    for (measure, _) in now.iter().chain(past).flatten() {
        if !measures.contains(&measure) {
            measures.push(measure);
        }
    }
    measures.sort_by_key(|measure| place(measure));
    let mut text = String::from("|");
    for name in [""].into_iter().chain(lives.iter().map(|(name, _)| *name)) {
        write!(text, " {name} |").expect("a text");
    }
    text.push('\n');
    text.push_str(&format!("|---|{}\n", "---:|".repeat(lives.len())));
    for measure in measures {
        write!(text, "| {measure} |").expect("a text");
        for ((name, _), now) in lives.iter().zip(&now) {
            let of = |counted: &Counted| counted.get(measure).copied().unwrap_or_default();
            let (then, now) = (before.get(*name).map_or(0.0, of), of(now));
            let cell = if then == now { format!("{now}") } else { format!("{then} → **{now}**") };
            write!(text, " {cell} |").expect("a text");
        }
        text.push('\n');
    }
    text
}

/// Where a measure stands: groups in the order in which things happen.
fn place(measure: &str) -> (usize, String) {
    const GROUPS: [&str; 6] = ["Lambda", "Step Functions", "CodeBuild", "EventBridge", "DynamoDB", "Cognito"];
    let group = GROUPS.iter().position(|group| measure.starts_with(group)).unwrap_or(GROUPS.len());
    (group, measure.to_owned())
}

/// Who was at work, in order, and what each called.
#[must_use]
pub fn hops(life: &Life) -> String {
    let mut text = String::from(
        "| | at work | calls | read units | write units: table + indexes |\n|---:|---|---|---:|---:|\n",
    );
    for (place, hop) in life.hops.iter().enumerate() {
        let calls = hop.calls.iter().map(|metered| {
            let subject = metered.call.subject.replace('+', ", ");
            format!("{} ({subject})", metered.call.operation).replace(" ()", "")
        });
        let calls = calls.collect::<Vec<_>>().join("; ");
        let sum = |of: fn(&super::Metered) -> usize| hop.calls.iter().map(of).sum::<usize>();
        let reads = super::units(sum(|metered| metered.halves_read));
        let (table, indexes) = (sum(|metered| metered.table_writes), sum(|metered| metered.index_writes));
        let writes = if table + indexes == 0 { String::new() } else { format!("{table} + {indexes}") };
        let reads = if reads == 0.0 { String::new() } else { reads.to_string() };
        writeln!(text, "| {} | {} | {calls} | {reads} | {writes} |", place + 1, hop.who).expect("a text");
    }
    text
}
