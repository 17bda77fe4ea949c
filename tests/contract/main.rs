//! The contract: schemas, golden examples, what is refused and how, what is
//! sent, who hears it, and what was released.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod as_tight_as_its_consumers;
mod compat;
mod emitted;
mod examples;
mod figures;
mod generated;
mod mutations;
mod publisher;
mod refusals;
mod released;
mod routing;
mod sbt;
mod text_not_what_it_looks_like;
