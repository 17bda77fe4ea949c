//! What the functions share, and knows none of them: faults, telemetry, intake,
//! quarantine.

pub mod fault;
pub mod identity;
pub mod intake;
pub mod payload;
pub mod quarantine;
pub mod runtime;
pub mod stream;
