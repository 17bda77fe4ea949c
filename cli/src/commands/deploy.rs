//! `tenantry deploy`.

use crate::args;
use crate::deploy::{AwsCommand, Deployment, deploy};
use crate::error::Result;
use crate::output::Output;
use crate::workspace::Workspace;

pub(super) async fn run(args: args::Deploy, stack: &str, output: &Output) -> Result {
    let workspace = Workspace::find()?;
    if !args.no_package {
        crate::package::package(&workspace, output).await?;
    }
    let deployment = Deployment { stack, bucket: &args.bucket, parameters: &args.parameters };
    deploy(&workspace, &AwsCommand::on_path(), &deployment, output).await
}
