//! Where commands look and whom they ask: the deployment itself, with AWS
//! credentials, or its API, with a token. The one place that knows which.

mod dead_letters;
mod executions;
mod requests;
mod settling;
mod tenants;

pub(crate) use dead_letters::{none, short};
pub(crate) use executions::ExecutionLine;
pub(crate) use requests::{Asked, Request, verb};
pub(crate) use tenants::record;

use crate::api::Api;
use crate::clients::Deployment;

/// Where commands look and whom they ask.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// The deployment's own table, bus, machines and queues.
    Deployment(Box<Deployment>),
    /// Its API.
    Api(Api),
}

impl Source {
    /// Whether it is on AWS, where there is a console; the local cloud has none.
    pub(crate) fn is_aws(&self) -> bool {
        match self {
            Self::Deployment(deployment) => deployment.is_aws,
            Self::Api(api) => !api.is_local(),
        }
    }
}

impl From<&Deployment> for Source {
    fn from(deployment: &Deployment) -> Self {
        Self::Deployment(Box::new(deployment.clone()))
    }
}
