//! What the functions share: settings, faults, telemetry, intake, quarantine.

pub mod ending;
pub mod fault;
pub mod identity;
pub mod intake;
pub mod payload;
pub mod quarantine;
pub mod runtime;
pub mod settings;
pub mod stream;
pub mod wish;
