//! What only many tenants at once show: bursts, and a cloud that dies in the
//! middle of its work. Each test has a local cloud of its own, and they take
//! turns. `TENANTRY_SCALE=full` runs them in the sizes that are promised; any
//! number is a size, too.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::print_stdout)]

mod builds;
mod burst;
mod dropped;
mod killed;
mod kit;
mod picture;
mod stream;
