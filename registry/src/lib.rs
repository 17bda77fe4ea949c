//! The tenant registry: what each tenant should be, what it is, and how it got
//! there.
//!
//! [`lifecycle`] decides, purely; [`store`] keeps, in one DynamoDB table. Every
//! writer, whatever its path (event, API, operator, state machine), goes
//! through [`store::Registry::apply`], which asks [`lifecycle::decide`] and
//! writes the answer only if the tenant is still what it was when it decided.

pub mod audit;
pub mod build_status;
pub mod lifecycle;
pub mod notices;
pub mod plan;
pub mod store;
pub mod tenant;
pub mod tier;
