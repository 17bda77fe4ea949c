//! `tiers`: the custom resource `Custom::TenantryTier`, by which a template
//! declares the tiers that a deployment offers.

use crate::shared::fault::Fault;
use aws_lambda_events::cloudformation::CloudFormationCustomResourceRequest;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tenantry_events::text::TierName;
use tenantry_registry::plan::Plan;
use tenantry_registry::store::{Registry, StoreError};
use tenantry_registry::tier::Tier;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Where the tiers go.
    pub registry: Registry,
    /// For the answer to CloudFormation: see [`connector`].
    pub http: SharedHttpConnector,
}

/// The SDK's own HTTPS stack, which the answer to CloudFormation uses as well.
#[must_use]
pub fn connector() -> SharedHttpConnector {
    SharedHttpConnector::new(Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build())
}

/// The resource's properties in the template.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TierProperties {
    /// The tier's name.
    pub name: TierName,
    /// `silo`, `external-silo` or `external-pool`.
    pub plan: Plan,
    /// How many operations on the tier's tenants may be under way at once;
    /// absent for no limit of its own. CloudFormation sends numbers as texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_operations: Option<String>,
}

/// Why CloudFormation got no answer.
#[derive(Debug, thiserror::Error)]
pub enum TiersError {
    /// The answer could not be delivered: the stack operation waits until its
    /// own time limit.
    #[error("CloudFormation did not take the answer ({0})")]
    Unanswered(String),
}

impl Fault for TiersError {
    fn name(&self) -> &'static str {
        "CloudFormationUnanswered"
    }

    fn is_retryable(&self) -> bool {
        true
    }
}

/// A request, as far as the answer must repeat it.
struct Asked {
    response_url: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
    physical_resource_id: String,
}

/// Does what the template asks and tells CloudFormation.
///
/// Source: "Custom resource request objects" and "response objects", AWS
/// CloudFormation User Guide.
///
/// # Errors
///
/// [`TiersError`] when CloudFormation could not be told; what was asked may be
/// done, and doing it again changes nothing.
pub async fn handle(
    deps: &Deps,
    request: CloudFormationCustomResourceRequest,
    _now: DateTime<Utc>,
) -> Result<(), TiersError> {
    use CloudFormationCustomResourceRequest as Request;
    let (asked, outcome) = match request {
        Request::Create(r) => {
            let tier = declared(r.resource_properties);
            let asked = Asked {
                response_url: r.response_url,
                stack_id: r.stack_id,
                request_id: r.request_id,
                logical_resource_id: r.logical_resource_id,
                physical_resource_id: physical(&tier).unwrap_or_else(|| "none".to_owned()),
            };
            (asked, put(deps, tier).await)
        }
        Request::Update(r) => {
            let tier = declared(r.resource_properties);
            let asked = Asked {
                response_url: r.response_url,
                stack_id: r.stack_id,
                request_id: r.request_id,
                logical_resource_id: r.logical_resource_id,
                // Another name is another resource: CloudFormation then deletes the old one.
                physical_resource_id: physical(&tier).unwrap_or(r.physical_resource_id),
            };
            (asked, put(deps, tier).await)
        }
        Request::Delete(r) => {
            let name = r.physical_resource_id.strip_prefix("tier-").and_then(|name| name.parse().ok());
            let asked = Asked {
                response_url: r.response_url,
                stack_id: r.stack_id,
                request_id: r.request_id,
                logical_resource_id: r.logical_resource_id,
                physical_resource_id: r.physical_resource_id,
            };
            (asked, remove(deps, name).await)
        }
        _ => return Err(TiersError::Unanswered("a request type that is not known".to_owned())),
    };
    answer(deps, asked, outcome).await
}

/// The tier that the properties declare, or what is wrong with them.
fn declared(properties: serde_json::Value) -> Result<Tier, String> {
    let TierProperties { name, plan, max_operations } =
        serde_json::from_value(properties).map_err(|error| error.to_string())?;
    let max_operations = max_operations.map(|text| text.parse::<u32>()).transpose();
    let max_operations = max_operations.map_err(|_| "`MaxOperations` must be a whole number".to_owned())?;
    Ok(Tier { name, plan, max_operations })
}

/// The resource's own name for itself: another spelling of a tier is the same
/// tier, which CloudFormation must not delete as the old one. A wrong declaration has none: what
/// CloudFormation deletes after a failure must not be a tier that another
/// resource has declared.
fn physical(tier: &Result<Tier, String>) -> Option<String> {
    tier.as_ref().ok().map(|tier| format!("tier-{}", tier.name.key()))
}

async fn put(deps: &Deps, tier: Result<Tier, String>) -> Result<(), String> {
    deps.registry.put_tier(&tier?).await.map_err(|error: StoreError| error.to_string())
}

async fn remove(deps: &Deps, name: Option<TierName>) -> Result<(), String> {
    match name {
        Some(name) => deps.registry.remove_tier(&name).await.map_err(|error| error.to_string()),
        None => Ok(()),
    }
}

async fn answer(deps: &Deps, asked: Asked, outcome: Result<(), String>) -> Result<(), TiersError> {
    let failed = |reason: &dyn std::fmt::Display| TiersError::Unanswered(reason.to_string());
    let (status, reason) = match outcome {
        Ok(()) => ("SUCCESS", "the registry has the tier as declared".to_owned()),
        Err(reason) => ("FAILED", reason),
    };
    tracing::info!(status, resource = asked.physical_resource_id, "{reason}");
    let body = json!({
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": asked.physical_resource_id,
        "StackId": asked.stack_id,
        "RequestId": asked.request_id,
        "LogicalResourceId": asked.logical_resource_id,
    });
    let mut request = HttpRequest::new(SdkBody::from(body.to_string()));
    request.set_method("PUT").map_err(|error| failed(&error))?;
    request.set_uri(asked.response_url).map_err(|error| failed(&error))?;
    // The presigned URL is signed for an empty content type.
    request.headers_mut().insert("content-type", "");
    let response = deps.http.call(request).await.map_err(|error| failed(&error))?;
    if response.status().is_success() { Ok(()) } else { Err(failed(&response.status())) }
}
