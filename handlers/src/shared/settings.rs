//! Settings from the function's environment (`infra/control-plane.yaml` sets
//! them).

use aws_config::SdkConfig;
use std::collections::BTreeMap;
use tenantry_events::sources::Sources;
use tenantry_registry::store::Registry;

/// A setting that is missing or not readable.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// Not set, or empty.
    #[error("the environment variable {0} must be set")]
    Missing(&'static str),
    /// Not of the expected form.
    #[error("the environment variable {name} must be {expected}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it should hold.
        expected: &'static str,
    },
}

/// The value of the environment variable `name`.
///
/// # Errors
///
/// [`SettingError::Missing`] when it is not set or empty.
pub fn required(name: &'static str) -> Result<String, SettingError> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or(SettingError::Missing(name))
}

/// The sources of this deployment's events.
///
/// # Errors
///
/// [`SettingError`] when one is missing or the overrides are no JSON object of
/// texts.
pub fn sources() -> Result<Sources, SettingError> {
    let name = "TENANTRY_SOURCE_OVERRIDES";
    let expected = "a JSON object of event names and sources";
    let overrides: BTreeMap<String, String> =
        serde_json::from_str(&required(name)?).map_err(|_| SettingError::Invalid { name, expected })?;
    Ok(Sources {
        control_plane: required("TENANTRY_CONTROL_PLANE_SOURCE")?,
        application_plane: required("TENANTRY_APPLICATION_PLANE_SOURCE")?,
        overrides,
    })
}

/// The registry of this deployment.
///
/// # Errors
///
/// [`SettingError::Missing`] when its table is not named.
pub fn registry(config: &SdkConfig) -> Result<Registry, SettingError> {
    Ok(Registry::new(aws_sdk_dynamodb::Client::new(config), required("TENANTRY_TABLE")?))
}
