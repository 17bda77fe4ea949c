//! Random histories: see [`tenantry_tests::simulation`].

use crate::table;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tenantry_tests::matrix::Tally;
use tenantry_tests::simulation::{History, run};

/// How long histories are tried by default; at least as many as [`LEAST`].
const TIME: Duration = Duration::from_secs(40);
const LEAST: u64 = 40;
/// How much of a failed history is shown.
const SHOWN: usize = 400;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not `{text}`")))
}

/// Whatever goes wrong on the way, once the weather is fair every tenant is as
/// wished or explained, and all invariants hold. `TENANTRY_SEED` replays one
/// history, `TENANTRY_HISTORIES` says how many are tried.
#[test]
#[allow(clippy::print_stdout)]
fn histories() {
    if let Some(seed) = number("TENANTRY_SEED") {
        let history = run(seed);
        println!("{}", history.trace.join("\n"));
        assert!(history.wrong.is_empty(), "{}", complaint(seed, &history));
        return;
    }
    let most = number("TENANTRY_HISTORIES");
    let (begun, next) = (Instant::now(), AtomicU64::new(1));
    let sum = Mutex::new(Sum::default());
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        let over = match most {
            Some(most) => seed > most,
            None => seed > LEAST && begun.elapsed() > TIME,
        };
        if over {
            return;
        }
        let history = run(seed);
        sum.lock().unwrap_or_else(PoisonError::into_inner).add(seed, &history);
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{sum}");
    table::add(table::HISTORIES, &sum.tally);
    let shown: Vec<_> = sum.wrong.values().take(1).cloned().collect();
    let seeds: Vec<_> = sum.wrong.keys().collect();
    assert!(
        sum.wrong.is_empty(),
        "{} of {} histories are wrong: {seeds:?}\n{}",
        seeds.len(),
        sum.histories,
        shown.join("")
    );
}

#[derive(Default)]
struct Sum {
    histories: usize,
    requests: usize,
    calls: usize,
    faults: usize,
    statuses: BTreeMap<String, usize>,
    tally: Tally,
    wrong: BTreeMap<u64, String>,
}

impl Sum {
    fn add(&mut self, seed: u64, history: &History) {
        self.histories += 1;
        self.requests += history.requests;
        self.calls += history.calls;
        self.tally.histories += 1;
        for ((function, call, fault), times) in &history.faults {
            self.faults += times;
            self.tally.history(function, call, fault, *times);
        }
        for (status, tenants) in &history.statuses {
            *self.statuses.entry(status.clone()).or_default() += tenants;
        }
        if !history.wrong.is_empty() {
            self.wrong.insert(seed, complaint(seed, history));
        }
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { histories, requests, calls, faults, statuses, wrong, .. } = self;
        write!(
            f,
            "{histories} histories, {} wrong: {requests} requests, {calls} calls, {faults} faults; tenants at the end: {statuses:?}",
            wrong.len()
        )
    }
}

fn complaint(seed: u64, history: &History) -> String {
    let skipped = history.trace.len().saturating_sub(SHOWN);
    let replay = format!(
        "TENANTRY_SEED={seed} cargo test --release --workspace --test faults histories -- --nocapture"
    );
    format!("{}\n…\n{}\n\n{replay}\n", history.trace[skipped..].join("\n"), history.wrong.join("\n"))
}

/// The same seed is the same history, call by call; another one is another.
#[test]
fn a_seed_is_a_history() {
    for seed in [1, 2, 3] {
        let (once, twice) = (run(seed), run(seed));
        assert!(once.trace.len() > 100, "{}", once.trace.len());
        let different = once.trace.iter().zip(&twice.trace).find(|(a, b)| a != b);
        assert_eq!(different, None);
        assert_eq!(once.trace.len(), twice.trace.len());
    }
    assert_ne!(run(1).trace, run(2).trace);
}
