//! The simulated services, as the functions see them.

use super::table::Table;
use super::users::Users;
use crate::faults::Call;
use crate::invariants::Published;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenantry_events::ids::TenantId;
use tenantry_events::name::EventName;

/// What there is of a tenant's stack.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stack {
    Half,
    Full,
}

/// An execution.
#[derive(Clone, Debug)]
pub(super) struct Execution {
    pub(super) name: String,
    /// `provision`, `suspend` or `deprovision`.
    pub(super) machine: String,
    pub(super) input: String,
    pub(super) status: &'static str,
    /// Whether a build of it is at the tenant's stack.
    pub(super) builds: bool,
    /// What it called `record-outcome` with last.
    pub(super) told: Option<Value>,
    pub(super) error: Option<String>,
    pub(super) cause: Option<String>,
}

impl Execution {
    pub(super) fn runs(&self) -> bool {
        self.status == "RUNNING"
    }
}

/// What others notice: what happened to an execution, by its ARN, and what a bus
/// took.
#[derive(Debug)]
pub(super) enum News {
    Started(String),
    Stopped(String),
    Published { bus: String, name: EventName, detail: Value },
}

/// Everything outside of the functions.
#[derive(Debug, Default)]
pub(super) struct Cloud {
    pub(super) table: Table,
    pub(super) executions: BTreeMap<String, Execution>,
    pub(super) stacks: BTreeMap<TenantId, Stack>,
    pub(super) users: Users,
    pub(super) published: Vec<Published>,
    pub(super) put_away: Vec<Value>,
    pub(super) news: Vec<News>,
}

impl Cloud {
    /// The tenant's stack is gone, and what was in it.
    pub(super) fn take_down(&mut self, tenant: TenantId) {
        self.stacks.remove(&tenant);
        self.users.gone(tenant);
    }

    /// What the service answers.
    pub(super) fn call(&mut self, call: &Call) -> (u16, Value) {
        let request = &call.request;
        match (call.service.as_str(), call.operation.as_str()) {
            ("DynamoDB", operation) => self.table.call(operation, request),
            (_, operation @ ("AdminCreateUser" | "AdminDeleteUser" | "AdminGetUser")) => {
                self.users.call(operation, request)
            }
            (_, "StartExecution") => self.start(request),
            (_, "StopExecution") => self.stop(request),
            (_, "DescribeExecution") => self.describe(request),
            (_, "GetExecutionHistory") => self.history(request),
            (_, "BatchGetBuilds") => self.builds(request),
            (_, "StopBuild") => self.stop_build(request),
            (_, "PutEvents") => self.put_events(request),
            (_, "SendMessage") => {
                self.put_away.push(request["MessageBody"].clone());
                (200, json!({ "MessageId": self.put_away.len().to_string(), "MD5OfMessageBody": "" }))
            }
            (service, operation) => panic!("nobody answers {service}.{operation}"),
        }
    }

    /// A name is taken once; the same start while it runs is the same start.
    ///
    /// Source: "StartExecution", AWS Step Functions API Reference.
    fn start(&mut self, request: &Value) -> (u16, Value) {
        let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
        let (machine, name, input) = (text("stateMachineArn"), text("name"), text("input"));
        let arn = format!("{}:{name}", machine.replace(":stateMachine:", ":execution:"));
        let started = json!({ "executionArn": arn, "startDate": 1_767_355_200.0 });
        match self.executions.get(&arn) {
            Some(known) if known.runs() && known.input == input => (200, started),
            Some(_) => error("ExecutionAlreadyExists"),
            None => {
                let machine = machine.rsplit(':').next().unwrap_or_default().to_owned();
                let execution = Execution {
                    name,
                    machine,
                    input,
                    status: "RUNNING",
                    builds: false,
                    told: None,
                    error: None,
                    cause: None,
                };
                self.executions.insert(arn.clone(), execution);
                self.news.push(News::Started(arn));
                (200, started)
            }
        }
    }

