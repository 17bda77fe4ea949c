//! A control plane in virtual time: the functions themselves, and everything
//! around them simulated in one thread, in an order that follows from a seed.
//! Invocations run side by side and meet at each call of a service; what they
//! meet there is the weather's: refusals, lost answers, kills, delays, losses,
//! repetitions. Then the weather clears up, and all must end well.
//!
//! What is simulated: the delivery of events and of stream records, Lambda's
//! repetitions and dead letters, executions with their builds, their recording
//! and their status events, an external application plane with its answers, the
//! sweeper's schedule. What is real: the functions'
//! code and the SDK with its retries and time limits.

mod cloud;
mod engine;
mod executions;
mod lambda;
mod plane;
mod random;
mod requests;
mod stream;
pub mod table;
mod users;
mod weather;
mod wire;

use std::collections::BTreeMap;

/// A function, the call that it made, and the fault that the call met.
pub type Case = (String, String, String);

/// One history, from its seed.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// What happened, in order.
    pub trace: Vec<String>,
    /// What is wrong, in words; empty if nothing is.
    pub wrong: Vec<String>,
    /// The faults that calls met, and how often.
    pub faults: BTreeMap<Case, usize>,
    /// How many requests were sent, and how many calls of services made.
    pub requests: usize,
    /// How many calls of services were made.
    pub calls: usize,
    /// In which status the tenants ended.
    pub statuses: BTreeMap<String, usize>,
}

/// The history of `seed`: the same, every time.
#[must_use]
pub fn run(seed: u64) -> History {
    engine::Engine::new(seed).run()
}
