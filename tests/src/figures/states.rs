//! An execution's way through its definition when all goes well: which states it
//! enters, what each calls, and what the next one gets.

use crate::machine::{build, definitions};
use crate::workspace;
use serde_json::{Map, Value, json};

/// What a state does.
#[derive(Debug)]
pub(super) enum Task {
    /// A build.
    Build,
    /// A call of the function with this name in the template.
    Call { function: String, payload: Value },
}

/// An execution at one of its states.
#[derive(Debug)]
pub(super) struct Execution {
    machine: String,
    state: String,
    /// What expressions know: `$states`, and the variables that were assigned.
    scope: Map<String, Value>,
}

impl Execution {
    /// An execution of `machine` at its start.
    pub(super) fn start(machine: &str, input: &Value) -> Self {
        let state = definitions()[machine]["StartAt"].as_str().expect("a start").to_owned();
        let states = json!({ "context": { "Execution": { "Input": input } }, "input": input });
        let scope = Map::from_iter([("states".to_owned(), states)]);
        Self { machine: machine.to_owned(), state, scope }
    }

    /// The state that it is in, as `machine: state`.
    pub(super) fn name(&self) -> String {
        format!("{}: {}", self.machine, self.state)
    }

    fn definition(&self) -> &'static Value {
        &definitions()[&self.machine]["States"][&self.state]
    }

    /// What the state does.
    pub(super) fn task(&self) -> Task {
        let state = self.definition();
        match state["Resource"].as_str().unwrap_or_default() {
            "arn:aws:states:::codebuild:startBuild.sync" => Task::Build,
            "arn:aws:states:::lambda:invoke" => {
                let name = state["Arguments"]["FunctionName"].as_str().unwrap_or_default();
                let name = name.strip_prefix("${").and_then(|name| name.strip_suffix("Arn}"));
                let function = name.expect("a function of the template").to_owned();
                Task::Call { function, payload: self.render(&state["Arguments"]["Payload"]) }
            }
            _ => panic!("{}: what does it do? {state}", self.name()),
        }
    }

    /// What a build that works gives its state.
    pub(super) fn built(&self) -> Value {
        let buildspec = workspace::read(&format!("infra/silo/{}.yml", self.machine));
        let buildspec: yaml_serde::Value = yaml_serde::from_str(&buildspec).expect("a buildspec");
        let names = buildspec["env"]["exported-variables"].as_sequence().expect("exported variables");
        let exported = names.iter().filter_map(|name| name.as_str());
        let exported = exported.map(|name| json!({ "Name": name, "Value": typical(name) }));
        json!({ "Build": build("SUCCEEDED", &exported.collect()) })
    }

    /// The execution in its next state, with the result of this one; none at the end.
    pub(super) fn next(mut self, result: Value) -> Option<Self> {
        let state = self.definition();
        let next = state["Next"].as_str()?.to_owned();
        self.scope["states"]["result"] = result;
        let assigned = state["Assign"].as_object().map(|all| self.render(&json!(all)));
        let output = match state.get("Output") {
            Some(output) => self.render(output),
            None => self.scope["states"]["result"].clone(),
        };
        if let Some(Value::Object(assigned)) = assigned {
            self.scope.extend(assigned);
        }
        self.scope["states"]["input"] = output;
        self.state = next;
        Some(self)
    }

    fn render(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                fields.iter().map(|(name, field)| (name.clone(), self.render(field))).collect()
            }
            Value::Array(items) => items.iter().map(|item| self.render(item)).collect(),
            Value::String(text) => match text.strip_prefix("{% ").and_then(|text| text.strip_suffix(" %}")) {
                None => value.clone(),
                Some(expression) => {
                    let value = self.value(expression);
                    value.unwrap_or_else(|| panic!("{}: {expression} has no value", self.name()))
                }
            },
            _ => value.clone(),
        }
    }

    /// As much of JSONata as the happy paths use: paths, and what stands in for one
    /// that is not there.
    fn value(&self, expression: &str) -> Option<Value> {
        if let Some(text) = expression.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
            return Some(json!(text));
        }
        if let Some((path, rest)) = expression.strip_prefix("$exists(").and_then(|rest| rest.split_once(')'))
        {
            let (then, otherwise) = rest.strip_prefix(" ? ")?.split_once(" : ")?;
            return self.value(if self.value(path).is_some() { then } else { otherwise });
        }
        let path = expression.strip_prefix('$')?;
        let is_path = path.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
        assert!(is_path, "{}: the figures cannot read {expression}", self.name());
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let pointer = if rest.is_empty() { String::new() } else { format!("/{}", rest.replace('.', "/")) };
        self.scope.get(first)?.pointer(&pointer).cloned()
    }
}

/// What a build exports: as long as on AWS.
fn typical(variable: &str) -> &'static str {
    match variable {
        "STACK_ID" => {
            "arn:aws:cloudformation:eu-central-2:111122223333:stack/\
             tenantry-tenant-0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11/3f1a7c50-cb5a-11f0-9d2e-0a1b2c3d4e5f"
        }
        "API_URL" => "https://a1b2c3d4e5.execute-api.eu-central-2.amazonaws.com",
        "USER_POOL_ID" => "eu-central-2_AbCdEfGhI",
        "USER_POOL_CLIENT_ID" => "1example23456789abcdefghij",
        "RELEASE" => "0.1.0",
        _ => "",
    }
}
