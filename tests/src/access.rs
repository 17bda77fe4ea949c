//! Access to a local cloud: where it is, and what it takes requests with.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use std::time::SystemTime;

/// The region of every local cloud.
pub const REGION: &str = "eu-central-2";

/// A local cloud's address and credentials.
#[derive(Clone, Debug)]
pub struct Access {
    /// Its address.
    pub endpoint: String,
    /// Its access key's id.
    pub key: String,
    /// Its secret access key.
    pub secret: String,
}

impl Access {
    /// SDK settings, as a function has them on AWS.
    #[must_use]
    pub fn config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(self.credentials()))
            .endpoint_url(&self.endpoint)
            .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(
                aws_smithy_async::rt::sleep::TokioSleep::new(),
            ))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build()
    }

    /// `headers` and those that sign a POST of them and `body` at `/`, for a
    /// service that there is no client of here.
    #[must_use]
    pub fn signed(&self, service: &str, headers: &[(&str, String)], body: &str) -> Vec<(String, String)> {
        let identity = Identity::from(self.credentials());
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .expect("all that is needed to sign")
            .into();
        let plain = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let request = SignableRequest::new(
            "POST",
            format!("{}/", self.endpoint),
            plain,
            SignableBody::Bytes(body.as_bytes()),
        );
        let (added, _) =
            sign(request.expect("a request"), &parameters).expect("it can be signed").into_parts();
        let given = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let added = added.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
        given.chain(added).collect()
    }

    fn credentials(&self) -> Credentials {
        Credentials::new(&self.key, &self.secret, None, None, "tests")
    }
}
