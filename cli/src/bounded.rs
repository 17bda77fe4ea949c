//! The SDK's own HTTP client, with a limit on what an answer may have: the SDK
//! reads answers whole, and so what is sent without end would fill the memory.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, ConnectorBuilder, tls};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::error::Error;

/// The most of an answer of AWS that is read, in bytes. The largest that any of
/// the calls can have is an invocation's: 6 MB ("Lambda quotas", AWS Lambda
/// Developer Guide).
const ANSWER_MAX: usize = 16 << 20;

/// An answer was longer than [`ANSWER_MAX`].
#[derive(Debug, thiserror::Error)]
#[error("the answer is longer than {ANSWER_MAX} bytes (16 MiB), the most that is read of one")]
struct TooLong;

/// The limited client.
#[derive(Debug)]
pub(crate) struct Bounded(SharedHttpClient);

impl Bounded {
    /// As the SDK's default: one TLS stack, proxies by the environment.
    pub(crate) fn new() -> Self {
        let client = Builder::new().build_with_connector_fn(|settings, components| {
            let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
            let mut builder = ConnectorBuilder::default().tls_provider(provider);
            builder.set_connector_settings(settings.cloned());
            if let Some(components) = components {
                builder.set_sleep_impl(components.sleep_impl());
            }
            builder.set_proxy_config(Some(ProxyConfig::from_env()));
            builder.build()
        });
        Self(client)
    }
}

impl HttpClient for Bounded {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector(self.0.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct Connector(SharedHttpConnector);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = self.0.call(request);
        HttpConnectorFuture::new(async move { call.await.map(|answer| answer.map(limited)) })
    }
}

fn limited(body: SdkBody) -> SdkBody {
    let named = |error: Box<dyn Error + Send + Sync>| match error.is::<LengthLimitError>() {
        true => TooLong.into(),
        false => error,
    };
    SdkBody::from_body_1_x(Limited::new(body, ANSWER_MAX).map_err(named))
}

/// Whether a call failed since the answer was longer than the limit.
pub(crate) fn is_too_long(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<TooLong>() {
            return true;
        }
        next = error.source();
    }
    false
}
