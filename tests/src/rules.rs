//! The template's rules, and which functions an event reaches through them.

use crate::{patterns, template};
use serde_json::{Value, json};
use std::sync::LazyLock;
use tenantry_events::name::SBT_PREFIX;

/// A rule that takes events.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name in the template.
    pub name: String,
    /// Whether it is on the tenant bus; else on the account's default bus.
    pub on_tenant_bus: bool,
    /// What it takes.
    pub pattern: Value,
    /// What it calls, by the names in the template.
    pub targets: Vec<String>,
}

/// Read once: a template takes long to read.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(read);

/// All rules with a pattern.
#[must_use]
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// The rules of the tenant bus, or of the account's default bus, that match `event`.
pub fn matching(on_tenant_bus: bool, event: &Value) -> impl Iterator<Item = &'static Rule> {
    let of_the_bus = rules().iter().filter(move |rule| rule.on_tenant_bus == on_tenant_bus);
    of_the_bus.filter(|rule| patterns::matches(&rule.pattern, event))
}

fn read() -> Vec<Rule> {
    let template = template::load("control-plane.yaml");
    let resources = template["Resources"].as_object().expect("resources");
    // A schedule has no pattern.
    let is_rule = |resource: &Value| {
        resource["Type"] == "AWS::Events::Rule" && resource["Properties"]["EventPattern"].is_object()
    };
    let rules = resources.iter().filter(|(_, resource)| is_rule(resource));
    let rule = |(name, resource): (&String, &Value)| {
        let properties = &resource["Properties"];
        let targets = properties["Targets"].as_array().expect("targets");
        Rule {
            name: name.clone(),
            on_tenant_bus: properties["EventBusName"] == json!({ "Ref": "Bus" }),
            pattern: resolved(&properties["EventPattern"]),
            targets: targets.iter().map(|target| resource_of(&target["Arn"])).collect(),
        }
    };
    rules.map(rule).collect()
}

/// A pattern with the names of resources where the template refers to them.
fn resolved(value: &Value) -> Value {
    match value {
        Value::Object(fields) if fields.contains_key("Ref") => fields["Ref"].clone(),
        // Detail types, with the prefix that a deployment has unless it asks for another.
        Value::Object(fields) if fields.contains_key("Fn::Sub") => {
            let text = fields["Fn::Sub"].as_str().expect("a text to fill in");
            json!(text.replace("${DetailTypePrefix}", SBT_PREFIX))
        }
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), resolved(field))).collect(),
        Value::Array(items) => items.iter().map(resolved).collect(),
        other => other.clone(),
    }
}

fn resource_of(arn: &Value) -> String {
    let name = arn["Fn::GetAtt"][0].as_str().or_else(|| arn["Ref"].as_str());
    name.unwrap_or_else(|| panic!("{arn} refers to no resource")).to_owned()
}
