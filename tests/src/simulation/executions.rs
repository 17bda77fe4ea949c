//! Step Functions and CodeBuild: executions go through the states that
//! `statemachines/` defines, their builds make and take down stacks, and their
//! outcomes are recorded with the definitions' own payloads. What no definition
//! can catch happens too.

use super::cloud::Stack;
use super::engine::{Engine, Event};
use super::lambda::From;
use crate::functions::{Function, Invocation};
use crate::machine::{build, payload};
use serde_json::{Value, json};
use tenantry_events::ids::{EventId, OperationId, TenantId};

/// What an execution does next.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Begin,
    /// The build is half way.
    Half,
    /// The build is over.
    Built {
        succeeded: bool,
    },
    CleanUp,
    Cleaned {
        succeeded: bool,
    },
    Record {
        payload: Value,
        attempt: u32,
        end: &'static str,
    },
    /// It ends without recording anything.
    End {
        status: &'static str,
        error: &'static str,
    },
}

/// The build's own limits: Deploy, Destroy and Update of the definitions.
const BUILD_LIMIT: i64 = 2_700_000;
/// The machines' own limit.
const MACHINE_LIMIT: i64 = 5_100_000;

impl Engine {
    pub(super) fn started(&mut self, arn: &str) {
        self.note(&format!("execution {arn} starts"));
        self.go(arn, 10, 1_000, Step::Begin);
    }

    pub(super) fn stopped(&mut self, arn: &str) {
        self.note(&format!("execution {arn} is stopped"));
        self.tell(arn);
    }

    fn go(&mut self, arn: &str, from: i64, to: i64, step: Step) {
        self.soon(from, to, Event::Execution { arn: arn.to_owned(), step });
    }

    pub(super) fn execution(&mut self, arn: &str, step: Step) {
        let Some(execution) = self.cloud.executions.get(arn).filter(|execution| execution.runs()) else {
            return;
        };
        let (tenant, operation) =
            OperationId::from_execution_name(&execution.name).expect("an operation's name");
        let machine = execution.machine.clone();
        self.note(&format!("execution {machine} {tenant}-{operation}: {}", name(&step)));
        let builds = matches!(step, Step::Begin | Step::Half | Step::CleanUp);
        self.cloud.executions.get_mut(arn).expect("an execution").builds = builds;
        match step {
            Step::Begin => self.begin(arn, tenant, &machine),
            Step::Half => {
                // Nothing of a stack may be touched by two at once.
                self.alone(arn, tenant);
                self.cloud.stacks.insert(tenant, Stack::Half);
            }
            Step::Built { succeeded } => self.built(arn, tenant, operation, &machine, succeeded),
            Step::CleanUp => {
                let succeeded = !self.weather.fails(&mut self.random, self.now);
                self.go(arn, 20_000, 400_000, Step::Cleaned { succeeded });
            }
            Step::Cleaned { succeeded } => {
                let clean_up = match succeeded {
                    true => json!({ "outcome": "succeeded" }),
                    false => {
                        json!({ "outcome": "failed", "error": "States.TaskFailed", "cause": "it stays" })
                    }
                };
                if succeeded {
                    self.cloud.take_down(tenant);
                }
                let payload = failed("provision-silo", tenant, operation, &clean_up);
                self.record(arn, payload, 0, "FAILED");
            }
            Step::Record { payload, attempt, end } => self.record(arn, payload, attempt, end),
            Step::End { status, error } => self.end(arn, status, error),
        }
    }

    fn begin(&mut self, arn: &str, tenant: TenantId, machine: &str) {
        self.alone(arn, tenant);
        if matches!(machine, "suspend" | "update") && self.cloud.stacks.get(&tenant) != Some(&Stack::Full) {
            self.history.wrong.push(format!("{tenant}: an update of a stack that is not there"));
        }
        if self.weather.cuts(&mut self.random, self.now) {
            let (status, error, from, to) = *self.random.one(&[
                ("FAILED", "States.Runtime", 100, 1_000),
                ("FAILED", "States.DataLimitExceeded", 10_000, 500_000),
                ("ABORTED", "ByHand", 1_000, 600_000),
                ("TIMED_OUT", "States.Timeout", MACHINE_LIMIT, MACHINE_LIMIT + 1),
            ]);
            self.go(arn, from, to, Step::End { status, error });
            if status == "TIMED_OUT" {
                return;
            }
        }
        if machine != "update" && self.weather.fails(&mut self.random, self.now) && self.random.chance(30) {
            // No room among the account's builds, for half an hour.
            let machine = definition(machine);
            let execution = &self.cloud.executions[arn];
            let (tenant, operation) = OperationId::from_execution_name(&execution.name).expect("a name");
            let [id, operation] = identity(tenant, operation);
            let payload = payload(
                machine,
                "Defer",
                &[
                    id,
                    operation,
                    ("$failure.Error", json!("CodeBuild.AccountLimitExceededException")),
                    ("$exists($failure.Cause) ? $failure.Cause : ''", json!("too many builds")),
                ],
            );
            return self.go(
                arn,
                1_800_000,
                1_900_000,
                Step::Record { payload, attempt: 0, end: "SUCCEEDED" },
            );
        }
        let succeeded = !self.weather.fails(&mut self.random, self.now);
        let hangs = !succeeded && self.random.chance(30);
        if !matches!(machine, "suspend" | "update") {
            self.go(arn, 5_000, 15_000, Step::Half);
        }
        match hangs {
            true => self.go(arn, BUILD_LIMIT, BUILD_LIMIT + 1, Step::Built { succeeded: false }),
            false => self.go(arn, 20_000, 480_000, Step::Built { succeeded }),
        }
    }

