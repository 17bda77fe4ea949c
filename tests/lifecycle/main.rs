//! The lifecycle: the pure function, exhaustively and by property.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod accepted_means_done_or_answered;
mod confluence;
mod details;
mod external;
mod invariants;
mod model;
mod model_external;
mod model_world;
mod properties;
mod reasons_that_reach_people;
mod table;
