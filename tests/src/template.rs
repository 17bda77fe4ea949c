//! Templates as plain JSON: `!Ref x` becomes `{"Ref": "x"}`, `!Sub` and the
//! others `{"Fn::Sub": …}`, as CloudFormation itself reads them.

mod nested;

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The template in `infra/<file>`, with its nested stacks as if it were one
/// template.
#[must_use]
pub fn load(file: &str) -> Value {
    nested::whole(&alone(file), alone)
}

/// The template in `infra/<file>`, as it is there.
#[must_use]
pub fn alone(file: &str) -> Value {
    let text = crate::workspace::read(&format!("infra/{file}"));
    plain(&yaml_serde::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}")))
}

/// `value` with its tags as objects.
#[must_use]
pub fn plain(value: &yaml_serde::Value) -> Value {
    use yaml_serde::Value as Yaml;
    match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(bool) => json!(bool),
        Yaml::Number(number) => number
            .as_i64()
            .map(|number| json!(number))
            .or_else(|| number.as_f64().map(|number| json!(number)))
            .unwrap_or(Value::Null),
        Yaml::String(text) => json!(text),
        Yaml::Sequence(items) => items.iter().map(plain).collect(),
        Yaml::Mapping(entries) => {
            let entry = |(key, value): (&Yaml, &Yaml)| {
                let key = key.as_str().map_or_else(|| format!("{:?}", plain(key)), str::to_owned);
                (key, plain(value))
            };
            Value::Object(entries.iter().map(entry).collect())
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = tag.trim_start_matches('!');
            let mut content = plain(&tagged.value);
            let key = match name {
                "Ref" | "Condition" => name.to_owned(),
                _ => format!("Fn::{name}"),
            };
            if name == "GetAtt"
                && let Some((resource, attribute)) = content.as_str().and_then(|text| text.split_once('.'))
            {
                content = json!([resource, attribute]);
            }
            Value::Object(Map::from_iter([(key, content)]))
        }
    }
}

/// The properties of the resources of one type, by their logical ids.
#[must_use]
pub fn of_type<'a>(template: &'a Value, resource_type: &str) -> BTreeMap<&'a str, &'a Value> {
    let resources = template["Resources"].as_object().expect("a template has resources");
    let wanted = resources.iter().filter(|(_, resource)| resource["Type"] == resource_type);
    wanted.map(|(id, resource)| (id.as_str(), &resource["Properties"])).collect()
}

/// The logical id that `!Ref x` or `!GetAtt x.y` names.
#[must_use]
pub fn named(value: &Value) -> Option<&str> {
    value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str())
}

/// The text of `!Sub`, with its placeholders, or a plain text.
#[must_use]
pub fn text(value: &Value) -> Option<&str> {
    let sub = &value["Fn::Sub"];
    value.as_str().or_else(|| sub.as_str()).or_else(|| sub[0].as_str())
}

/// One or several values: IAM and buildspecs allow both forms.
#[must_use]
pub fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    }
}

/// The functions of a SAM template, with what `Globals` says of all of them,
/// by their logical ids.
#[must_use]
pub fn functions(template: &Value) -> BTreeMap<&str, Value> {
    let globals = template["Globals"]["Function"].as_object().cloned().unwrap_or_default();
    let merged = |own: &Value| {
        let mut all = globals.clone();
        all.extend(own.as_object().cloned().unwrap_or_default());
        Value::Object(all)
    };
    of_type(template, "AWS::Serverless::Function").into_iter().map(|(id, own)| (id, merged(own))).collect()
}
