//! Another control plane in the cloud's account: a bus, a registry and a
//! dead-letter queue that no other test uses.

use super::{Api, Cloud, Ran, Running, run, run_with, start, until};
use crate::venv;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use tenantry_events::name::{EventName, SBT_PREFIX};
use tenantry_events::sources::Sources;
use uuid::Uuid;

/// A control plane of a test's own.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    cloud: &'a Cloud,
    stack: &'static str,
    /// Settings of the command, where the deployment's events are not SBT's.
    variables: &'static [(&'static str, &'static str)],
}

/// All that a control plane has ever done.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Every item of the registry by its keys: tenants with their versions,
    /// their histories, claims, counters.
    pub items: BTreeMap<String, Value>,
    /// Every execution: its machine, tenant, operation and status.
    pub executions: Vec<String>,
    /// Every event that was on the bus, by its identity on it.
    pub events: Vec<String>,
}

impl Cloud {
    /// Deploys another control plane, called `stack`, as `tenantry deploy` does.
    pub fn deploy(&self, stack: &str) {
        self.deploy_with(stack, &[]);
    }

    /// The same, with parameters of the template.
    pub fn deploy_with(&self, stack: &str, parameters: &[(String, String)]) {
        let mut deploy = self.command();
        let path = format!("{}:{}", venv::programs().display(), std::env::var("PATH").unwrap_or_default());
        deploy.args(["deploy", "--stack", stack, "--bucket", "tenantry-artefacts", "--no-package"]);
        // Tests sign in with passwords, but for those of authenticators, and in an account of some size.
        let own = [("AdminsNeedMfa", "false"), ("MaxOperations", "50")];
        let own: Vec<_> = own
            .into_iter()
            .filter(|(name, _)| !parameters.iter().any(|(given, _)| given == name))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        for (name, value) in own.iter().chain(parameters) {
            deploy.arg("--parameter").arg(format!("{name}={value}"));
        }
        run(deploy.env("PATH", path)).exits(0);
    }

    /// Deploys a stack of somebody else's, as `aws cloudformation deploy` does
    /// with a template of any size.
    pub fn deploy_template(&self, stack: &str, template: &Path, parameters: &[String]) {
        let mut deploy = vec!["cloudformation", "deploy", "--stack-name", stack, "--template-file"];
        deploy.push(template.to_str().expect("a path"));
        deploy.extend(["--s3-bucket", "tenantry-artefacts", "--capabilities", "CAPABILITY_IAM"]);
        if !parameters.is_empty() {
            deploy.push("--parameter-overrides");
            deploy.extend(parameters.iter().map(String::as_str));
        }
        self.aws(&deploy).exits(0);
    }

