//! `tenantry demo`: the main job, end to end, on a local cloud of its own.

mod api;
mod tenant;

use crate::args;
use crate::clients::{Deployment, config};
use crate::cloud;
use crate::deploy::AwsCommand;
use crate::error::{CliError, Result};
use crate::output::{Mark, Output, elapsed};
use crate::until_interrupted;
use crate::workspace::Workspace;
use serde::Serialize;
use std::time::{Duration, Instant};
use tenant::Visitor;

const STACK: &str = "tenantry";

/// What one tenant's life in the demo came to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Life {
    tenant: String,
    tenant_id: String,
    api_url: String,
    onboarded_in_seconds: f64,
    products: usize,
    others_token_answer: u16,
    offboarded_in_seconds: f64,
    stack_is_gone: bool,
}

pub(crate) async fn run(args: args::Demo, output: &Output) -> Result {
    let workspace = Workspace::find()?;
    let home = cloud::Home::at(workspace.demo_home())?;
    if cloud::stop(&home, output).await? {
        output.say(Mark::Note, "stopped the local cloud that an earlier demo had left");
    }
    let ready = until_interrupted(cloud::make_ready(&workspace, &home, true, output)).await?;
    let begun = Instant::now();
    let result = until_interrupted(async {
        let running = ready.start(&workspace, &home, 0, output).await?;
        ready.deploy(&workspace, &running, STACK, &cloud::parameters(&[]), output).await?;
        let deployment = Deployment::new(&config(Some(&running)).await, STACK)?;
        lives(&deployment, &ready.aws(&running), &running.endpoint, output).await
    })
    .await;
    let keep = args.keep && result.is_ok();
    if !keep && cloud::stop(&home, output).await? {
        output.say(Mark::Good, "the local cloud is stopped; nothing is left running");
    }
    summary(&result?, output)?;
    output.say(Mark::Good, &format!("the demo took {} after the build", elapsed(begun.elapsed())));
    if keep {
        let folder = home.path().display();
        output.say(Mark::Note, &format!("it keeps running: eval \"$(tenantry local env --home {folder})\""));
        output.say(Mark::Note, &format!("stop it: tenantry local down --home {folder}"));
    }
    Ok(())
}

/// Two tenants at once, from event to stack and back.
async fn lives(
    deployment: &Deployment,
    aws: &AwsCommand,
    endpoint: &str,
    output: &Output,
) -> Result<Vec<Life>> {
    output.say(Mark::Step, "onboarding Acme and Globex at once, each by one event on the bus");
    let visit = |name: &'static str| Visitor::new(name, deployment, aws, endpoint, output);
    let (acme, globex) = (visit("Acme"), visit("Globex"));
    let (acme_in, globex_in) = tokio::try_join!(timed(acme.onboard()), timed(globex.onboard()))?;
    output.say(Mark::Step, "using each tenant's own API with a token of its own user pool");
    let (acme_token, globex_token) =
        tokio::try_join!(acme.sign_in(&acme_in.0), globex.sign_in(&globex_in.0))?;
    let (acme_products, globex_products) =
        tokio::try_join!(acme.use_api(&acme_in.0, &acme_token), globex.use_api(&globex_in.0, &globex_token))?;
    let (acme_refused, globex_refused) =
        tokio::try_join!(acme.refuses(&acme_in.0, &globex_token), globex.refuses(&globex_in.0, &acme_token))?;
    output.say(Mark::Step, "offboarding both");
    let (acme_out, globex_out) =
        tokio::try_join!(timed(acme.offboard(&acme_in.0)), timed(globex.offboard(&globex_in.0)))?;
    let life = |name: &str,
                (tenant, onboarded): &(tenant::Onboarded, Duration),
                products,
                refused,
                out: &((), Duration)| Life {
        tenant: name.to_owned(),
        tenant_id: tenant.id.to_string(),
        api_url: tenant.api_url.clone(),
        onboarded_in_seconds: onboarded.as_secs_f64(),
        products,
        others_token_answer: refused,
        offboarded_in_seconds: out.1.as_secs_f64(),
        stack_is_gone: true,
    };
    Ok(vec![
        life("Acme", &acme_in, acme_products, acme_refused, &acme_out),
        life("Globex", &globex_in, globex_products, globex_refused, &globex_out),
    ])
}

async fn timed<T>(work: impl Future<Output = Result<T>>) -> Result<(T, Duration)> {
    let begun = Instant::now();
    let done = work.await?;
    Ok((done, begun.elapsed()))
}

fn summary(lives: &[Life], output: &Output) -> Result {
    let seconds = |seconds: f64| elapsed(Duration::from_secs_f64(seconds));
    let row = |life: &Life| {
        vec![
            life.tenant.clone(),
            life.tenant_id.clone(),
            seconds(life.onboarded_in_seconds),
            life.products.to_string(),
            life.others_token_answer.to_string(),
            seconds(life.offboarded_in_seconds),
            if life.stack_is_gone { "gone" } else { "left" }.to_owned(),
        ]
    };
    let head = ["tenant", "id", "onboarded in", "products", "other's token", "offboarded in", "stack"];
    output.data(&lives, &head, lives.iter().map(row).collect())
}

/// An error of the demo itself: something is not as it should be.
fn wrong(what: impl Into<String>) -> CliError {
    CliError::OperationFailed(what.into())
}
