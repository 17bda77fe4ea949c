//! Many at once, on a local cloud. The sizes that are part of every test run
//! are small; `TENANTRY_SCALE=full` is what the numbers in the documents are of.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod dropped;
