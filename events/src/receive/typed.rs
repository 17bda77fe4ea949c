//! From JSON to a type, with an error that names the field and the limit.

use super::{Detail, MAX_BYTES, MAX_DEPTH, RejectionCode};
use crate::attributes::OWNED;
use crate::name::EventName;
use crate::text::shorten;
use serde_json::Value;

/// The most characters of a violation's message.
const MESSAGE_MAX: usize = 400;

/// One way in which an event breaks the contract.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Violation {
    /// Why, by a stable name.
    pub code: RejectionCode,
    /// Which field.
    pub field: Option<String>,
    /// Why, in a sentence that names the field and the limit.
    pub message: String,
}

/// `detail` as a `T`.
///
/// # Errors
///
/// [`Violation`] of the first field that breaks the contract. Its message has
/// limits and names in it, never the value.
pub fn parse<T: Detail>(detail: &Value) -> Result<T, Violation> {
    // A field of the control plane's is named first, whatever else is wrong.
    if T::NAMES.contains(&EventName::OnboardingRequest)
        && let Some(owned) = OWNED.iter().find(|name| detail.get(name).is_some())
    {
        let message = format!("`{owned}` is set by the control plane and must not be sent");
        return Err(Violation::of(RejectionCode::OwnedField, Some((*owned).to_owned()), &message));
    }
    let parsed: Result<T, _> = serde_path_to_error::deserialize(detail);
    let parsed = parsed.map_err(|error| {
        let path = error.path().to_string();
        typed(&path, &error.into_inner().to_string())
    })?;
    parsed.check()?;
    Ok(parsed)
}

/// What serde says, as a violation: the field, what it must be, not what it was.
fn typed(path: &str, message: &str) -> Violation {
    if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        let field = if path == "." { name.to_owned() } else { format!("{path}.{name}") };
        return Violation::missing(&field, "must be given");
    }
    if path == "." {
        // A rule about fields beyond the contract's names the field itself.
        let named = message.strip_prefix('`').and_then(|rest| rest.split('`').next());
        let named = named.filter(|name| !name.is_empty());
        return Violation::of(RejectionCode::InvalidField, named.map(str::to_owned), message);
    }
    let said = match (cut(message, "invalid type: "), cut(message, "invalid value: ")) {
        (Some((found, expected)), _) => format!("must be {}, was {}", wanted(expected), kind(found)),
        (_, Some((_, expected))) => format!("must be {}", wanted(expected)),
        _ => message.to_owned(),
    };
    Violation::of(RejectionCode::InvalidField, Some(path.to_owned()), &format!("`{path}` {said}"))
}

/// What serde found and what it expected, of a message that begins so.
fn cut<'a>(message: &'a str, begins: &str) -> Option<(&'a str, &'a str)> {
    message.strip_prefix(begins)?.split_once(", expected ")
}

/// What serde expected, in the words of JSON.
fn wanted(expected: &str) -> String {
    match expected {
        "a map" => "an object".to_owned(),
        "a JSON number" => "a number".to_owned(),
        _ => expected.to_owned(),
    }
}

/// The kind of what serde found ("integer `5`"), without the value.
fn kind(found: &str) -> &'static str {
    match found.split(['`', '"']).next().unwrap_or_default().trim() {
        "string" => "a string",
        "boolean" => "a boolean",
        "integer" => "a whole number",
        "floating point" => "a decimal number",
        "null" | "unit value" => "null",
        "map" => "an object",
        "sequence" => "a list",
        _ => "something else",
    }
}

impl Violation {
    pub(super) fn of(code: RejectionCode, field: Option<String>, message: &str) -> Self {
        Self { code, field: field.map(|field| shorten(&field, 100)), message: shorten(message, MESSAGE_MAX) }
    }

    /// A field that must be there is not; `rule` follows its name.
    #[must_use]
    pub fn missing(field: &str, rule: &str) -> Self {
        Self::of(RejectionCode::MissingField, Some(field.to_owned()), &format!("`{field}` {rule}"))
    }

    /// A field is not what it must be; `rule` follows its name.
    #[must_use]
    pub fn invalid(field: &str, rule: &str) -> Self {
        Self::of(RejectionCode::InvalidField, Some(field.to_owned()), &format!("`{field}` {rule}"))
    }

    /// The text is not JSON, or nested deeper than any reader goes.
    pub(super) fn not_json(error: &serde_json::Error) -> Self {
        if error.to_string().starts_with("recursion limit exceeded") {
            return Self::too_deep();
        }
        let place = format!("line {}, column {}", error.line(), error.column());
        Self::of(RejectionCode::NotJson, None, &format!("the detail must be JSON, and is not at {place}"))
    }

    pub(super) fn unexpected(detail_type: &str, names: &[EventName]) -> Self {
        let expected: Vec<&str> = names.iter().map(|name| name.detail_type()).collect();
        let message =
            format!("`detail-type` must be {}, was `{}`", expected.join(" or "), shorten(detail_type, 80));
        Self::of(RejectionCode::UnexpectedEvent, Some("detail-type".to_owned()), &message)
    }

    pub(super) fn wrong_source(name: EventName, source: &str, right: &str) -> Self {
        let message = format!("`source` of {name} must be `{right}`, was `{}`", shorten(source, 80));
        Self::of(RejectionCode::WrongSource, Some("source".to_owned()), &message)
    }

    pub(super) fn too_large(bytes: usize) -> Self {
        let message = format!("the event must be at most {MAX_BYTES} bytes (256 KiB) long, was {bytes}");
        Self::of(RejectionCode::TooLarge, None, &message)
    }

    pub(super) fn not_an_object() -> Self {
        let field = Some("detail".to_owned());
        Self::of(RejectionCode::NotAnObject, field, "`detail` must be a JSON object")
    }

    pub(super) fn too_deep() -> Self {
        let message = format!("`detail` must be nested at most {MAX_DEPTH} deep");
        Self::of(RejectionCode::TooDeep, Some("detail".to_owned()), &message)
    }
}
