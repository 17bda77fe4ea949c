//! `tenantry tenant offboard`.

use super::{follow, require, tenant_id};
use crate::args;
use crate::error::Result;
use crate::follow::verdict;
use crate::output::{Mark, Output};
use crate::source::{Request, Source};
use tenantry_events::name::EventName;

pub(super) async fn run(args: args::Offboard, source: &Source, output: &Output) -> Result {
    let tenant = require(tenant_id(&args.id)?, source).await?;
    let request = Request {
        name: EventName::OffboardingRequest,
        tenant: &tenant,
        reprovision: false,
        reason: None,
        by: None,
        key: args.idempotency_key.as_deref(),
    };
    let asked = source.ask(&request).await?;
    output.say(
        Mark::Good,
        &format!("offboarding of {} requested: tenant {}", tenant.tenant_name, asked.tenant),
    );
    match follow(asked, args.wait, source, output).await? {
        Some(tenant) => verdict(&tenant),
        None => Ok(()),
    }
}