    /// Deploys another control plane, for one test alone.
    #[must_use]
    pub fn plane(&self, stack: &'static str) -> Plane<'_> {
        self.plane_with(stack, &[])
    }

    /// A control plane that was deployed before.
    #[must_use]
    pub fn deployed(&self, stack: &'static str) -> Plane<'_> {
        Plane { cloud: self, stack, variables: &[] }
    }

    /// The same, with parameters of the template.
    #[must_use]
    pub fn plane_with(&self, stack: &'static str, parameters: &[(String, String)]) -> Plane<'_> {
        self.deploy_with(stack, parameters);
        self.deployed(stack)
    }
}

impl Plane<'_> {
    /// Its API.
    #[must_use]
    pub fn api(&self) -> Api {
        self.cloud.api_of(self.stack)
    }

    /// `tenantry`, pointed at this control plane.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = self.cloud.command();
        command.env("TENANTRY_STACK", self.stack).envs(self.variables.iter().copied());
        command
    }

    /// Another program, pointed at this cloud.
    #[must_use]
    pub fn command_of(&self, program: &str) -> Command {
        let mut command = super::clean(Command::new(program));
        command.envs(self.cloud.variables.clone());
        command
    }

    /// An output of its stack.
    #[must_use]
    pub fn output(&self, name: &str) -> String {
        let stack = self.cloud.stack_named(self.stack).expect("the control plane");
        let outputs = stack["Outputs"].as_array().expect("outputs");
        let found = outputs.iter().find(|output| output["OutputKey"] == name);
        found
            .and_then(|output| output["OutputValue"].as_str())
            .unwrap_or_else(|| panic!("no {name}"))
            .to_owned()
    }

    /// The same plane, whose events have other sources and types.
    #[must_use]
    pub fn with_variables(self, variables: &'static [(&'static str, &'static str)]) -> Self {
        Self { variables, ..self }
    }

    /// The type that an event has there.
    #[must_use]
    pub fn detail_type(&self, name: EventName) -> String {
        let prefix = self.variables.iter().find(|(name, _)| *name == "TENANTRY_DETAIL_TYPE_PREFIX");
        let detail_type_prefix = prefix.map_or(SBT_PREFIX, |(_, prefix)| prefix).to_owned();
        Sources { detail_type_prefix, ..Sources::default() }.detail_type(name)
    }

    /// Runs `tenantry` on it.
    #[must_use]
    pub fn tenantry(&self, arguments: &[&str]) -> Ran {
        run(self.command().args(arguments))
    }

    /// The same, with the JSON that it prints; panics unless it exits with 0.
    #[must_use]
    pub fn json(&self, arguments: &[&str]) -> Value {
        run(self.command().args(arguments).args(["--output", "json"])).exits(0).json()
    }

    /// Sends events with a plain `aws events put-events`, at most ten.
    pub fn put(&self, events: &[(EventName, &Value)]) {
        let entry = |(name, detail): &(EventName, &Value)| {
            let mut entry = self.cloud.entry(Sources::default().of(*name), *name, &detail.to_string());
            entry["EventBusName"] = json!(self.stack);
            entry
        };
        let answer = self.cloud.put_entries(&events.iter().map(entry).collect::<Vec<_>>());
        assert_eq!(answer["FailedEntryCount"], 0, "{answer}");
    }

    /// An external tier of that name.
    #[must_use]
    pub fn tier(&self, name: &'static str) -> &'static str {
        self.cloud.declare_tier(self.stack, name)
    }

    /// A tier of its own whose tenants the test provisions itself.
    #[must_use]
    pub fn guest_tier(&self) -> &'static str {
        self.cloud.declare_guest_tier(self.stack)
    }

    /// `tenantry tenant show` as JSON; `None` if there is no such tenant.
    #[must_use]
    pub fn show(&self, id: &str) -> Option<Value> {
        let ran = self.tenantry(&["tenant", "show", id, "--output", "json"]);
        (ran.code != Some(3)).then(|| ran.exits(0).json())
    }

    /// Waits until the tenant has the status.
    pub fn is(&self, id: &str, status: &str) -> Value {
        until(&format!("tenant {id} to be {status}"), || {
            let shown = self.show(id)?;
            (shown["tenant"]["status"] == status).then_some(shown)
        })
    }

    /// Waits until the tenant's history has `count` lines about `action`; the
    /// lines.
    pub fn lines(&self, id: &str, action: &str, count: usize) -> Vec<Value> {
        until(&format!("{count} lines about {action} in the history of {id}"), || {
            let ran = self.tenantry(&["tenant", "history", id, "--output", "json"]);
            if ran.code == Some(3) {
                return None;
            }
            let lines = ran.exits(0).json();
            let lines = lines.as_array().expect("a list").iter();
            let lines: Vec<Value> = lines.filter(|line| line["action"] == action).cloned().collect();
            (lines.len() >= count).then_some(lines)
        })
    }

    /// Waits until `count` letters are in the dead-letter queue; what `tenantry
    /// queue list` has of them.
    pub fn letters(&self, count: usize) -> Vec<Value> {
        until(&format!("{count} dead letters"), || {
            let listed = self.json(&["queue", "list"]);
            let letters = listed.as_array().expect("a list");
            (letters.len() >= count).then(|| letters.clone())
        })
    }

    /// Begins to listen to its bus.
    #[must_use]
    pub fn listen(&self) -> Running {
        let mut tail = start(self.command().args(["event", "tail", "--output", "json"]));
        tail.says("listening to the bus");
        tail
    }

    /// How often its functions have logged a line with `text`.
    #[must_use]
    pub fn logged(&self, functions: &[&str], text: &str) -> usize {
        let of = |function: &&str| {
            let group = format!("/aws/lambda/{}-{function}", self.stack);
            let read = ["logs", "filter-log-events", "--log-group-name", &group];
            let found = self.cloud.aws(&read).exits(0).json();
            let lines = found["events"].as_array().expect("a list").clone();
            lines
                .iter()
                .filter(|line| line["message"].as_str().is_some_and(|line| line.contains(text)))
                .count()
        };
        functions.iter().map(of).sum()
    }

    /// The whole picture, once every event that was ever to be sent is on the
    /// bus and heard by `ears`.
    #[must_use]
    pub fn picture(&self, ears: &Running) -> Picture {
        let items = until("nothing to be unpublished", || {
            let items = self.items();
            items.values().all(|item| item.get("outbox").is_none()).then_some(items)
        });
        let events = self.heard(ears);
        let rows = self.json(&["execution", "list", "--limit", "1000"]);
        let fields = ["stateMachine", "tenantId", "operationId", "status"];
        let row = |found: &Value| fields.map(|name| found[name].as_str().unwrap_or_default()).join(" ");
        let mut executions: Vec<String> = rows.as_array().expect("a list").iter().map(row).collect();
        executions.sort();
        Picture { items, executions, events }
    }

    fn items(&self) -> BTreeMap<String, Value> {
        let table = format!("{}-registry", self.stack);
        let read = ["dynamodb", "scan", "--consistent-read", "--table-name", &table];
        let found = self.cloud.aws(&read).exits(0).json();
        let key = |item: &Value| format!("{} {}", item["tenantId"], item["record"]);
        found["Items"].as_array().expect("a list").iter().map(|item| (key(item), item.clone())).collect()
    }

    /// What was on the bus so far: up to a marker of our own, which is not told.
    fn heard(&self, ears: &Running) -> Vec<String> {
        let marker = Uuid::new_v4().to_string();
        let detail = json!({ "tenantId": marker, "marker": marker }).to_string();
        run_with(self.command().args(["event", "publish", EventName::BillingSuccess.as_str(), "-"]), &detail)
            .exits(0);
        let heard = || {
            let printed = ears.stdout();
            let whole = printed.rfind('\n').map_or("", |end| &printed[..end]).to_owned();
            whole.contains(&marker).then_some(whole)
        };
        let heard = until("the marker on the bus", heard);
        let events = heard.lines().map(|line| serde_json::from_str::<Value>(line).expect("an event a line"));
        let own = |event: &Value| event["detail"].get("marker").is_some();
        let mut ids: Vec<String> = events
            .filter(|event| !own(event))
            .map(|event| format!("{} {}", event["detail-type"], event["id"]))
            .collect();
        ids.sort();
        ids
    }
}

impl Picture {
    /// Panics unless nothing whatsoever has happened since `before`.
    pub fn assert_is(&self, before: &Self) {
        let keys = self.items.keys().chain(before.items.keys());
        let differ = |key: &&String| self.items.get(*key) != before.items.get(*key);
        let changed: Vec<&String> = keys.filter(differ).collect();
        assert_eq!(changed, Vec::<&String>::new(), "written to");
        assert_eq!(self.executions, before.executions);
        assert_eq!(self.events, before.events);
    }
}
