//! `tenantry local`: the control plane on this machine.

use crate::args::{Local, Up};
use crate::cloud::{self, Home};
use crate::deploy::check_stack_name;
use crate::error::Result;
use crate::output::{Mark, Output};
use crate::until_interrupted;
use crate::workspace::Workspace;

pub(super) async fn run(command: Local, stack: &str, output: &Output) -> Result {
    match command {
        Local::Up(args) => up(&Workspace::find()?, args, stack, output).await,
        Local::Down(home) => {
            let stopped = cloud::stop(&Home::find(&home)?, output).await?;
            let said = if stopped { "the local cloud is stopped" } else { "no local cloud was running" };
            output.say(Mark::Good, said);
            Ok(())
        }
        Local::Status(home) => {
            let home = Home::find(&home)?;
            let running = home.require()?;
            let fields = vec![
                ("Endpoint", running.endpoint.clone()),
                ("Process", running.pid.to_string()),
                ("Log", home.log().display().to_string()),
            ];
            output.record(&running, fields)
        }
        Local::Env(home) => {
            let running = Home::find(&home)?.require()?;
            let line = |(name, value): (&str, String)| format!("export {name}={value}");
            let api = running.api_url.as_ref();
            let variables = running.variables().into_iter().map(line);
            // In quotes: the stage's name begins with a dollar sign.
            let api = api.map(|url| format!("export TENANTRY_API_URL='{url}'"));
            let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
            let unset = elsewhere(names).map(|names| format!("unset {names}"));
            output.lines(unset.into_iter().chain(variables).chain(api))
        }
        Local::Prepare => until_interrupted(cloud::prepare(&Workspace::find()?, output)).await.map(|_| ()),
    }
}

/// Those of the shell's variables that would lead AWS's tools elsewhere: a
/// profile, a session of another account, endpoints of single services.
fn elsewhere(names: impl Iterator<Item = String>) -> Option<String> {
    const OTHERS: [&str; 5] = [
        "AWS_DEFAULT_PROFILE",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_PROFILE",
        "AWS_SECURITY_TOKEN",
        "AWS_SESSION_TOKEN",
    ];
    // The shell reads them: nothing but names.
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let others = names.filter(|name| {
        OTHERS.contains(&name.as_str()) || name.starts_with("AWS_ENDPOINT_URL_") && is_name(name)
    });
    let mut others: Vec<String> = others.collect();
    others.sort();
    (!others.is_empty()).then(|| others.join(" "))
}

async fn up(workspace: &Workspace, args: Up, stack: &str, output: &Output) -> Result {
    // Before minutes of building.
    check_stack_name(stack)?;
    let home = Home::new(workspace, &args.home)?;
    let ready = until_interrupted(cloud::make_ready(workspace, &home, !args.no_deploy, output)).await?;
    let result = until_interrupted(async {
        let mut running = ready.start(workspace, &home, args.port, output).await?;
        if !args.no_deploy {
            let parameters = cloud::parameters(&args.parameters);
            ready.deploy(workspace, &running, stack, &parameters, output).await?;
            running.api_url = ready.api_url(&running, stack).await?;
            home.keep(&running)?;
            if let Some(url) = &running.api_url {
                output.say(Mark::Note, &format!("the control plane's API is at {url}"));
            }
        }
        output.say(Mark::Good, "ready: eval \"$(tenantry local env)\" points this shell at it");
        if !args.detach {
            output.say(Mark::Note, "Ctrl-C stops it");
            std::future::pending::<()>().await;
        }
        Ok(())
    })
    .await;
    // What was started here is stopped here, unless it is to stay.
    if result.is_err() && cloud::stop(&home, output).await? {
        output.say(Mark::Note, "the local cloud is stopped");
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What would lead elsewhere is unset, and nothing else, nor anything that a
    /// shell would run.
    #[test]
    fn nothing_leads_elsewhere() {
        let names =
            ["AWS_PROFILE", "PATH", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_$(id)"];
        let found = elsewhere(names.into_iter().map(str::to_owned));
        assert_eq!(found.as_deref(), Some("AWS_ENDPOINT_URL_SQS AWS_PROFILE"));
        assert_eq!(elsewhere(std::iter::empty()), None);
    }
}
