//! The whole way up: virtual environment, functions, emulator, control plane.

use super::{Cloud, Home, prepare, start};
use crate::deploy::{AwsCommand, Deployment, deploy};
use crate::error::{CliError, Result};
use crate::output::Output;
use crate::package;
use crate::workspace::Workspace;
use std::path::PathBuf;

/// The bucket for what is packaged, in every local cloud.
const BUCKET: &str = "tenantry-artefacts";

/// The parameters of a control plane on this machine: those that were given, and
/// no authenticator for administrators, unless they ask for it.
pub(crate) fn parameters(given: &[String]) -> Vec<String> {
    const NAME: &str = "AdminsNeedMfa=";
    let asked = given.iter().any(|parameter| parameter.starts_with(NAME));
    let own = (!asked).then(|| format!("{NAME}false"));
    own.into_iter().chain(given.iter().cloned()).collect()
}

/// What is ready before a local cloud starts.
#[derive(Debug)]
pub(crate) struct Ready {
    programs: PathBuf,
}

/// Makes the virtual environment and the functions; starts nothing.
pub(crate) async fn make_ready(
    workspace: &Workspace,
    home: &Home,
    build: bool,
    output: &Output,
) -> Result<Ready> {
    if let Some(running) = home.running() {
        return Err(CliError::hinted(
            format!("a local cloud is running already, at {}", running.endpoint),
            "use it, or stop it: tenantry local down",
        ));
    }
    let programs = prepare(workspace, output).await?;
    if build {
        package::package(workspace, output).await?;
    }
    Ok(Ready { programs })
}

impl Ready {
    /// Starts the local cloud on `port`.
    pub(crate) async fn start(
        &self,
        workspace: &Workspace,
        home: &Home,
        port: u16,
        output: &Output,
    ) -> Result<Cloud> {
        start(workspace, home, &self.programs, port, output).await
    }

    /// The AWS CLI, for `cloud`.
    pub(crate) fn aws(&self, cloud: &Cloud) -> AwsCommand {
        AwsCommand::of_venv(&self.programs, cloud.variables())
    }

    /// Where the API of the control plane called `stack` is. Its host name is one
    /// that name servers do not know: the local cloud takes calls at its own
    /// address, by the API's id.
    pub(crate) async fn api_url(&self, cloud: &Cloud, stack: &str) -> Result<Option<String>> {
        let query = format!("Items[?Name=='{stack}'].ApiId");
        let call = ["apigatewayv2", "get-apis", "--query", &query, "--output", "text"];
        let id = self.aws(cloud).run(&call).await?.trim().to_owned();
        let plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric());
        Ok(plain.then(|| format!("{}/_aws/execute-api/{id}/$default", cloud.endpoint)))
    }

    /// Deploys the control plane called `stack` into `cloud`.
    pub(crate) async fn deploy(
        &self,
        workspace: &Workspace,
        cloud: &Cloud,
        stack: &str,
        parameters: &[String],
        output: &Output,
    ) -> Result {
        let deployment = Deployment { stack, bucket: BUCKET, parameters, tiers: None };
        deploy(workspace, &self.aws(cloud), &deployment, output).await
    }
}
