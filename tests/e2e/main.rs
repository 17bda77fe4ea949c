//! End to end, on a local cloud as `tenantry local up` makes it: what a
//! publisher and an operator see.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bad_input;
mod cancel;
mod cli;
mod demo;
mod duplicates;
mod failure;
mod foreign;
mod onboarding;
