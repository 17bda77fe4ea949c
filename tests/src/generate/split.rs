//! The template as nested stacks: one for each source of resources, and one
//! above them, which has the parameters and outputs that a deployer sees.
//!
//! The sources refer to each other's resources, to parameters and conditions as
//! if they were one template. What a stack uses of another becomes an output
//! there and a parameter here; conditions are copied to where they are used.

use super::templates::GLOBALS;
use std::collections::{BTreeMap, BTreeSet};
use yaml_serde::value::{Tag, TaggedValue};
use yaml_serde::{Mapping, Value};

/// A source of resources.
pub(super) struct Source {
    /// Its name; its stack is called `<Name>Stack`.
    pub(super) name: &'static str,
    /// What it is.
    pub(super) description: Value,
    /// Its resources, without patterns.
    pub(super) resources: Mapping,
}

/// What belongs to the whole: parameters, rules, conditions, outputs.
pub(super) struct Head(pub(super) Value);

/// A template, and what it needs of others.
#[derive(Default)]
struct Part {
    /// Its parameters: what they are called, and what is passed.
    takes: BTreeMap<String, Passed>,
    conditions: BTreeSet<String>,
}

#[derive(Clone)]
enum Passed {
    /// A parameter of the whole.
    Parameter(String),
    /// A pseudo parameter, which means another stack inside a nested one.
    Pseudo(&'static str),
    /// An output of the stack of a source.
    Output(&'static str, String),
}

/// Every template: the one above all others first, with the others' names.
pub(super) fn split(head: &Head, sources: &[Source]) -> Vec<(String, Mapping)> {
    let mut outputs: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    let mut all = Vec::new();
    let mut parts = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        let mut part = Part::default();
        let mut of_another = |name: &str, part: &mut Part| {
            let owner = sources.iter().position(|other| other.has(name)).filter(|owner| *owner != at)?;
            assert!(owner < at, "{}: {name} is made later", source.name);
            let given = outputs.entry(sources[owner].name).or_default();
            given.insert(output(name), name.to_owned());
            part.takes.insert(output(name), Passed::Output(sources[owner].name, output(name)));
            Some(output(name))
        };
        let resources = Value::Mapping(source.resources.clone());
        let resources = head.rewritten(&resources, &mut of_another, &mut part, true);
        let globals = if source.has_type("AWS::Serverless::Function") {
            let globals = yaml_serde::from_str(GLOBALS).expect("they are YAML");
            head.rewritten(&globals, &mut of_another, &mut part, true)
        } else {
            Value::Null
        };
        let transform = source.has_type("AWS::Serverless::").then_some("AWS::Serverless-2016-10-31");
        let conditions = head.conditions(&mut part, true);
        parts.push((
            source,
            part.takes,
            [
                ("Transform", transform.map_or(Value::Null, Value::from)),
                ("Description", source.description.clone()),
            ],
            [("Conditions", conditions), ("Globals", globals), ("Resources", resources)],
        ));
    }
    let mut above = Part::default();
    let wanted = head.0.get("Outputs").cloned().unwrap_or_default();
    let own_outputs = head.rewritten(
        &wanted,
        &mut |name, _| {
            let owner = sources.iter().find(|other| other.has(name))?;
            outputs.entry(owner.name).or_default().insert(output(name), name.to_owned());
            Some(format!("{}.Outputs.{}", stack(owner.name), output(name)))
        },
        &mut above,
        false,
    );
    let mut stacks = Mapping::new();
    for (source, takes, first, then) in parts {
        let passed: Mapping =
            takes.iter().map(|(name, passed)| (name.as_str().into(), head.passed(passed))).collect();
        let mut nested = Mapping::new();
        nested.insert("Type".into(), "AWS::CloudFormation::Stack".into());
        let mut properties = Mapping::new();
        properties.insert("TemplateURL".into(), file(source.name).into());
        properties.insert("Parameters".into(), passed.into());
        nested.insert("Properties".into(), properties.into());
        stacks.insert(stack(source.name).into(), nested.into());
        let given = outputs.remove(source.name).unwrap_or_default();
        let given: Mapping =
            given.iter().map(|(name, of)| (name.as_str().into(), one("Value", reference(of)))).collect();
        let parameters =
            takes.iter().map(|(name, passed)| (Value::from(name.as_str()), head.declared(passed))).collect();
        let parameters = [("Parameters", Value::Mapping(parameters))];
        let fields =
            first.into_iter().chain(parameters).chain(then).chain([("Outputs", Value::Mapping(given))]);
        all.push((file(source.name), template(fields)));
    }
    let of_head = |name: &str| head.0.get(name).cloned().unwrap_or_default();
    let fields = [
        ("Description", of_head("Description")),
        ("Parameters", of_head("Parameters")),
        ("Rules", of_head("Rules")),
        ("Conditions", head.conditions(&mut above, false)),
        ("Resources", stacks.into()),
        ("Outputs", own_outputs),
    ];
    all.insert(0, ("control-plane.yaml".to_owned(), template(fields)));
    all
}

impl Source {
    /// Whether `X` or `X.Attribute` is one of its resources.
    fn has(&self, name: &str) -> bool {
        self.resources.contains_key(name.split('.').next().unwrap_or(name))
    }

