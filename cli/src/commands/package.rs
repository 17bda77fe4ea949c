//! `tenantry package`.

use crate::error::Result;
use crate::output::Output;
use crate::workspace::Workspace;

pub(super) async fn run(output: &Output) -> Result {
    crate::package::package(&Workspace::find()?, output).await
}
