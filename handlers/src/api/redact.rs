//! Texts of others (inputs and outputs of executions, events in a dead-letter
//! queue), to be shown: short, and without what is personal.

use serde_json::Value;
use tenantry_events::text::shorten;

/// Fields whose values are nobody's business here, and words in the names of
/// such fields; in lower case.
const PERSONAL: [&str; 4] = ["name", "requestedby", "tenantname", "username"];
const WORDS: [&str; 4] = ["email", "password", "secret", "token"];
/// The most characters of one text, items of one list, and levels.
const TEXT_MAX: usize = 500;
const LIST_MAX: usize = 20;
const DEPTH_MAX: usize = 8;

/// `value` without personal data, and with nothing in it that is long.
pub(super) fn redacted(value: Value) -> Value {
    at_depth(value, 0)
}

fn at_depth(value: Value, depth: usize) -> Value {
    match value {
        Value::Object(_) | Value::Array(_) if depth >= DEPTH_MAX => Value::from("…"),
        Value::Object(fields) => {
            let field = |(name, value): (String, Value)| {
                let plain = name.to_lowercase();
                let personal =
                    PERSONAL.contains(&plain.as_str()) || WORDS.iter().any(|word| plain.contains(word));
                let value = if personal { Value::from("(not shown)") } else { at_depth(value, depth + 1) };
                (shorten(&name, 100), value)
            };
            Value::Object(fields.into_iter().take(100).map(field).collect())
        }
        Value::Array(items) => {
            items.into_iter().take(LIST_MAX).map(|item| at_depth(item, depth + 1)).collect()
        }
        Value::String(text) => text_of(&text, depth),
        other => other,
    }
}

/// A text may be JSON itself, or have an address in it.
fn text_of(text: &str, depth: usize) -> Value {
    if text.starts_with(['{', '['])
        && let Ok(inner) = serde_json::from_str::<Value>(text)
    {
        return at_depth(inner, depth + 1);
    }
    let words = text.split(' ').map(|word| if word.contains('@') { "(not shown)" } else { word });
    Value::from(shorten(&words.collect::<Vec<_>>().join(" "), TEXT_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_personal_is_not_shown_wherever_it_is() {
        let value = json!({
            "detail": { "email": "a@b.example", "tier": "basic", "apiToken": "s3cret" },
            "cause": "{\"input\": {\"TenantName\": \"Acme\"}}",
            "said": "mail to a@b.example failed",
        });
        let shown = redacted(value).to_string();
        assert!(!shown.contains("a@b.example") && !shown.contains("Acme"), "{shown}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("basic") && shown.contains("failed"));
    }

    #[test]
    fn what_is_long_is_cut() {
        let long = redacted(json!({ "text": "x".repeat(100_000), "list": vec![1; 1_000] }));
        assert!(long.to_string().len() < 1_000);
    }
}
