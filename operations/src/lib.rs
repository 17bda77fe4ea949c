//! What an operator can see of a deployment and do about it.
//!
//! The HTTP API and the command with AWS credentials are thin adapters of this
//! crate: both find, page, redrive and show in the same way, and differ in who
//! may call and in what an answer looks like.
//!
//! ```text
//! handlers/src/api ─┐
//!                   ├─▶ operations ─▶ registry, EventBridge, SQS, Lambda, Step Functions
//! cli ──────────────┘
//! ```

pub mod bus;
pub mod call;
pub mod dead_letter;
pub mod dead_letters;
pub mod executions;
pub mod functions;
pub mod pages;
pub mod record;
pub mod requests;
pub mod timeline;
pub mod view;
