//! `tenantry tenant retry | cancel | suspend | resume`: requests about a tenant
//! that is there, each one event.

use super::{follow, require, tenant_id};
use crate::args;
use crate::error::Result;
use crate::follow::verdict;
use crate::output::{Mark, Output};
use crate::source::{Asked, Request, Source};
use tenantry_events::name::EventName;
use tenantry_operations::record::Record;

pub(super) async fn run(name: EventName, args: args::Ask, source: &Source, output: &Output) -> Result {
    carry_out(name, args, false, source, output).await
}

pub(super) async fn retry(args: args::Retry, source: &Source, output: &Output) -> Result {
    carry_out(EventName::RetryRequest, args.ask, args.reprovision, source, output).await
}

async fn carry_out(
    name: EventName,
    args: args::Ask,
    reprovision: bool,
    source: &Source,
    output: &Output,
) -> Result {
    let (tenant, asked) = send_with(name, &args, reprovision, source).await?;
    output.say(Mark::Good, &format!("{name} for {} sent", tenant.tenant_name));
    match follow(asked, args.wait, source, output).await? {
        // What was cancelled is as it was asked for.
        Some(tenant) if name != EventName::CancelRequest => verdict(&tenant),
        _ => Ok(()),
    }
}

/// Makes the request; the tenant as it was then, and what was asked.
pub(super) async fn send(name: EventName, args: &args::Ask, source: &Source) -> Result<(Record, Asked)> {
    send_with(name, args, false, source).await
}

async fn send_with(
    name: EventName,
    args: &args::Ask,
    reprovision: bool,
    source: &Source,
) -> Result<(Record, Asked)> {
    let tenant = require(tenant_id(&args.id)?, source).await?;
    let request = Request {
        name,
        tenant: &tenant,
        reprovision,
        reason: args.reason.as_deref(),
        by: args.by.as_deref(),
        key: args.idempotency_key.as_deref(),
    };
    let asked = source.ask(&request).await?;
    Ok((tenant, asked))
}
