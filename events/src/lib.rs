//! The contract: every event of Tenantry as a type.
//!
//! Names, sources, versions, limits, golden examples and generated schemas of
//! everything that travels on the tenant bus. The vocabulary is SBT's
//! (`src/utils/event-manager.ts` of awslabs/sbt-aws); what SBT lacks has the
//! prefix `tenantry_`. This crate knows neither AWS nor an async runtime.

pub mod attributes;
pub mod catalogue;
pub mod delivery;
pub mod details;
pub mod envelope;
pub mod failure;
pub mod ids;
pub mod metadata;
pub mod name;
mod object;
pub mod receive;
pub mod sources;
pub mod text;
mod whole;