    fn built(&mut self, arn: &str, tenant: TenantId, operation: OperationId, machine: &str, succeeded: bool) {
        self.alone(arn, tenant);
        match (machine, succeeded) {
            ("provision", true) => drop(self.cloud.stacks.insert(tenant, Stack::Full)),
            ("deprovision", true) => self.cloud.take_down(tenant),
            ("provision", false) => return self.go(arn, 1, 1_000, Step::CleanUp),
            _ => {}
        }
        match succeeded {
            true => {
                let exported = [
                    ("API_URL", json!("https://api")),
                    ("RELEASE", json!("r1")),
                    ("USER_POOL_ID", json!(tenant)),
                ];
                let variable = |(name, value): (&str, Value)| json!({ "Name": name, "Value": value });
                let exported: Value = exported.map(variable).to_vec().into();
                let [id, operation] = identity(tenant, operation);
                let build = ("$states.input", build("SUCCEEDED", &exported));
                let payload = payload(definition(machine), "Record", &[id, operation, build]);
                self.record(arn, payload, 0, "SUCCEEDED");
            }
            false => {
                let payload =
                    failed(definition(machine), tenant, operation, &json!({ "outcome": "notNeeded" }));
                self.record(arn, payload, 0, "FAILED");
            }
        }
    }

    fn record(&mut self, arn: &str, payload: Value, attempt: u32, end: &'static str) {
        self.cloud.executions.get_mut(arn).expect("an execution").told = Some(payload.clone());
        let from = From::Execution { arn: arn.to_owned(), attempt, end };
        self.invoke(Function::RecordOutcome, payload, from);
    }

    /// The function that records has ended, or came to no end.
    pub(super) fn recorded(
        &mut self,
        arn: &str,
        payload: Value,
        attempt: u32,
        end: &'static str,
        invocation: Option<Invocation>,
    ) {
        if !self.cloud.executions[arn].runs() {
            return;
        }
        let again = match &invocation {
            Some(Ok(_)) => return self.end(arn, end, if end == "FAILED" { "States.TaskFailed" } else { "" }),
            Some(Err(refusal)) if refusal.name == "Superseded" => {
                return self.end(arn, "FAILED", "Superseded");
            }
            Some(Err(refusal)) => refusal.name != "InvalidPayload",
            None => true,
        };
        if !again || attempt >= 6 {
            return self.end(arn, "FAILED", "RecordingFailed");
        }
        let wait = (2_000 << attempt).min(30_000);
        self.go(arn, 1, wait, Step::Record { payload, attempt: attempt + 1, end });
    }

    fn end(&mut self, arn: &str, status: &'static str, error: &str) {
        let execution = self.cloud.executions.get_mut(arn).expect("an execution");
        execution.status = status;
        execution.builds = false;
        execution.error = (!error.is_empty()).then(|| error.to_owned());
        self.note(&format!("execution {arn} ends: {status} {error}"));
        if status != "SUCCEEDED" {
            self.tell(arn);
        }
    }

    /// The status event, as the rule in the template takes it: best effort.
    fn tell(&mut self, arn: &str) {
        if self.weather.loses(&mut self.random, self.now) {
            return;
        }
        let execution = &self.cloud.executions[arn];
        let payload = json!({
            "id": EventId::derive(arn),
            "detail-type": "Step Functions Execution Status Change",
            "source": "aws.states",
            "detail": {
                "executionArn": arn,
                "name": execution.name,
                "status": execution.status,
                "error": execution.error,
                "cause": execution.cause,
            },
        });
        let at = self.now + self.weather.way(&mut self.random, self.now);
        let from = From::Bus { attempt: 0 };
        self.at(at, Event::Invoke { function: Function::ExecutionEnded, payload, from });
    }

    /// No two executions work on one stack at once.
    fn alone(&mut self, arn: &str, tenant: TenantId) {
        let of_tenant = tenant.to_string();
        let other = self.cloud.executions.iter().find(|(other, execution)| {
            other.as_str() != arn && execution.builds && execution.name.starts_with(&of_tenant)
        });
        if let Some((other, _)) = other {
            self.history.wrong.push(format!("two executions at one stack: {arn} and {other}"));
        }
    }
}

fn definition(machine: &str) -> &'static str {
    match machine {
        "provision" => "provision-silo",
        "update" => "update-silo",
        "suspend" => "suspend-silo",
        _ => "deprovision-silo",
    }
}

fn identity(tenant: TenantId, operation: OperationId) -> [(&'static str, Value); 2] {
    [
        ("$states.context.Execution.Input.tenantId", json!(tenant)),
        ("$states.context.Execution.Input.operationId", json!(operation)),
    ]
}

fn failed(machine: &str, tenant: TenantId, operation: OperationId, clean_up: &Value) -> Value {
    let [id, operation] = identity(tenant, operation);
    let cause = json!({ "Build": build("FAILED", &json!([])) }).to_string();
    payload(
        machine,
        "RecordFailure",
        &[
            id,
            operation,
            ("$failed", json!("deploy")),
            ("$failure.Error", json!("States.TaskFailed")),
            ("$exists($failure.Cause) ? $failure.Cause : ''", json!(cause)),
            ("$cleanUp", clean_up.clone()),
        ],
    )
}

fn name(step: &Step) -> String {
    match step {
        Step::Record { attempt, .. } => format!("Record, attempt {attempt}"),
        other => format!("{other:?}"),
    }
}
