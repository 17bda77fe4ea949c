//! What all tests of this binary tried, as one table; the last one prints it.

use std::collections::BTreeSet;
use std::sync::Mutex;
use tenantry_tests::matrix::Tally;
use tenantry_tests::world::Function;

static TABLE: Mutex<(BTreeSet<&str>, Tally)> = Mutex::new((BTreeSet::new(), Tally::new()));

/// Adds what one test tried: the scenarios of a function, or the histories.
#[allow(clippy::print_stdout)]
pub(crate) fn add(part: &'static str, tally: &Tally) {
    let mut table = TABLE.lock().unwrap();
    table.0.insert(part);
    table.1.add(tally);
    let tried = |function: &Function| table.0.contains(function.as_str());
    if [HISTORIES, EXTERNAL].iter().all(|part| table.0.contains(part)) && Function::ALL.iter().all(tried) {
        println!("{}", table.1);
    }
}

/// The part of external application planes, on both buses.
pub(crate) const EXTERNAL: &str = "external planes";

/// The part that is no function's.
pub(crate) const HISTORIES: &str = "histories";
