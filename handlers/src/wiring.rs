//! What each function is given: its clients, and its settings from the
//! environment, which the template sets.

use crate::api::{self, Directory, access::ScopeNames};
use crate::engine::build::{Arns, Builds, Machines};
use crate::engine::{Beginnings, Build, Engines, External};
use crate::publisher;
use crate::reconciler;
use crate::requests;
use crate::shared::intake::Intake;
use crate::shared::quarantine::Quarantine;
use crate::token_scopes;
use aws_config::SdkConfig;
use std::collections::BTreeMap;
use tenantry_events::sources::Sources;
use tenantry_operations::bus::Bus;
use tenantry_operations::dead_letters::DeadLetters;
use tenantry_operations::functions::Functions;
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

/// The sources and types of this deployment's events.
///
/// # Errors
///
/// [`SettingError`] when one is missing or the overrides are no JSON object of
/// texts. The prefix of detail types may be empty.
pub fn sources() -> Result<Sources, SettingError> {
    let name = "TENANTRY_SOURCE_OVERRIDES";
    let expected = "a JSON object of event names and sources";
    let overrides: BTreeMap<String, String> =
        serde_json::from_str(&required(name)?).map_err(|_| SettingError::Invalid { name, expected })?;
    let prefix = "TENANTRY_DETAIL_TYPE_PREFIX";
    let detail_type_prefix = std::env::var(prefix).map_err(|_| SettingError::Missing(prefix))?;
    Ok(Sources {
        control_plane: required("TENANTRY_CONTROL_PLANE_SOURCE")?,
        application_plane: required("TENANTRY_APPLICATION_PLANE_SOURCE")?,
        overrides,
        detail_type_prefix,
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

/// What takes events in for `function`: the registry, the quarantine, the sources.
///
/// # Errors
///
/// [`SettingError`] when one is missing or not readable.
pub fn intake(config: &SdkConfig, function: &'static str) -> Result<Intake, SettingError> {
    let queue = required("TENANTRY_DEAD_LETTER_QUEUE_URL")?;
    let quarantine = Quarantine::new(aws_sdk_sqs::Client::new(config), queue, function);
    Ok(Intake { registry: registry(config)?, quarantine, sources: sources()? })
}

/// What takes requests in for `function`.
///
/// # Errors
///
/// [`SettingError`] when one is missing or not readable.
pub fn requests(config: &SdkConfig, function: &'static str) -> Result<requests::Deps, SettingError> {
    Ok(requests::Deps { intake: intake(config, function)?, beginnings: beginnings()? })
}

/// How operations begin in this deployment.
///
/// # Errors
///
/// [`SettingError`] when the machines are missing or not readable, or the limit is
/// no number.
pub fn beginnings() -> Result<Beginnings, SettingError> {
    let name = "TENANTRY_MAX_OPERATIONS";
    let most = required(name)?.parse();
    let most = most.map_err(|_| SettingError::Invalid { name, expected: "a whole number" })?;
    Ok(Beginnings { machines: arns()?, external: external(), max_operations: Some(most) })
}

/// The state machines' ARNs.
///
/// # Errors
///
/// [`SettingError`] when they are missing or not readable.
pub fn arns() -> Result<Arns, SettingError> {
    let name = "TENANTRY_STATE_MACHINES";
    let expected = "a JSON object of state machines' ARNs by plan and operation, as `silo/provision`";
    let arns = serde_json::from_str(&required(name)?);
    Ok(Arns(arns.map_err(|_| SettingError::Invalid { name, expected })?))
}

/// The state machines of this deployment.
///
/// # Errors
///
/// [`SettingError`] when they are missing or not readable.
pub fn machines(config: &SdkConfig) -> Result<Machines, SettingError> {
    Ok(Machines {
        client: aws_sdk_sfn::Client::new(config),
        arns: arns()?,
        stack_prefix: required("TENANTRY_TENANT_STACK_PREFIX")?,
    })
}

/// The engine `external`.
fn external() -> External {
    External { own_bus: application_plane_bus().is_some() }
}

/// Where executions and builds are asked after.
#[must_use]
pub fn builds(config: &SdkConfig) -> Builds {
    Builds { states: aws_sdk_sfn::Client::new(config), client: aws_sdk_codebuild::Client::new(config) }
}

/// The engine `build`.
///
/// # Errors
///
/// [`SettingError`] when its machines are missing or not readable.
pub fn build(config: &SdkConfig) -> Result<Build, SettingError> {
    Ok(Build { machines: machines(config)?, builds: builds(config) })
}

/// The bus of an external application plane, where it has one of its own.
#[must_use]
pub fn application_plane_bus() -> Option<String> {
    std::env::var("TENANTRY_APPLICATION_PLANE_BUS").ok().filter(|bus| !bus.is_empty())
}

/// What the reconciler needs.
///
/// # Errors
///
/// [`SettingError`] when one is missing or the limit is no number.
pub fn reconciler(config: &SdkConfig) -> Result<reconciler::Deps, SettingError> {
    let engines = Engines { build: build(config)?, external: external() };
    Ok(reconciler::Deps { registry: registry(config)?, engines, beginnings: beginnings()? })
}

/// What the publisher needs.
///
/// # Errors
///
/// [`SettingError`] when one is missing or not readable.
pub fn publisher(config: &SdkConfig) -> Result<publisher::Deps, SettingError> {
    let bus = Bus::new(aws_sdk_eventbridge::Client::new(config), required("TENANTRY_BUS")?);
    let client = aws_sdk_eventbridge::Client::new(config);
    let application_plane = application_plane_bus().map(|name| Bus::new(client, name));
    Ok(publisher::Deps { registry: registry(config)?, bus, application_plane, sources: sources()? })
}

/// How scopes are called in this deployment's tokens.
///
/// # Errors
///
/// [`SettingError`] when they are missing or not readable.
pub fn scopes() -> Result<ScopeNames, SettingError> {
    let name = "TENANTRY_SCOPES";
    let expected = "a JSON object with a name for each scope";
    ScopeNames::read(&required(name)?).map_err(|_| SettingError::Invalid { name, expected })
}

/// What the scopes of tokens need.
///
/// # Errors
///
/// [`SettingError`] when one is missing or not readable.
pub fn token_scopes(config: &SdkConfig) -> Result<token_scopes::Deps, SettingError> {
    let name = "TENANTRY_ADMINS_NEED_MFA";
    let admins_need_mfa = required(name)?.parse();
    let admins_need_mfa =
        admins_need_mfa.map_err(|_| SettingError::Invalid { name, expected: "`true` or `false`" })?;
    let users = aws_sdk_cognitoidentityprovider::Client::new(config);
    Ok(token_scopes::Deps { scopes: scopes()?, users, admins_need_mfa })
}

/// What the API needs.
///
/// # Errors
///
/// [`SettingError`] when one is missing or not readable.
pub fn api(config: &SdkConfig) -> Result<api::Deps, SettingError> {
    let pool = std::env::var("TENANTRY_USER_POOL_ID").ok().filter(|pool| !pool.is_empty());
    let client = aws_sdk_cognitoidentityprovider::Client::new(config);
    let functions = Functions::new(aws_sdk_lambda::Client::new(config), required("TENANTRY_STACK")?);
    let queue = required("TENANTRY_DEAD_LETTER_QUEUE_URL")?;
    Ok(api::Deps {
        directory: pool.map(|pool| Directory { client, pool }),
        machines: machines(config)?,
        dead_letters: DeadLetters::new(aws_sdk_sqs::Client::new(config), queue, functions),
        registry: registry(config)?,
        bus: Bus::new(aws_sdk_eventbridge::Client::new(config), required("TENANTRY_BUS")?),
        sources: sources()?,
        scopes: scopes()?,
        groups_claim: required("TENANTRY_GROUPS_CLAIM")?,
    })
}
