//! What the function needs, from its environment
//! (`infra/tenant-silo.yaml` sets it).

use super::service::Deps;
use super::store::Store;
use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;
use std::time::Duration;

/// A setting that is missing.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} must be set")]
pub struct MissingSetting(&'static str);

/// The function's clients and settings.
///
/// # Errors
///
/// [`MissingSetting`] when an environment variable is not set.
pub async fn deps() -> Result<Deps, MissingSetting> {
    // The API gives up after 30 s and the function after 10 s; the SDK on its own never does.
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(7))
        .build();
    let config = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts).load().await;
    let store = Store::new(aws_sdk_dynamodb::Client::new(&config), required("TENANTRY_PRODUCTS_TABLE")?);
    let suspended = required("TENANTRY_SUSPENDED")? == "true";
    Ok(Deps { store, tenant_id: required("TENANTRY_TENANT_ID")?, suspended })
}

fn required(name: &'static str) -> Result<String, MissingSetting> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or(MissingSetting(name))
}
