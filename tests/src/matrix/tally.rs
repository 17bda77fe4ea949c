//! What was tried: which function, which of its calls, which fault, how often.

use super::Strike;
use crate::world::Function;
use std::collections::BTreeMap;
use std::fmt::{self, Display};

/// Cases, counted. A case with several faults counts at each of them.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// By function, call and fault: in single cases, in pairs, in histories.
    rows: BTreeMap<(String, String, String), [usize; 3]>,
    /// How many cases had a single fault.
    pub singles: usize,
    /// How many had two.
    pub pairs: usize,
    /// How many histories there were.
    pub histories: usize,
}

impl Tally {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { rows: BTreeMap::new(), singles: 0, pairs: 0, histories: 0 }
    }

    pub(super) fn single(&mut self, function: Function, strike: &Strike) {
        self.singles += 1;
        self.count(&function.to_string(), &strike.call.operation, &strike.fault, 0, 1);
    }

    pub(super) fn pair(&mut self, function: Function, first: &Strike, second: &Strike) {
        self.pairs += 1;
        for strike in [first, second] {
            self.count(&function.to_string(), &strike.call.operation, &strike.fault, 1, 1);
        }
    }

    /// A call of a function met a fault so often in a history.
    pub fn history(&mut self, function: &str, call: &str, fault: &str, times: usize) {
        self.count(function, call, &fault, 2, times);
    }

    fn count(&mut self, function: &str, call: &str, fault: &impl Display, column: usize, times: usize) {
        let key = (function.to_owned(), call.to_owned(), fault.to_string());
        self.rows.entry(key).or_default()[column] += times;
    }

    /// Adds what `other` counted.
    pub fn add(&mut self, other: &Self) {
        for (key, counts) in &other.rows {
            let row = self.rows.entry(key.clone()).or_default();
            for (sum, count) in row.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        self.singles += other.singles;
        self.pairs += other.pairs;
        self.histories += other.histories;
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (function, call, fault) = ("function", "call", "fault");
        let line = "-".repeat(86);
        writeln!(
            f,
            "{function:<20}{call:<22}{fault:<16}{:>8}{:>8}{:>12}\n{line}",
            "singles", "pairs", "histories"
        )?;
        for ((function, call, fault), [singles, pairs, histories]) in &self.rows {
            writeln!(f, "{function:<20}{call:<22}{fault:<16}{singles:>8}{pairs:>8}{histories:>12}")?;
        }
        let faults: usize = self.rows.values().map(|row| row[2]).sum();
        let Self { singles, pairs, histories, .. } = self;
        write!(
            f,
            "{line}\n{singles} cases with a single fault, {pairs} with two, {histories} histories with {faults} faults"
        )
    }
}
