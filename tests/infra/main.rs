//! The infra tier: what is deployed, checked without deploying it. Templates,
//! state machines, buildspecs, the Python parts, and the order of the house.

// Tests may fail loudly: that is what they are for.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod alarms;
mod api;
mod as_tight_as_its_consumers;
mod builds;
mod crates;
mod delivery;
mod functions;
mod lifetime;
mod machines;
mod names;
mod peers;
mod permissions;
mod policies;
mod python;
mod registry;
mod support;
mod templates;
mod tidy;
