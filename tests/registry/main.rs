//! The registry against a DynamoDB emulator: races, fencing, claims, paging.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod claims;
mod fencing;
mod paging;
mod races;
