//! The functions, one by one, on an in-process SDK that can have faults.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod accepted_means_done_or_answered;
mod api;
mod application_events;
mod as_tight_as_its_consumers;
mod bad_input;
mod execution_ended;
mod faults;
mod invitation;
mod kit;
mod lifecycle;
mod names;
mod names_that_belong_to_us;
mod offboarding;
mod onboarding;
mod peers;
mod publisher;
mod reasons_that_reach_people;
mod reconciler;
mod record_outcome;
mod records;
mod released;
mod replay;
mod sbt;
mod settled;
mod sweeper;
mod tiers;
mod waiting;
mod who_may;
