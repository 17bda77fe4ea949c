//! What every binary does: clients from the standard environment, JSON logs,
//! one metric record an invocation.

use super::fault::{Fault, diagnose};
use aws_config::{BehaviorVersion, SdkConfig, timeout::TimeoutConfig};
use chrono::{DateTime, Utc};
use lambda_runtime::{LambdaEvent, service_fn, tracing};
use serde::{Serialize, de::DeserializeOwned};
use std::future::Future;
use std::time::{Duration, Instant};

/// The longest that one call of an AWS service may take, with its retries.
/// The SDK has no limit of its own; the functions' time limits are longer.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(10);

/// The SDK's settings from the standard environment.
pub async fn aws() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(4))
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts).load().await
}

/// Serves invocations of the function `name` with `handle` until Lambda ends
/// the process.
///
/// # Errors
///
/// When the Lambda runtime API cannot be reached.
pub async fn serve<I, O, E, F>(
    name: &'static str,
    handle: impl Fn(I, DateTime<Utc>) -> F,
) -> Result<(), lambda_runtime::Error>
where
    I: DeserializeOwned,
    O: Serialize,
    E: Fault,
    F: Future<Output = Result<O, E>>,
{
    tracing::init_default_subscriber();
    let metrics = metrics_cloudwatch_embedded::Builder::new()
        .cloudwatch_namespace("Tenantry")
        .with_dimension("Function", name)
        .init()
        .map_err(|error| lambda_runtime::Error::from(error.to_string()))?;
    let serve_one = |event: LambdaEvent<I>| {
        let (payload, context) = (event.payload, event.context);
        // Boxed: what the SDK nests is else deeper than the compiler looks.
        let work = Box::pin(handle(payload, Utc::now()));
        async move {
            let begun = Instant::now();
            metrics.set_property("requestId", context.request_id.clone());
            let result = work.await;
            metrics::histogram!("Duration", "Unit" => "Milliseconds").record(begun.elapsed());
            match &result {
                Ok(_) => metrics::counter!("Succeeded").increment(1),
                Err(fault) => {
                    metrics::counter!("Failed").increment(1);
                    metrics.set_property("error", fault.name());
                    tracing::error!(
                        error = fault.name(),
                        retryable = fault.is_retryable(),
                        requestId = context.request_id,
                        "{fault}"
                    );
                }
            }
            if let Err(error) = metrics.flush(std::io::stdout()) {
                tracing::warn!("the metric record could not be written: {error}");
            }
            result.map_err(|fault| diagnose(&fault))
        }
    };
    lambda_runtime::run(service_fn(serve_one)).await
}
