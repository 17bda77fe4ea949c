//! A template as YAML that every reader takes for the same: what YAML 1.1 reads
//! as a date or a boolean (`2012-10-17`, `ON`) is in quotes, which
//! `yaml_serde` leaves out, as YAML 1.2 does; the AWS CLI reads 1.1.

use yaml_serde::Value;

/// The longest line that a mapping or list is put on, in characters.
const LONGEST: usize = 118;

/// The indentation from which on there are such lines: below a resource's
/// properties. What has one thing to say is on a line anywhere.
const SHORT_FROM: usize = 6;

/// The text of `value`, a mapping.
#[must_use]
pub(super) fn yaml(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

/// `value` on lines of its own, each with a newline before it but the first of
/// the whole text.
fn block(value: &Value, indent: usize, text: &mut String) {
    let margin = " ".repeat(indent);
    match value {
        Value::Mapping(fields) => {
            for (at, (key, value)) in fields.iter().enumerate() {
                let is_long = value.is_mapping() && !fits(value, indent + 2);
                let gap = if indent <= 2 && at > 0 && is_long { "\n" } else { "" };
                text.push_str(&format!("{gap}{margin}{}:", flow(key)));
                after(value, indent + 2, text);
            }
        }
        Value::Sequence(items) => {
            for item in items {
                text.push_str(&format!("{margin}-"));
                if let (Value::Mapping(_), false) = (item, fits(item, indent + 2)) {
                    let mut own = String::new();
                    block(item, indent + 2, &mut own);
                    text.push_str(&format!(" {}", own.trim_start()));
                } else {
                    after(item, indent + 2, text);
                }
            }
        }
        other => text.push_str(&format!("{margin}{}\n", flow(other))),
    }
}

/// `value` after its key or dash.
fn after(value: &Value, indent: usize, text: &mut String) {
    let is_empty = value.as_mapping().is_some_and(|fields| fields.is_empty())
        || value.as_sequence().is_some_and(|items| items.is_empty());
    match value {
        Value::Tagged(tagged)
            if !fits(value, indent) && (tagged.value.is_sequence() || tagged.value.is_mapping()) =>
        {
            text.push_str(&format!(" {}\n", tagged.tag));
            block(&tagged.value, indent, text);
        }
        Value::Mapping(_) | Value::Sequence(_) if !is_empty && !fits(value, indent) => {
            text.push('\n');
            block(value, indent, text);
        }
        short => text.push_str(&format!(" {}\n", flow(short))),
    }
}

/// Whether a mapping or list is short enough for a line of its own.
fn fits(value: &Value, indent: usize) -> bool {
    let says_one_thing = match value {
        Value::Mapping(fields) => fields.len() == 1 && fields.values().all(|field| !field.is_mapping()),
        Value::Tagged(tagged) => !tagged.value.is_mapping(),
        _ => false,
    };
    (indent > SHORT_FROM || (indent > 2 && says_one_thing)) && indent + flow(value).len() + 24 < LONGEST
}

/// `value` on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(string) => scalar(string),
        Value::Sequence(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Mapping(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Mapping(fields) => {
            let fields = fields.iter().map(|(key, value)| format!("{}: {}", flow(key), flow(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Tagged(tagged) => format!("{} {}", tagged.tag, flow(&tagged.value)),
    }
}

/// A text, in quotes unless it can be nothing else.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-');
    let bare = text.replace("AWS::", "").replace("::", "");
    // What YAML 1.1 takes for a boolean or nothing.
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
    );
    if !word && bare.starts_with(|c: char| c.is_ascii_alphabetic()) && bare.chars().all(plain) {
        return text.to_owned();
    }
    serde_json::to_string(text).expect("a text is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is emitted is read as what it was, and what YAML 1.1 would read
    /// otherwise is in quotes.
    #[test]
    fn what_is_emitted_is_read_as_what_it_was() {
        let source = "A: { B: { P: [!Ref X, !Sub '${A}-\"b', {}, [], null, 1, true, 'ON', '2012-10-17', '*', !If [c, {a: [b]}, d]] } }";
        let value: Value = yaml_serde::from_str(source).unwrap();
        let text = yaml(&value);
        assert_eq!(yaml_serde::from_str::<Value>(&text).unwrap(), value, "{text}");
        assert!(text.contains("\"ON\"") && text.contains("\"2012-10-17\""), "{text}");
    }
}
