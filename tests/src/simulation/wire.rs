//! Between the SDK and the simulated services: calls and waits are noted, and
//! whoever runs the simulation says when they come to an end.

use crate::faults::Call;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, IdentityCache, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::oneshot;

/// The answer to a call, once there is one.
pub(super) type Reply = oneshot::Sender<Result<HttpResponse, ConnectorError>>;

/// What a process waits for.
#[derive(Debug, Default)]
pub(super) struct Waits {
    pub(super) calls: Vec<(Call, Reply)>,
    pub(super) sleeps: Vec<(Duration, oneshot::Sender<()>)>,
}

/// The client of all services; clones are the same one.
#[derive(Clone, Debug, Default)]
pub(super) struct Wire(Arc<Mutex<Waits>>);

impl Wire {
    /// What was asked for since the last time.
    pub(super) fn take(&self) -> Waits {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The SDK's settings, with the functions' own time limits.
    pub(super) fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("test", "test", None, None, "tests");
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(Duration::from_secs(4))
            .operation_timeout(Duration::from_secs(10))
            .build();
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .identity_cache(IdentityCache::no_cache())
            .endpoint_url("http://localhost")
            .http_client(self.clone())
            .sleep_impl(self.clone())
            .time_source(Standing)
            .timeout_config(timeouts)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build()
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (reply, answer) = oneshot::channel();
        let call = Call::of(&request, &[]);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).calls.push((call, reply));
        HttpConnectorFuture::new(async move {
            answer.await.unwrap_or_else(|_| Err(ConnectorError::io("nobody answers".into())))
        })
    }
}

impl AsyncSleep for Wire {
    fn sleep(&self, duration: Duration) -> Sleep {
        let (wake, woken) = oneshot::channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).sleeps.push((duration, wake));
        Sleep::new(async move { drop(woken.await) })
    }
}

/// What requests are signed with: no service looks at it.
#[derive(Debug)]
struct Standing;

impl TimeSource for Standing {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_767_355_200)
    }
}