    fn stop(&mut self, request: &Value) -> (u16, Value) {
        let arn = request["executionArn"].as_str().unwrap_or_default();
        let Some(execution) = self.executions.get_mut(arn) else { return error("ExecutionDoesNotExist") };
        if execution.runs() {
            execution.status = "ABORTED";
            execution.builds = false;
            execution.error = request["error"].as_str().map(str::to_owned);
            execution.cause = request["cause"].as_str().map(str::to_owned);
            self.news.push(News::Stopped(arn.to_owned()));
        }
        (200, json!({ "stopDate": 1_767_355_200.0 }))
    }

    fn describe(&self, request: &Value) -> (u16, Value) {
        let arn = request["executionArn"].as_str().unwrap_or_default();
        let Some(execution) = self.executions.get(arn) else { return error("ExecutionDoesNotExist") };
        let mut answer = json!({
            "executionArn": arn,
            "stateMachineArn": arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": 1_767_355_200.0,
        });
        for (name, value) in [("error", &execution.error), ("cause", &execution.cause)] {
            if let Some(value) = value {
                answer[name] = json!(value);
            }
        }
        (200, answer)
    }

    /// As far as it names the build, and what was recorded or was to be; the
    /// latest first.
    fn history(&self, request: &Value) -> (u16, Value) {
        let arn = request["executionArn"].as_str().unwrap_or_default();
        let Some(execution) = self.executions.get(arn) else { return error("ExecutionDoesNotExist") };
        let told = execution.told.as_ref().map(|payload| {
            let parameters = json!({ "FunctionName": "record-outcome", "Payload": payload }).to_string();
            json!({
                "id": 2,
                "timestamp": 1_767_355_200.0,
                "type": "TaskScheduled",
                "taskScheduledEventDetails":
                    { "resourceType": "lambda", "resource": "invoke", "region": "us-east-1", "parameters": parameters },
            })
        });
        let output = json!({ "Build": { "Id": build_id(arn) } }).to_string();
        let task = json!({ "resourceType": "codebuild", "resource": "startBuild.sync", "output": output });
        let event = json!({
            "id": 1,
            "timestamp": 1_767_355_200.0,
            "type": "TaskSubmitted",
            "taskSubmittedEventDetails": task,
        });
        (200, json!({ "events": told.into_iter().chain([event]).collect::<Vec<_>>() }))
    }

    fn builds(&self, request: &Value) -> (u16, Value) {
        let ids = request["ids"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let found = ids.filter_map(|id| {
            let (_, execution) = self.executions.iter().find(|(arn, _)| build_id(arn) == id)?;
            let status = if execution.builds { "IN_PROGRESS" } else { "STOPPED" };
            Some(json!({ "id": id, "buildStatus": status }))
        });
        (200, json!({ "builds": found.collect::<Vec<_>>() }))
    }

    fn stop_build(&mut self, request: &Value) -> (u16, Value) {
        let id = request["id"].as_str().unwrap_or_default();
        let Some((_, execution)) = self.executions.iter_mut().find(|(arn, _)| build_id(arn) == id) else {
            return error("ResourceNotFoundException");
        };
        execution.builds = false;
        (200, json!({ "build": { "id": id, "buildStatus": "STOPPED" } }))
    }

    fn put_events(&mut self, request: &Value) -> (u16, Value) {
        let mut results = Vec::new();
        for entry in request["Entries"].as_array().into_iter().flatten() {
            let text = |name: &str| entry[name].as_str().unwrap_or_default();
            let published = Published::of(text("DetailType"), text("Detail"));
            let (bus, name) = (text("EventBusName").to_owned(), published.name);
            self.news.push(News::Published { bus, name, detail: published.detail.clone() });
            self.published.push(published);
            results.push(json!({ "EventId": self.published.len().to_string() }));
        }
        (200, json!({ "FailedEntryCount": 0, "Entries": results }))
    }
}

/// The build of an execution.
fn build_id(arn: &str) -> String {
    format!("build:{}", TenantId::derive(arn))
}

pub(super) fn error(name: &str) -> (u16, Value) {
    (400, json!({ "__type": name, "message": name }))
}
