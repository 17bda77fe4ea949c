//! `tenantry tenant onboard`.

use super::{follow, tenant_id};
use crate::args;
use crate::error::Result;
use crate::follow::verdict;
use crate::output::{Mark, Output};
use crate::source::Source;
use serde_json::{Map, Value};

pub(super) async fn run(args: args::Onboard, source: &Source, output: &Output) -> Result {
    let id = args.id.as_deref().map(tenant_id).transpose()?;
    let fields = [
        ("tenantName", Some(args.name.clone())),
        ("email", Some(args.email)),
        ("tier", Some(args.tier)),
        ("tenantRegistrationId", args.registration_id),
    ];
    let fields = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))));
    let asked = source.onboard(fields.collect::<Map<_, _>>(), id, args.idempotency_key.as_deref()).await?;
    output.say(Mark::Good, &format!("onboarding of {} requested: tenant {}", args.name, asked.tenant));
    match follow(asked, args.wait, source, output).await? {
        Some(tenant) => verdict(&tenant),
        None => Ok(()),
    }
}
