//! SBT's own artefacts under this control plane, on a local cloud: its
//! application plane as `@cdklabs/sbt-aws` synthesizes it, and its command line
//! client. They need npm and the network, so `cargo test` leaves them out;
//! `.ci/sbt` runs them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
mod plane;
