//! `tenantry deploy`.

use crate::args;
use crate::deploy::{AwsCommand, Deployment, check_stack_name, deploy};
use crate::error::Result;
use crate::files;
use crate::output::Output;
use crate::workspace::Workspace;

pub(super) async fn run(args: args::Deploy, stack: &str, output: &Output) -> Result {
    // Before minutes of building.
    check_stack_name(stack)?;
    if let Some(tiers) = &args.tiers {
        files::read(tiers, files::TEXT_MAX)?;
    }
    let workspace = Workspace::find()?;
    if !args.no_package {
        crate::package::package(&workspace, output).await?;
    }
    let tiers = args.tiers.as_deref();
    let deployment = Deployment { stack, bucket: &args.bucket, parameters: &args.parameters, tiers };
    deploy(&workspace, &AwsCommand::on_path(), &deployment, output).await
}
