//! The control plane, as the cases ask and look at it: in this process, as a
//! hundred executions would be many commands.

use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tenantry_events::delivery::Entry;
use tenantry_events::ids::{EventId, OperationId, TenantId};
use tenantry_events::name::EventName;
use tenantry_events::sources::Sources;
use tenantry_operations::bus::Bus;
use tenantry_registry::store::Registry;
use tenantry_registry::tenant::{Operation, Tenant};
use tenantry_tests::access::{Access, REGION};
use tenantry_tests::cloud::{Cloud, request};
use uuid::Uuid;

/// How long an operation with its faults may take, with what follows from it.
const PATIENCE: Duration = Duration::from_secs(300);

/// A deployment in the shared cloud.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    stack: &'static str,
    access: Access,
    pub(crate) faults: PathBuf,
    bus: Bus,
    pub(crate) registry: Registry,
    pub(crate) states: aws_sdk_sfn::Client,
}

/// An execution that is over.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: String,
    pub(crate) error: Option<String>,
    /// Each state that was entered, with the errors that its task failed with.
    pub(crate) states: Vec<(String, Vec<(String, String)>)>,
}

impl Control {
    pub(crate) fn of(cloud: &Cloud, stack: &'static str) -> Self {
        let config = cloud.access().config();
        Self {
            stack,
            access: cloud.access(),
            faults: cloud.faults(),
            bus: Bus::new(aws_sdk_eventbridge::Client::new(&config), stack),
            registry: Registry::new(aws_sdk_dynamodb::Client::new(&config), format!("{stack}-registry")),
            states: aws_sdk_sfn::Client::new(&config),
        }
    }

    /// The name under which `machine` is deployed.
    pub(crate) fn machine(&self, machine: &str) -> String {
        format!("{}-{machine}", self.stack)
    }

    pub(crate) fn execution(&self, machine: &str, tenant: TenantId, operation: OperationId) -> String {
        let machine = self.machine(machine);
        format!(
            "arn:aws:states:{REGION}:000000000000:execution:{machine}:{}",
            operation.execution_name(tenant)
        )
    }

    /// Asks for something about a tenant.
    pub(crate) async fn ask(&self, name: EventName, tenant: TenantId) {
        self.send(name, &json!({ "tenantId": tenant, "reason": "a test of the machines" })).await;
    }

    /// Asks for an administrator with an address that the tenant has not had.
    pub(crate) async fn readdress(&self, tenant: TenantId) {
        let email = format!("{}@machines.example", Uuid::new_v4());
        self.send(EventName::ChangeRequest, &json!({ "tenantId": tenant, "email": email })).await;
    }

    /// Asks for a new tenant, with this id.
    pub(crate) async fn onboard(&self, tenant: TenantId) {
        let mut detail = request(&format!("Machines {tenant}"));
        detail["tenantId"] = json!(tenant);
        self.send(EventName::OnboardingRequest, &detail).await;
    }

    async fn send(&self, name: EventName, detail: &Value) {
        let id: EventId = Uuid::new_v4().to_string().parse().expect("an id");
        let entry = Entry::new(name, id, detail, &Sources::default()).expect("a small event");
        self.bus.send(vec![entry]).await.expect("the bus takes it");
    }

    pub(crate) async fn tenant(&self, id: TenantId) -> Option<Tenant> {
        self.registry.tenant(id).await.expect("the registry answers")
    }

    /// The record of one of the tenant's operations.
    pub(crate) async fn operation(&self, tenant: TenantId, id: OperationId) -> Operation {
        let history = self.registry.history(tenant).await.expect("the registry answers");
        history.operations.into_iter().find(|operation| operation.id == id).expect("the operation was begun")
    }

    /// The tenant once the operation, and whatever follows by itself, is over.
    pub(crate) async fn rests(&self, id: TenantId, after: OperationId) -> Tenant {
        let over = async || {
            let tenant = self.tenant(id).await?;
            let last = tenant.last_operation.as_ref()?.id;
            let came = (last.generation, last.attempt) >= (after.generation, after.attempt);
            (came && tenant.operation.is_none() && tenant.due.is_none()).then_some(tenant)
        };
        match until(over).await {
            Some(tenant) => tenant,
            None => panic!("{id} does not come to rest after {after}: {:#?}", self.tenant(id).await),
        }
    }

    /// The execution once it is over.
    pub(crate) async fn ended(&self, arn: &str) -> Ended {
        let over = async || {
            let found = self.states.describe_execution().execution_arn(arn).send().await.ok()?;
            (found.status.as_str() != "RUNNING").then_some(found)
        };
        let found = until(over).await.unwrap_or_else(|| panic!("{arn} does not end"));
        let history = self.states.get_execution_history().execution_arn(arn).max_results(1_000);
        let mut states: Vec<(String, Vec<(String, String)>)> = Vec::new();
        for event in history.send().await.expect("the execution is there").events {
            if let Some(entered) = event.state_entered_event_details {
                states.push((entered.name, Vec::new()));
            }
            if let (Some(failed), Some((_, errors))) = (event.task_failed_event_details, states.last_mut()) {
                errors.push((failed.error.unwrap_or_default(), failed.cause.unwrap_or_default()));
            }
        }
        Ended { status: found.status.as_str().to_owned(), error: found.error, states }
    }

    /// The ids of the tenants that have a stack.
    pub(crate) async fn stacks(&self) -> Vec<String> {
        let (access, prefix) = (self.access.clone(), format!("<StackName>{}-tenant-", self.stack));
        let ask = move || {
            let form = [("content-type", "application/x-www-form-urlencoded".to_owned())];
            let body = "Action=DescribeStacks&Version=2010-05-15";
            let headers = access.signed("cloudformation", &form, body);
            let call = ureq::post(&access.endpoint);
            let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
            let mut answer = call.send(body).expect("CloudFormation answers");
            answer.body_mut().read_to_string().expect("text")
        };
        let said = tokio::task::spawn_blocking(ask).await.expect("no panic");
        assert!(said.contains("<StackName>"), "no list of stacks: {said}");
        said.split(&prefix).skip(1).filter_map(|rest| rest.get(..36).map(str::to_owned)).collect()
    }
}

/// Looks until there is something, for so long as is reasonable.
pub(crate) async fn until<T>(look: impl AsyncFn() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return Some(found);
        }
        if Instant::now() > deadline {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
