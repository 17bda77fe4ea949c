//! Resources that have a pattern (a function, a machine, a build, a route, an
//! alarm) become what `infra/source/patterns.yaml` says of it; all others stay
//! as they are.
//!
//! In a pattern, `<Id>` is the resource's logical id, without the pattern's name
//! at its end, and `<name>` the same as `a-name`, or the property `Name`. A value
//! that is `<Property>` or `<Property.Field>` is that property of the resource; of
//! a list that stands in a list, its items. Without that property it is the
//! default (`<Property|default>`), or the field or item that it stands in is left
//! out. What has `When: Property` is there only with it.

use super::source;
use tenantry_handlers::api::routes::Route;
use yaml_serde::value::TaggedValue;
use yaml_serde::{Mapping, Value};

/// The resources of a source with every pattern in the place of what uses it.
///
/// # Panics
///
/// When the source uses a pattern that is not there, or makes a resource twice.
#[must_use]
pub(super) fn expanded(resources: &Mapping) -> Mapping {
    let patterns = source("infra/source/patterns.yaml");
    let mut all = Mapping::new();
    let mut add = |id: &str, resource: Value| {
        assert!(all.insert(Value::from(id), resource).is_none(), "{id} is there twice");
    };
    for (id, resource) in resources {
        let id = id.as_str().expect("a logical id");
        let name = resource["Type"].as_str().unwrap_or_default();
        let uses = match name {
            "Tenantry::Routes" => Route::ALL.iter().map(|route| route_of(*route)).collect(),
            _ if name.starts_with("Tenantry::") => vec![(id.to_owned(), resource.clone())],
            _ => {
                add(id, resource.clone());
                Vec::new()
            }
        };
        for (id, resource) in uses {
            let pattern = resource["Type"].as_str().and_then(|name| patterns.get(name)?.as_mapping());
            let pattern = pattern.unwrap_or_else(|| panic!("{id}: there is no pattern {name}"));
            let kind = resource["Type"].as_str().unwrap_or_default().trim_start_matches("Tenantry::");
            let place = Use { id: id.trim_end_matches(kind), properties: &resource["Properties"] };
            for (made, resource) in place.fields(pattern) {
                add(made.as_str().expect("a logical id"), resource);
            }
        }
    }
    all
}

/// A route of the API's own table, as a resource.
fn route_of(route: Route) -> (String, Value) {
    let access = route.scope().map_or_else(String::new, |scope| {
        format!("Authorizer: !Ref ApiAuthorizer, Scope: !Ref {}Scope", scope.key())
    });
    let resource = format!(
        "{{ Type: Tenantry::Route, Properties: {{ RouteKey: '{}', Type: {}, {access} }} }}",
        route.key(),
        if route.scope().is_some() { "JWT" } else { "NONE" },
    );
    (route.id().to_owned(), yaml_serde::from_str(&resource).expect("a route's key is plain text"))
}

/// A resource that uses a pattern.
struct Use<'a> {
    id: &'a str,
    properties: &'a Value,
}

impl Use<'_> {
    fn fields(&self, pattern: &Mapping) -> Mapping {
        let fields = pattern.iter().filter(|(key, _)| key.as_str() != Some("When"));
        let filled =
            fields.filter_map(|(key, value)| Some((self.text(key.as_str()?).into(), self.value(value)?)));
        filled.collect()
    }

    /// What stands in the place of `pattern`; `None` if nothing does.
    fn value(&self, pattern: &Value) -> Option<Value> {
        match pattern {
            Value::String(text) => match text.strip_prefix('<').and_then(|text| text.strip_suffix('>')) {
                Some(named) if !matches!(named, "Id" | "name") && !named.contains('<') => {
                    self.property(named)
                }
                _ => Some(self.text(text).into()),
            },
            Value::Sequence(items) => {
                let spliced = |item: &Value| match (item, self.value(item)) {
                    (_, None) => Vec::new(),
                    (Value::String(_), Some(Value::Sequence(items))) => items,
                    (_, Some(one)) => vec![one],
                };
                let filled: Vec<Value> = items.iter().flat_map(spliced).collect();
                (items.is_empty() || !filled.is_empty()).then_some(Value::Sequence(filled))
            }
            Value::Mapping(fields) => match fields.get("When").and_then(Value::as_str) {
                Some(property) if self.property(property).is_none() => None,
                _ => Some(self.fields(fields).into()),
            },
            Value::Tagged(tagged) => {
                let value = self.value(&tagged.value)?;
                Some(Value::Tagged(Box::new(TaggedValue { tag: tagged.tag.clone(), value })))
            }
            plain => Some(plain.clone()),
        }
    }

    fn property(&self, named: &str) -> Option<Value> {
        let (path, default) =
            named.split_once('|').map_or((named, None), |(path, default)| (path, Some(default)));
        let found = path.split('.').try_fold(self.properties, |value, field| value.get(field));
        found.cloned().or_else(|| default.map(|text| yaml_serde::from_str(text).expect("a default is YAML")))
    }

    fn text(&self, text: &str) -> String {
        let name = self.properties.get("Name").and_then(Value::as_str);
        text.replace("<Id>", self.id).replace("<name>", name.unwrap_or(&kebab(self.id)))
    }
}

/// `ApplicationEvents` as `application-events`.
fn kebab(id: &str) -> String {
    let mut name = String::new();
    for letter in id.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(letter.to_lowercase());
    }
    name
}
