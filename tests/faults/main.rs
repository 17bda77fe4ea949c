//! The fault harness: single faults, pairs of faults, and random histories with
//! any number of them. `--nocapture` shows what was tried, as a table.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod external;
mod histories;
mod scenarios;
mod simulated_table;
mod table;

use tenantry_tests::matrix::{Report, Scenario, run};

/// Runs the scenarios, of whichever functions, as one part of the table.
async fn hold_part(part: &'static str, scenarios: &[Scenario], least: usize) {
    let report: Report = Box::pin(run(scenarios)).await;
    table::add(part, &report.tally);
    report.assert_right(least);
}

/// Runs the scenarios of a function with single faults and with pairs, and holds
/// them to a least number of single ones.
async fn hold(scenarios: &[Scenario], least: usize) {
    hold_part(scenarios[0].function().as_str(), scenarios, least).await;
}
