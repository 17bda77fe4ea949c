//! The tiers: a small template of the deployer's own, in a stack beside the
//! control plane's. What is offered changes by itself, without a deployment of
//! what runs.

use super::{AwsCommand, Deployment, apply, text};
use crate::error::{CliError, Result};
use crate::output::Output;
use std::path::Path;

/// What is put after a control plane's name to call the stack of its tiers.
const STACK: &str = "-tiers";

/// The parameter of the tiers' template, and the control plane's output that it
/// takes.
const FUNCTION: &str = "TiersFunctionArn";

/// Deploys `template`, which declares the tiers of a deployed control plane.
///
/// # Errors
///
/// With CloudFormation's own reason, and when the control plane has no function
/// for tiers.
pub(super) async fn deploy(
    aws: &AwsCommand,
    deployment: &Deployment<'_>,
    template: &Path,
    output: &Output,
) -> Result {
    let Deployment { stack, bucket, .. } = deployment;
    let query = format!("Stacks[0].Outputs[?OutputKey=='{FUNCTION}'].OutputValue");
    let call =
        ["cloudformation", "describe-stacks", "--stack-name", stack, "--query", &query, "--output", "text"];
    let function = aws.run(&call).await?.trim().to_owned();
    if !function.starts_with("arn:") {
        return Err(CliError::Failed(format!("the stack {stack} has no output {FUNCTION}")));
    }
    let parameters = [format!("{FUNCTION}={function}")];
    apply(aws, &text(template)?, &format!("{stack}{STACK}"), bucket, &parameters, output).await
}
