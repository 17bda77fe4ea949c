//! What all tests of this binary tried, as one table; the last one prints it.

use std::sync::Mutex;
use tenantry_tests::matrix::Tally;

/// The functions' scenarios, and the histories.
const PARTS: usize = 11;

static TABLE: Mutex<(usize, Tally)> = Mutex::new((0, Tally::new()));

/// Adds what one test tried.
#[allow(clippy::print_stdout)]
pub(crate) fn add(tally: &Tally) {
    let mut table = TABLE.lock().unwrap();
    table.0 += 1;
    table.1.add(tally);
    if table.0 == PARTS {
        println!("{}", table.1);
    }
}