    /// Whether it has a resource whose type begins so.
    fn has_type(&self, beginning: &str) -> bool {
        let mut types = self.resources.values().filter_map(|resource| resource["Type"].as_str());
        types.any(|name| name.starts_with(beginning))
    }
}

type Other<'a> = &'a mut dyn FnMut(&str, &mut Part) -> Option<String>;

impl Head {
    /// `value` with every reference to something elsewhere changed to what
    /// `other` says, a parameter or an output of a nested stack.
    fn rewritten(&self, value: &Value, other: Other<'_>, part: &mut Part, nested: bool) -> Value {
        match value {
            Value::Sequence(items) => {
                items.iter().map(|item| self.rewritten(item, other, part, nested)).collect()
            }
            Value::Mapping(fields) => {
                let mut all = Mapping::new();
                for (key, value) in fields {
                    let key_text = key.as_str().unwrap_or_default();
                    assert!(
                        key_text != "Ref" && !key_text.starts_with("Fn::"),
                        "{key_text}: write it as a tag"
                    );
                    // Of a resource or an output; a policy's condition is none of these.
                    if let ("Condition", Some(condition)) = (key_text, value.as_str()) {
                        part.conditions.insert(condition.to_owned());
                    }
                    all.insert(key.clone(), self.rewritten(value, other, part, nested));
                }
                all.into()
            }
            Value::Tagged(tagged) => self.tag(tagged, other, part, nested),
            plain => plain.clone(),
        }
    }

    fn tag(&self, tagged: &TaggedValue, other: Other<'_>, part: &mut Part, nested: bool) -> Value {
        let kind = tagged.tag.to_string();
        let text = tagged.value.as_str();
        match (kind.trim_start_matches('!'), text) {
            ("Ref" | "GetAtt", Some(name)) => reference(&self.name(name, other, part, nested)),
            ("Sub", Some(text)) => tag("Sub", self.sub(text, &Mapping::new(), other, part, nested).into()),
            ("Sub", None) => {
                let own = tagged.value[1].as_mapping().cloned().unwrap_or_default();
                let text = self.sub(tagged.value[0].as_str().unwrap_or_default(), &own, other, part, nested);
                let own = self.rewritten(&own.into(), other, part, nested);
                tag("Sub", Value::Sequence(vec![text.into(), own]))
            }
            (kind, _) => {
                let condition = if kind == "If" {
                    tagged.value[0].as_str()
                } else {
                    text.filter(|_| kind == "Condition")
                };
                part.conditions.extend(condition.map(str::to_owned));
                tag(kind, self.rewritten(&tagged.value, other, part, nested))
            }
        }
    }

