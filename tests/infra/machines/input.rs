//! What an execution is given is what its machine asks for.

use super::machines;
use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use tenantry_handlers::engine::build::{Arns, Machines};
use tenantry_tests::builders::{begin, changed, onboarding};

/// Every field that a definition reads of its input is one that the reconciler
/// sends. A missing one would be `States.Runtime`, which nothing catches.
#[tokio::test]
async fn machines_read_what_the_reconciler_sends() {
    let input = sent_by_the_reconciler().await;
    for machine in machines() {
        let used: Vec<_> = machine.source.split("$states.context.Execution.Input").skip(1).collect();
        assert!(!used.is_empty(), "{}", machine.name);
        for rest in used {
            let field =
                rest.strip_prefix('.').unwrap_or_else(|| panic!("the whole input is passed on: {rest:.40}"));
            let field = field.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            assert!(input[field].is_string(), "{} reads `{field}`, which is not sent", machine.name);
        }
    }
}

/// The input of a real call of StartExecution.
async fn sent_by_the_reconciler() -> Value {
    let client = Recorder::default();
    let recorder = client.clone();
    let config = aws_sdk_sfn::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::for_tests())
        .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(recorder.clone())))
        .build();
    let arn = |name: &str| format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}");
    let machines = Machines {
        client: aws_sdk_sfn::Client::from_conf(config),
        arns: Arns([("silo/provision".to_owned(), arn("provision"))].into()),
        stack_prefix: "tenantry-tenant-".to_owned(),
    };
    let tenant = changed(None, &onboarding("Acme"));
    let tenant = changed(Some(&tenant), &begin(&tenant));
    machines.start(&tenant, tenant.operation.as_ref().expect("an operation")).await.expect("it starts");
    let body = client.body.lock().unwrap().clone();
    let request: Value = serde_json::from_slice(&body).expect("a JSON request");
    serde_json::from_str(request["input"].as_str().expect("an input")).expect("a JSON input")
}

/// Takes one request and answers as Step Functions does.
#[derive(Clone, Debug, Default)]
struct Recorder {
    body: Arc<Mutex<Vec<u8>>>,
}

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        *self.body.lock().unwrap() = request.body().bytes().expect("a body in memory").to_vec();
        let answer = SdkBody::from(r#"{"executionArn": "arn", "startDate": 1}"#);
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200_u16.try_into().unwrap(), answer)))
    }
}
