//! HTTP, by the client that the AWS SDK itself uses: one TLS stack, and the
//! system's certificates.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::http::Request;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use std::time::Duration;
use tenantry_operations::call::chain;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take: API Gateway gives up after 30 s.
const ANSWER: Duration = Duration::from_secs(40);
/// The most of an answer that is read, in bytes: API Gateway's own limit
/// ("Amazon API Gateway quotas", API Gateway Developer Guide: 10 MB).
pub(crate) const ANSWER_MAX: usize = 10 << 20;

/// A client for one server.
#[derive(Clone, Debug)]
pub(crate) struct Http(SharedHttpConnector);

/// What a server answered.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Reply {
    /// The status.
    pub(crate) status: u16,
    /// The headers, by their names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: String,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// The request can be none: a header or an address that cannot be sent.
    #[error("the request cannot be sent: {0}")]
    NoRequest(String),
    /// Nobody answered, or not in time.
    #[error("{0}")]
    Unanswered(String),
    /// The answer is longer than [`ANSWER_MAX`].
    #[error("the answer is longer than {ANSWER_MAX} bytes (10 MiB), the most that is read of one")]
    TooLong,
}

impl Reply {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Http {
    /// A client for the server at `url`.
    pub(crate) fn new(url: &str) -> Self {
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(ANSWER).build();
        let builder = Connector::builder().connector_settings(settings);
        // Without TLS there is only this machine, to which no proxy leads.
        let builder = match url.starts_with("https://") {
            true => builder.proxy_config(ProxyConfig::from_env()),
            false => builder,
        };
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
        Self(SharedHttpConnector::new(builder.tls_provider(provider).build()))
    }

    /// Sends a request, once.
    ///
    /// # Errors
    ///
    /// [`HttpError`]; a bad status is an answer like any other.
    pub(crate) async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<Reply, HttpError> {
        let wrong = |error: &dyn std::fmt::Display| HttpError::NoRequest(error.to_string());
        let body = body.map_or_else(SdkBody::empty, |text| SdkBody::from(text.to_owned()));
        let mut request = Request::new(body);
        request.set_method(method).map_err(|error| wrong(&error))?;
        request.set_uri(url).map_err(|error| wrong(&error))?;
        for (name, value) in headers {
            let set = request.headers_mut().try_insert((*name).to_owned(), (*value).to_owned());
            // The error would show the value.
            set.map_err(|_| wrong(&format!("the header {name} has a character that no header has")))?;
        }
        let unanswered = |error: &dyn std::error::Error| HttpError::Unanswered(chain(error));
        let mut answer = self.0.call(request).await.map_err(|error| unanswered(&error))?;
        let headers =
            answer.headers().iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
        let (status, headers) = (answer.status().as_u16(), headers.collect());
        let body = ByteStream::new(std::mem::replace(answer.body_mut(), SdkBody::taken()));
        let body = tokio::time::timeout(ANSWER, whole(body)).await;
        let body = body.map_err(|_| HttpError::Unanswered("the answer did not end in time".to_owned()))??;
        Ok(Reply { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

/// All of a body, if it is not too long.
async fn whole(mut body: ByteStream) -> Result<Vec<u8>, HttpError> {
    let mut bytes = Vec::new();
    while let Some(part) = body.next().await {
        let part = part.map_err(|error| HttpError::Unanswered(chain(&error)))?;
        if bytes.len() + part.len() > ANSWER_MAX {
            return Err(HttpError::TooLong);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}
