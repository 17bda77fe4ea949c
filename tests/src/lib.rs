//! The kit that all tiers of tests share: builders of tenants and requests, an
//! emulator to run against, faults to inject.

// Tests may fail loudly: that is what they are for.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

pub mod access;
pub mod builders;
pub mod cloud;
pub mod emulator;
pub mod events;
pub mod examples;
pub mod external;
pub mod faults;
pub mod figures;
pub mod functions;
pub mod generate;
pub mod http;
pub mod invariants;
pub mod lives;
pub mod machine;
pub mod machine_faults;
pub mod matrix;
pub mod memory;
pub mod patterns;
pub mod payloads;
pub mod rules;
pub mod schemas;
pub mod server;
pub mod simulation;
pub mod streams;
pub mod table;
pub mod template;
pub mod venv;
pub mod verdicts;
pub mod workspace;
pub mod world;
