//! Engines: what carries operations out.
//!
//! ```text
//! reconciler, sweeper ─▶ Engine ─┬─ build     Step Functions and CodeBuild
//!                                └─ external  an application plane, by events
//! ```
//!
//! A tenant's plan names its engine. [`Engines::of`] is the one place that turns
//! the name into the thing; whoever asks for an operation knows the trait only.
//! [`Beginnings`] say what is written of an operation before an engine is called. A
//! new engine is a file here, its lines in `Engines` and `Beginnings`, and its name
//! and plans in `registry/src/plan.rs`.

mod beginnings;
pub mod build;
pub mod ending;
mod error;
mod external;

pub use beginnings::{Beginning, Beginnings};
pub use build::Build;
pub use ending::{failed, outcome_of};
pub use error::EngineError;
pub use external::External;

use std::pin::Pin;
use tenantry_registry::lifecycle::Outcome;
use tenantry_registry::plan::{self, Plan};
use tenantry_registry::tenant::{EndedOperation, OpenOperation, Tenant};

/// What an engine answers, once it has: a future that can be kept in a trait
/// object.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send + 'a>>;

/// What carries operations out. Each call is safe to repeat.
pub trait Engine: Send + Sync {
    /// Sees to it that the operation that has begun is at work.
    fn start<'a>(&'a self, tenant: &'a Tenant, open: &'a OpenOperation) -> Answer<'a, Started>;

    /// Stops it, and whatever it has started, so that nothing of it starts later
    /// either.
    fn stop<'a>(&'a self, tenant: &'a Tenant, open: &'a OpenOperation) -> Answer<'a, Stopped>;

    /// What has become of it.
    fn look<'a>(&'a self, tenant: &'a Tenant, open: &'a OpenOperation) -> Answer<'a, Look>;

    /// Stops it because its deadline is over; how it ends.
    fn give_up<'a>(&'a self, tenant: &'a Tenant, open: &'a OpenOperation) -> Answer<'a, Outcome>;

    /// Stops what an operation that is over may have left at work.
    fn clear<'a>(&'a self, ended: &'a EndedOperation) -> Answer<'a, ()>;
}

/// What came of a start.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Started {
    /// It is at work by this call.
    Now,
    /// It was before, or needs nothing to be started.
    Before,
    /// It can never be started as it is, for this reason.
    Never(String),
}

/// What came of a stop.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stopped {
    /// Whether it is certain that it had done nothing so far.
    pub untouched: bool,
}

/// What has become of an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Look {
    /// It is at work, as far as anybody can tell.
    Runs,
    /// Nobody knows of it: it was never started, or long ago.
    Unknown,
    /// It is over, and nothing of it is at work any more.
    Ended(Box<Outcome>),
}

/// The engines of a deployment.
#[derive(Clone, Debug)]
pub struct Engines {
    /// Step Functions and CodeBuild.
    pub build: Build,
    /// An external application plane.
    pub external: External,
}

impl Engines {
    /// The engine of the plan.
    #[must_use]
    pub fn of(&self, plan: Plan) -> &dyn Engine {
        match plan.engine() {
            plan::Engine::Build => &self.build,
            plan::Engine::External => &self.external,
        }
    }
}