    /// The text of a `!Sub` whose own variables are `own`.
    fn sub(&self, text: &str, own: &Mapping, other: Other<'_>, part: &mut Part, nested: bool) -> String {
        let mut pieces = text.split("${");
        let mut all = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (name, rest) = piece.split_once('}').expect("a variable ends");
            let literal = name.starts_with('!') || own.contains_key(name);
            let name = if literal { name.to_owned() } else { self.name(name, other, part, nested) };
            all.push_str(&format!("${{{name}}}{rest}"));
        }
        all
    }

    /// What a resource, attribute or parameter is called in the part.
    fn name(&self, name: &str, other: Other<'_>, part: &mut Part, nested: bool) -> String {
        let pseudo = [("AWS::StackName", "ControlPlane"), ("AWS::StackId", "ControlPlaneId")];
        if let Some((pseudo, parameter)) = pseudo.into_iter().find(|(pseudo, _)| nested && *pseudo == name) {
            part.takes.insert(parameter.to_owned(), Passed::Pseudo(pseudo));
            return parameter.to_owned();
        }
        if self.0["Parameters"].get(name).is_some() {
            part.takes.insert(name.to_owned(), Passed::Parameter(name.to_owned()));
        }
        other(name, part).unwrap_or_else(|| name.to_owned())
    }

    /// The conditions that a part uses, and those that they use themselves.
    fn conditions(&self, part: &mut Part, nested: bool) -> Value {
        let mut all = BTreeMap::new();
        while let Some(name) = part.conditions.iter().find(|name| !all.contains_key(*name)).cloned() {
            let of =
                self.0["Conditions"].get(&name).unwrap_or_else(|| panic!("there is no condition {name}"));
            let own = self.rewritten(of, &mut |_, _| None, part, nested);
            all.insert(name, own);
        }
        Value::Mapping(all.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    fn is_list(&self, parameter: &str) -> bool {
        self.0["Parameters"][parameter]["Type"] == "CommaDelimitedList"
    }

    /// What the stack above passes to a parameter.
    fn passed(&self, passed: &Passed) -> Value {
        match passed {
            // Nested stacks take no lists: "CloudFormation::Stack", Parameters.
            Passed::Parameter(name) if self.is_list(name) => {
                tag("Join", Value::Sequence(vec![",".into(), reference(name)]))
            }
            Passed::Parameter(name) => reference(name),
            Passed::Pseudo(name) => reference(name),
            Passed::Output(owner, name) => reference(&format!("{}.Outputs.{name}", stack(owner))),
        }
    }

    /// A parameter as the nested stack declares it; the one above has the rules.
    fn declared(&self, passed: &Passed) -> Value {
        let Passed::Parameter(name) = passed else { return one("Type", "String".into()) };
        let of = &self.0["Parameters"][name.as_str()];
        let kept =
            ["Type", "NoEcho"].into_iter().filter_map(|field| Some((field.into(), of.get(field)?.clone())));
        Value::Mapping(kept.collect())
    }
}

/// A template of those of the fields that have something in them.
fn template<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Mapping {
    let version = [("AWSTemplateFormatVersion", "2010-09-09".into())];
    let is_empty = |value: &Value| value.is_null() || value.as_mapping().is_some_and(Mapping::is_empty);
    let fields = version.into_iter().chain(fields).filter(|(_, value)| !is_empty(value));
    fields.map(|(name, value)| (name.into(), value)).collect()
}

/// `!Ref X`, or `!GetAtt X.Attribute`.
fn reference(name: &str) -> Value {
    tag(if name.contains('.') { "GetAtt" } else { "Ref" }, name.into())
}

fn tag(kind: &str, value: Value) -> Value {
    Value::Tagged(Box::new(TaggedValue { tag: Tag::new(kind), value }))
}

fn one(field: &str, value: Value) -> Value {
    Value::Mapping(Mapping::from_iter([(field.into(), value)]))
}

/// What `X` or `X.Attribute` is called as an output.
fn output(name: &str) -> String {
    name.replace('.', "")
}

fn stack(source: &str) -> String {
    let (first, rest) = source.split_at(1);
    format!("{}{rest}Stack", first.to_uppercase())
}

fn file(source: &str) -> String {
    format!("control-plane-{source}.yaml")
}
