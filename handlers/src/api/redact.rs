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
    Value::from(shorten(&without_addresses(text), TEXT_MAX))
}

/// `text` with its addresses masked: whatever has an `@` in it, up to a space of
/// any kind, or a control character, on either side.
pub(super) fn without_addresses(text: &str) -> String {
    let apart = |c: char| c.is_whitespace() || c.is_control();
    let words = text.split_inclusive(apart).map(|word| {
        let end = word.chars().next_back().filter(|c| apart(*c));
        if word.contains(['@', '＠', '﹫']) {
            format!("(not shown){}", end.map(String::from).unwrap_or_default())
        } else {
            word.to_owned()
        }
    });
    words.collect()
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

    /// Whatever stands on both sides of an `@`, nothing of it is left, and the
    /// words around it are.
    #[test]
    fn no_form_of_an_address_is_shown() {
        for local in ["a", "first.last+tag", "ä", "\"odd one\"", "x=", "<a"] {
            for domain in ["b", "b.example", "[192.0.2.1]", "例え.jp", "b>"] {
                for apart in [" ", "\n", "\t", "\u{a0}", "\u{2003}"] {
                    let text = format!("mail{apart}{local}@{domain}{apart}failed");
                    let shown = without_addresses(&text);
                    assert!(!shown.contains('@') && !shown.contains(domain), "{text}: {shown}");
                    assert!(shown.starts_with("mail") && shown.ends_with("failed"), "{text}: {shown}");
                }
            }
        }
        assert_eq!(without_addresses("no address\nhere"), "no address\nhere");
    }

    #[test]
    fn what_is_long_is_cut() {
        let long = redacted(json!({ "text": "x".repeat(100_000), "list": vec![1; 1_000] }));
        assert!(long.to_string().len() < 1_000);
    }
}
