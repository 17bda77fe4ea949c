//! The control plane's Lambda functions, one module each.
//!
//! Every module has the same skeleton: `Deps` (its clients and settings), one
//! error enum with stable names, and one entry function that takes the deps,
//! the payload and the time. `src/bin/` has a thin binary for each.
//!
//! ```text
//! bin/* ─▶ wiring ─▶ api, reconciler, publisher, … ─▶ requests ─▶ engine ─▶ shared ─▶ registry, events
//! ```
//!
//! `wiring` makes each function's `Deps` from its environment; `requests` takes in
//! what is asked of tenants; `engine` carries operations out; `shared` knows no
//! function.

pub mod api;
pub mod application_events;
pub mod engine;
pub mod execution_ended;
pub mod lifecycle;
pub mod offboarding;
pub mod onboarding;
pub mod publisher;
pub mod reconciler;
pub mod record_outcome;
pub mod requests;
pub mod shared;
pub mod sweeper;
pub mod tiers;
pub mod token_scopes;
pub mod wiring;
