//! An accepted request that has no outcome yet.

use super::{OperationKind, Request};
use serde::{Deserialize, Serialize};

/// What was asked and accepted, and not answered so far. A tenant has at most
/// three: what its open operation serves, the provisioning that must come first,
/// and its newest wish.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenRequest {
    /// The operation that it asks for.
    pub asks: OperationKind,
    /// Who asks.
    pub request: Request,
}
