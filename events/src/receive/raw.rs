//! JSON as it was written: what is lost when a text becomes a value is looked
//! at before. A field that is there twice (the last would win silently), a number
//! that is not kept exactly, a NUL, which ends a text in environment variables
//! and in C, and nesting that no reader follows are refused, at any depth.

use super::number;
use super::{MAX_DEPTH, RejectionCode, Violation};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::fmt;

/// How many characters of a field's name are said.
const NAME_SHOWN: usize = 100;

/// The JSON object in `text`.
///
/// # Errors
///
/// [`Violation`] of what is lost when `text` becomes a value, with the path of
/// the field; of a text that is not JSON or no object; of nesting beyond
/// [`MAX_DEPTH`].
pub fn read(text: &[u8]) -> Result<Value, Violation> {
    let raw: &RawValue = serde_json::from_slice(text).map_err(|error| Violation::not_json(&error))?;
    if !raw.get().starts_with('{') {
        return Err(Violation::not_an_object());
    }
    walk(raw, "", 1)?;
    serde_json::from_str(raw.get()).map_err(|error| Violation::not_json(&error))
}

fn walk(raw: &RawValue, path: &str, depth: usize) -> Result<(), Violation> {
    let text = raw.get();
    let not_json = |error: serde_json::Error| Violation::not_json(&error);
    match text.as_bytes().first() {
        Some(b'{' | b'[') if depth > MAX_DEPTH => Err(Violation::too_deep()),
        Some(b'{') => {
            let Fields(fields) = serde_json::from_str(text).map_err(not_json)?;
            let mut seen = HashSet::new();
            for (name, value) in &fields {
                let short: String = name.chars().take(NAME_SHOWN).collect();
                let path = if path.is_empty() { short } else { format!("{path}.{short}") };
                if !seen.insert(name) {
                    let message = format!("`{path}` must be given once");
                    return Err(Violation::of(RejectionCode::DuplicateField, Some(path), &message));
                }
                no_nul(name, &path)?;
                walk(value, &path, depth + 1)?;
            }
            Ok(())
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(not_json)?;
            items.iter().enumerate().try_for_each(|(n, item)| walk(item, &format!("{path}[{n}]"), depth + 1))
        }
        Some(b'"') if text.contains(r"\u0000") => {
            no_nul(&serde_json::from_str::<String>(text).map_err(not_json)?, path)
        }
        Some(b'-' | b'0'..=b'9') if !number::is_exact(text) => Err(Violation::invalid(path, number::RULE)),
        _ => Ok(()),
    }
}

fn no_nul(text: &str, path: &str) -> Result<(), Violation> {
    if !text.contains('\0') {
        return Ok(());
    }
    Err(Violation::invalid(path, "must not contain NUL (found U+0000)"))
}

/// An object's fields as they are written, those that are there twice included.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}
