//! Nested stacks read as the one template that they are together: what a stack
//! takes as a parameter is again the resource, attribute or parameter of another
//! that it stands for.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const STACK: &str = "AWS::CloudFormation::Stack";

/// `root` with the resources of its nested stacks in their place. `load` gives
/// the template of a file beside it.
///
/// # Panics
///
/// When a stack takes what no other gives.
#[must_use]
pub(super) fn whole(root: &Value, load: impl Fn(&str) -> Value) -> Value {
    let stacks: BTreeMap<&str, Stack> = super::of_type(root, STACK)
        .into_iter()
        .map(|(id, properties)| {
            let file = properties["TemplateURL"].as_str().expect("a file");
            let passed = properties["Parameters"].as_object().cloned().unwrap_or_default();
            (id, Stack { template: load(file), passed })
        })
        .collect();
    let mut all = root.as_object().cloned().expect("a template");
    for section in ["Resources", "Conditions", "Outputs"] {
        let own = root[section].as_object().cloned().unwrap_or_default();
        let own = own.into_iter().filter(|(_, resource)| resource["Type"] != STACK);
        let mut entries: Map<String, Value> =
            own.map(|(id, entry)| (id, stands_for(&entry, &Map::new(), &stacks))).collect();
        let nested = stacks.values().filter(|_| section != "Outputs");
        for stack in nested {
            for (id, entry) in stack.template[section].as_object().into_iter().flatten() {
                entries.insert(id.clone(), stands_for(entry, &stack.passed, &stacks));
            }
        }
        all.insert(section.to_owned(), entries.into());
    }
    let globals = stacks.values().map(|stack| &stack.template["Globals"]).find(|globals| globals.is_object());
    let globals = globals.map_or(Value::Null, |globals| stands_for(globals, &Map::new(), &stacks));
    all.insert("Globals".to_owned(), globals);
    all.into()
}

struct Stack {
    template: Value,
    passed: Map<String, Value>,
}

type Stacks<'a> = BTreeMap<&'a str, Stack>;

/// `value`, of a template that got `passed`, as the whole has it.
fn stands_for(value: &Value, passed: &Map<String, Value>, stacks: &Stacks<'_>) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| stands_for(item, passed, stacks)).collect(),
        Value::Object(fields) => {
            if let Some(name) = value["Ref"].as_str() {
                return meant(name, passed, stacks).unwrap_or_else(|| value.clone());
            }
            if let Some(id) = value["Fn::GetAtt"][0].as_str() {
                let name = format!("{id}.{}", value["Fn::GetAtt"][1].as_str().unwrap_or_default());
                return meant(&name, passed, stacks).unwrap_or_else(|| value.clone());
            }
            let entry = |(key, field): (&String, &Value)| {
                let field = match field {
                    Value::String(text) if key == "Fn::Sub" => json!(sub(text, passed, stacks)),
                    Value::Array(parts) if key == "Fn::Sub" => {
                        let text = sub(parts[0].as_str().unwrap_or_default(), passed, stacks);
                        json!([text, stands_for(&parts[1], passed, stacks)])
                    }
                    field => stands_for(field, passed, stacks),
                };
                (key.clone(), field)
            };
            Value::Object(fields.iter().map(entry).collect())
        }
        plain => plain.clone(),
    }
}

/// What `X` or `X.Attribute` is in the whole, if that is something else.
fn meant(name: &str, passed: &Map<String, Value>, stacks: &Stacks<'_>) -> Option<Value> {
    if let Some(value) = passed.get(name) {
        // A list that is passed as a text.
        let value = if value["Fn::Join"].is_array() { &value["Fn::Join"][1] } else { value };
        return Some(stands_for(value, &Map::new(), stacks));
    }
    let (id, output) = name.split_once(".Outputs.")?;
    let stack = stacks.get(id)?;
    let value = &stack.template["Outputs"][output]["Value"];
    assert!(!value.is_null(), "{id} has no output {output}");
    Some(stands_for(value, &stack.passed, stacks))
}

fn sub(text: &str, passed: &Map<String, Value>, stacks: &Stacks<'_>) -> String {
    let mut pieces = text.split("${");
    let mut all = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}').expect("a variable ends");
        let name = match meant(name, passed, stacks) {
            None => name.to_owned(),
            Some(value) => {
                let attribute = value["Fn::GetAtt"]
                    .as_array()
                    .map(|parts| parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("."));
                attribute.or_else(|| value["Ref"].as_str().map(str::to_owned)).expect("a reference")
            }
        };
        all.push_str(&format!("${{{name}}}{rest}"));
    }
    all
}
