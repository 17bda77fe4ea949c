//! What one operation on one tenant costs, counted: `docs/performance.md` has it,
//! and no change makes it more without showing it there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use tenantry_tests::figures::{Figures, counted, lives, report};
use tenantry_tests::workspace::{assert_generated, read};

/// Where the report is, and between which lines of it the counts are.
const REPORT: &str = "docs/performance.md";
const BEGIN: &str = "<!-- counted: begin -->\n";
const END: &str = "<!-- counted: end -->\n";
/// What was counted before a request began in the transaction that takes it.
const BEFORE: &str = "tests/fixtures/figures/before.json";

/// The report has what is counted today.
#[tokio::test]
async fn the_report_has_what_is_counted() {
    let lives = lives().await;
    if std::env::var_os("TENANTRY_FIGURES").is_some() {
        let now: BTreeMap<_, _> = lives.iter().map(|(name, life)| (*name, counted(life))).collect();
        println!("{}", serde_json::to_string_pretty(&now).unwrap());
    }
    let before: Figures = serde_json::from_str(&read(BEFORE)).unwrap();
    let mut text = report::table(&lives, &before);
    for (name, life) in &lives {
        write!(text, "\n### {name}, step by step\n\n{}", report::hops(life)).unwrap();
    }
    let page = read(REPORT);
    let (head, rest) = page.split_once(BEGIN).expect("where the counts begin");
    let (_, tail) = rest.split_once(END).expect("where they end");
    assert_generated(REPORT, &format!("{head}{BEGIN}\n{text}\n{END}{tail}"));
}
