//! What the functions are invoked with, beyond the events of the catalogue.

use crate::events::{envelope_id, event};
use crate::machine::payload;
use crate::world::World;
use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_registry::tenant::Tenant;

/// 'Step Functions Execution Status Change' of the tenant's execution.
#[must_use]
pub fn status_change(tenant: &Tenant, status: &str) -> Value {
    let arn = tenant.operation.as_ref().unwrap().execution_arn.clone().unwrap_or_default();
    json!({
        "version": "0",
        "id": envelope_id(status),
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "account": "000000000000",
        "region": "us-east-1",
        "time": "2026-01-02T12:00:00Z",
        "resources": [arn],
        "detail": {
            "executionArn": arn,
            "stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:provision",
            "name": arn.rsplit(':').next(),
            "status": status,
            "startDate": 1_767_355_200_000_u64,
            "stopDate": 1_767_355_260_000_u64,
            "input": "{}",
            "inputDetails": { "included": true },
            "output": null,
            "outputDetails": null,
            "error": null,
            "cause": null,
        },
    })
}

/// The request `name` about `tenant`, made `minutes` after noon.
#[must_use]
pub fn request(name: EventName, tenant: &Tenant, seed: &str, minutes: u32) -> Value {
    let detail = json!({
        "tenantId": tenant.tenant_id,
        "reason": "because",
        "requestedBy": "ops@saas.example",
    });
    let mut event = event(name, seed, &detail);
    event["time"] = json!(format!("2026-01-02T12:{minutes:02}:00Z"));
    event
}

/// What the machine sends after its build's success.
#[must_use]
pub fn succeeded(tenant: &Tenant, machine: &str, build: &Value) -> Value {
    let [id, operation] = input(tenant);
    let build = ("$states.input", build.clone());
    payload(machine, "Record", &[id, operation, build])
}

/// What it sends after a failure and the clean-up.
#[must_use]
pub fn failed(tenant: &Tenant, machine: &str, error: &str, cause: &str, clean_up: &Value) -> Value {
    let input = input(tenant);
    payload(
        machine,
        "RecordFailure",
        &[
            input[0].clone(),
            input[1].clone(),
            ("$failed", json!("deploy")),
            ("$failure.Error", json!(error)),
            ("$exists($failure.Cause) ? $failure.Cause : ''", json!(cause)),
            ("$cleanUp", clean_up.clone()),
        ],
    )
}

/// What the input of the execution of its operation gives to expressions.
#[must_use]
pub fn input(tenant: &Tenant) -> [(&'static str, Value); 2] {
    let operation = tenant.operation.as_ref().expect("an operation runs").id;
    [
        ("$states.context.Execution.Input.tenantId", json!(tenant.tenant_id)),
        ("$states.context.Execution.Input.operationId", json!(operation)),
    ]
}

/// A request as CloudFormation sends it.
pub async fn tier_request(world: &World, kind: &str, more: &Value) -> Value {
    let mut request = json!({
        "RequestType": kind,
        "ServiceToken": "arn:aws:lambda:us-east-1:000000000000:function:tiers",
        "RequestId": "request-1",
        "ResponseURL": world.response_url().await,
        "StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/tenantry/1",
        "ResourceType": "Custom::TenantryTier",
        "LogicalResourceId": "PlatinumTier",
    });
    for (name, value) in more.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

/// The properties of a tier in a template.
#[must_use]
pub fn properties(name: &str, plan: &str) -> Value {
    json!({
        "ServiceToken": "arn:aws:lambda:us-east-1:000000000000:function:tiers",
        "Name": name,
        "Plan": plan,
    })
}
