//! Tenants: lists, one of them, and what happened to it.

use super::Source;
use crate::api::{Api, Call};
use crate::clients::Deployment;
use crate::error::{CliError, Result};
use tenantry_events::ids::TenantId;
use tenantry_operations::executions::deployment_of;
use tenantry_operations::record::Record;
use tenantry_operations::view;
use tenantry_registry::store::{Activity, Filter, ListQuery, PageToken, TenantSummary};
use tenantry_registry::tenant::{Operation, Tenant};

/// One page of a list, and where the next one begins.
pub(crate) type Page = (Vec<TenantSummary>, Option<PageToken>);

impl Source {
    /// One page of tenants.
    pub(crate) async fn tenants(&self, query: &ListQuery) -> Result<Page> {
        match self {
            Self::Deployment(deployment) => {
                let page = deployment.registry.list(query).await?;
                Ok((page.tenants, page.next))
            }
            Self::Api(api) => page(api, query).await,
        }
    }

    /// The tenant, if there is one.
    pub(crate) async fn tenant(&self, id: TenantId) -> Result<Option<Record>> {
        match self {
            Self::Deployment(deployment) => match deployment.registry.tenant(id).await? {
                Some(tenant) => record(deployment, &tenant).await.map(Some),
                None => Ok(None),
            },
            Self::Api(api) => {
                let found = api.find(&Call::get(&["tenants", &id.to_string()], &[])).await?;
                Ok(found.map(Record::read).transpose()?)
            }
        }
    }

    /// Everything that happened to the tenant, oldest first.
    pub(crate) async fn timeline(&self, id: TenantId) -> Result<Vec<Activity>> {
        match self {
            Self::Deployment(deployment) => Ok(deployment.registry.history(id).await?.timeline()),
            Self::Api(api) => {
                match api.list(&["tenants", &id.to_string(), "history"], &[], usize::MAX).await {
                    Err(CliError::Refused(refusal)) if refusal.is_absence => Ok(Vec::new()),
                    found => found,
                }
            }
        }
    }

    /// Its operations, oldest first.
    pub(crate) async fn operations(&self, id: TenantId) -> Result<Vec<Operation>> {
        match self {
            Self::Deployment(deployment) => Ok(deployment.registry.history(id).await?.operations),
            Self::Api(api) => {
                let found = api.find(&Call::get(&["tenants", &id.to_string(), "operations"], &[])).await?;
                Ok(found.map(serde_json::from_value).transpose()?.unwrap_or_default())
            }
        }
    }

    /// The control plane's name, as far as it is known: the API does not tell
    /// it, but its operations do.
    pub(crate) fn plane(&self, operations: &[Operation]) -> Option<String> {
        match self {
            Self::Deployment(deployment) => Some(deployment.stack.clone()),
            Self::Api(_) => {
                let mut arns = operations.iter().rev().filter_map(|one| one.execution_arn.as_deref());
                arns.find_map(deployment_of).map(str::to_owned)
            }
        }
    }
}

/// The registry's tenant, as the API shows it.
pub(crate) async fn record(deployment: &Deployment, tenant: &Tenant) -> Result<Record> {
    let place = deployment.registry.place_in_line(tenant).await?;
    Ok(Record::read(view::tenant(tenant, place))?)
}

async fn page(api: &Api, query: &ListQuery) -> Result<Page> {
    let filter = match &query.filter {
        Filter::Live => None,
        Filter::Status(status) => Some(("status", status.to_string())),
        Filter::Tier(tier) => Some(("tier", tier.to_string())),
        Filter::Release(release) => Some(("release", release.clone())),
    };
    let mut parameters = vec![("limit", query.limit.to_string())];
    parameters.extend(filter);
    parameters.extend(query.name_prefix.clone().map(|prefix| ("name", prefix)));
    parameters.extend(query.after.as_ref().map(|after| ("next_token", after.to_string())));
    let answer = api.send(&Call::get(&["tenants"], &parameters)).await?;
    let next = answer.next.map(|next| next.parse()).transpose()?;
    Ok((serde_json::from_value(answer.data)?, next))
}
