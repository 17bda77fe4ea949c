//! An event as Lambda hands it over: as it was written, and as a value.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// What a function that takes events in is invoked with.
#[derive(Clone, Debug)]
pub struct Payload {
    text: String,
    value: Value,
    detail_type: Option<String>,
}

/// What says which event it is, whatever else is in it.
#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "detail-type")]
    detail_type: String,
}

impl Payload {
    /// The JSON text `text`. One that no value can hold (a number beyond a
    /// double's range) has the value `null`; what is wrong with it is seen in
    /// the text.
    #[must_use]
    pub fn of_text(text: String) -> Self {
        let value = serde_json::from_str(&text).unwrap_or_default();
        let detail_type = serde_json::from_str::<Kind>(&text).ok().map(|kind| kind.detail_type);
        Self { text, value, detail_type }
    }

    /// The text, byte for byte.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value; of fields that are there twice, the last.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The detail type, if it can be read.
    #[must_use]
    pub fn detail_type(&self) -> Option<&str> {
        self.detail_type.as_deref()
    }
}

impl From<&Value> for Payload {
    fn from(value: &Value) -> Self {
        Self::of_text(value.to_string())
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self::of_text(String::from(Box::<str>::from(raw))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lambda's runtime reads payloads through `serde_path_to_error`: the text
    /// survives that, with what a value would lose.
    #[test]
    fn the_text_is_the_one_that_lambda_was_given() {
        let text = r#"{"detail": {"a": 1e400, "a": 2, "b": 0.10000000000000000001}, "detail-type": "x"}"#;
        let reader = &mut serde_json::Deserializer::from_slice(text.as_bytes());
        let payload: Payload = serde_path_to_error::deserialize(reader).unwrap();
        assert_eq!(payload.text(), text);
        assert_eq!((payload.value(), payload.detail_type()), (&Value::Null, Some("x")));
    }
}
