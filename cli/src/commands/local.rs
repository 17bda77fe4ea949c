//! `tenantry local`: the control plane on this machine.

use crate::args::{Local, Up};
use crate::cloud::{self, Home};
use crate::error::Result;
use crate::output::{Mark, Output};
use crate::until_interrupted;
use crate::workspace::Workspace;

pub(super) async fn run(command: Local, stack: &str, output: &Output) -> Result {
    let workspace = Workspace::find()?;
    match command {
        Local::Up(args) => up(&workspace, args, stack, output).await,
        Local::Down(home) => {
            let stopped = cloud::stop(&Home::new(&workspace, &home)?, output).await?;
            let said = if stopped { "the local cloud is stopped" } else { "no local cloud was running" };
            output.say(Mark::Good, said);
            Ok(())
        }
        Local::Status(home) => {
            let home = Home::new(&workspace, &home)?;
            let running = home.require()?;
            let fields = vec![
                ("Endpoint", running.endpoint.clone()),
                ("Process", running.pid.to_string()),
                ("Log", home.log().display().to_string()),
            ];
            output.record(&running, fields)
        }
        Local::Env(home) => {
            let running = Home::new(&workspace, &home)?.require()?;
            let line = |(name, value): (&str, String)| format!("export {name}={value}");
            let api = running.api_url.as_ref();
            let variables = running.variables().into_iter().map(line);
            // In quotes: the stage's name begins with a dollar sign.
            let api = api.map(|url| format!("export TENANTRY_API_URL='{url}'"));
            output.print(&variables.chain(api).collect::<Vec<_>>().join("\n"))
        }
        Local::Prepare => until_interrupted(cloud::prepare(&workspace, output)).await.map(|_| ()),
    }
}

async fn up(workspace: &Workspace, args: Up, stack: &str, output: &Output) -> Result {
    let home = Home::new(workspace, &args.home)?;
    let ready = until_interrupted(cloud::make_ready(workspace, &home, !args.no_deploy, output)).await?;
    let result = until_interrupted(async {
        let mut running = ready.start(workspace, &home, args.port, output).await?;
        if !args.no_deploy {
            ready.deploy(workspace, &running, stack, &args.parameters, output).await?;
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
