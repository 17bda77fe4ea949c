//! What is generated from a source in YAML that people edit, and checked in
//! beside it. A test of the contract tier compares, and renews it with
//! `TENANTRY_BLESS=1`.

mod emit;
pub mod machines;
mod patterns;
mod split;
pub mod templates;

use crate::workspace;
use yaml_serde::{Mapping, Value};

/// The source `path`, with its merge keys resolved.
///
/// # Panics
///
/// When it is not there, or no YAML.
#[must_use]
fn source(path: &str) -> Value {
    let value =
        yaml_serde::from_str(&workspace::read(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    merged(&value)
}

/// `value` with its merge keys (`<<`) resolved, however deep: the fields of the
/// mapping itself win over merged ones, and among several the first. What is
/// merged stands where the key stood.
///
/// Source: "Merge Key Language-Independent Type for YAML", yaml.org.
/// (`Value::apply_merge` leaves the merge keys of what is merged.)
///
/// # Panics
///
/// When something else than mappings is merged.
#[must_use]
pub fn merged(value: &Value) -> Value {
    match value {
        Value::Sequence(items) => items.iter().map(merged).collect(),
        Value::Mapping(fields) => Value::Mapping(merged_fields(fields)),
        Value::Tagged(tagged) => {
            let (tag, value) = (tagged.tag.clone(), merged(&tagged.value));
            Value::Tagged(Box::new(yaml_serde::value::TaggedValue { tag, value }))
        }
        plain => plain.clone(),
    }
}

fn merged_fields(fields: &Mapping) -> Mapping {
    let mut all = Mapping::new();
    for (key, value) in fields {
        if key.as_str() != Some("<<") {
            all.insert(key.clone(), merged(value));
            continue;
        }
        let several = value.as_sequence().cloned().unwrap_or_else(|| vec![value.clone()]);
        for one in several {
            let Value::Mapping(one) = merged(&one) else { panic!("only mappings can be merged") };
            for (key, value) in one {
                if !fields.contains_key(&key) && !all.contains_key(&key) {
                    all.insert(key, value);
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field's own value wins, then the first that is merged, at every depth.
    #[test]
    fn merge_keys_are_resolved_however_deep() {
        let source = "a: &a { x: 1, y: 1 }\nb: &b { <<: *a, y: 2, z: { <<: *a } }\nc: { <<: [{ y: 3 }, *b] }";
        let expected =
            "a: { x: 1, y: 1 }\nb: { y: 2, z: { x: 1, y: 1 }, x: 1 }\nc: { y: 3, z: { x: 1, y: 1 }, x: 1 }";
        let read = |text| yaml_serde::from_str::<Value>(text).unwrap();
        assert_eq!(merged(&read(source)), read(expected));
    }
}
