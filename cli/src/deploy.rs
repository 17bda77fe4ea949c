//! Deployment, the same on AWS and on the local cloud: the silo package and the
//! functions go into a bucket, the control plane's template is deployed, then
//! the tiers that it offers.

mod aws_command;
mod change_set;
mod name;
mod silo_package;
mod tiers;

pub(crate) use aws_command::AwsCommand;
pub(crate) use name::check as check_stack_name;

use crate::error::{CliError, Result};
use crate::files;
use crate::output::{Mark, Output};
use crate::workspace::Workspace;
use std::path::Path;

/// What is deployed, and where to.
#[derive(Clone, Debug)]
pub(crate) struct Deployment<'a> {
    /// The control plane's stack.
    pub(crate) stack: &'a str,
    /// The bucket for what is packaged.
    pub(crate) bucket: &'a str,
    /// Parameters of the template, as NAME=VALUE.
    pub(crate) parameters: &'a [String],
    /// The template of the tiers; `infra/tiers.yaml` if none is given.
    pub(crate) tiers: Option<&'a Path>,
}

/// Deploys the control plane from what [`crate::package::package`] has left.
pub(crate) async fn deploy(
    workspace: &Workspace,
    aws: &AwsCommand,
    deployment: &Deployment<'_>,
    output: &Output,
) -> Result {
    let Deployment { stack, bucket, parameters, tiers } = deployment;
    check_stack_name(stack)?;
    if let Some(wrong) = parameters.iter().find(|parameter| !parameter.contains('=')) {
        return Err(CliError::Invalid(format!("`--parameter` must be NAME=VALUE, was `{wrong}`")));
    }
    files::create_folder(&workspace.package())?;
    output.say(Mark::Step, &format!("packaging into the bucket {bucket}"));
    make_bucket(aws, bucket).await?;
    let silo = workspace.package().join("tenant-silo.yaml");
    package(workspace, aws, "infra/tenant-silo.yaml", bucket, &silo).await?;
    let package_file = silo_package::build(workspace, &silo)?;
    let target = format!("s3://{bucket}/{}", package_file.key);
    aws.run(&["s3", "cp", "--only-show-errors", &text(&package_file.path)?, &target]).await?;
    let control_plane = workspace.package().join("control-plane.yaml");
    package(workspace, aws, "infra/control-plane.yaml", bucket, &control_plane).await?;
    let own = [
        format!("ArtifactBucket={bucket}"),
        format!("SiloPackageKey={}", package_file.key),
        format!("Release={}", package_file.release),
    ];
    let parameters = [&own[..], parameters].concat();
    apply(aws, &text(&control_plane)?, stack, bucket, &parameters, output).await?;
    let own_tiers = workspace.root.join("infra/tiers.yaml");
    tiers::deploy(aws, deployment, tiers.unwrap_or(&own_tiers), output).await?;
    output.say(Mark::Good, &format!("{stack} is deployed (silo release {})", package_file.release));
    Ok(())
}

/// Creates or updates a stack, with a change set.
async fn apply(
    aws: &AwsCommand,
    template: &str,
    stack: &str,
    bucket: &str,
    parameters: &[String],
    output: &Output,
) -> Result {
    output.say(Mark::Step, &format!("deploying the stack {stack}"));
    let mut call = vec!["cloudformation", "deploy", "--no-fail-on-empty-changeset", "--no-execute-changeset"];
    call.extend(["--template-file", template, "--stack-name", stack, "--s3-bucket", bucket]);
    call.extend(["--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]);
    call.push("--parameter-overrides");
    call.extend(parameters.iter().map(String::as_str));
    match change_set::arn(&aws.run(&call).await?) {
        Some(arn) => change_set::execute(aws, arn, stack, output).await,
        None => {
            output.say(Mark::Note, &format!("{stack} is as it should be"));
            Ok(())
        }
    }
}

async fn make_bucket(aws: &AwsCommand, bucket: &str) -> Result {
    if aws.run(&["s3api", "head-bucket", "--bucket", bucket]).await.is_ok() {
        return Ok(());
    }
    aws.run(&["s3", "mb", &format!("s3://{bucket}")]).await.map(|_| ())
}

async fn package(
    workspace: &Workspace,
    aws: &AwsCommand,
    template: &str,
    bucket: &str,
    packaged: &Path,
) -> Result {
    let (from, to) = (text(&workspace.root.join(template))?, text(packaged)?);
    let call = ["cloudformation", "package", "--template-file", &from, "--s3-bucket", bucket];
    let call = [&call[..], &["--s3-prefix", "functions", "--output-template-file", &to]].concat();
    aws.run(&call).await.map(|_| ())
}

fn text(path: &Path) -> Result<String> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| CliError::Failed(format!("{} is not a plain path", path.display())))
}
