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
    let field = (path != ".").then(|| path.to_owned());
    let said = match message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected ")) {
        // The kind of what was found ("integer `5`") without the value.
        Some((found, expected)) => {
            let kind: String = found.chars().take_while(|c| !matches!(c, '`' | '"')).collect();
            format!("must be {}, was {}", article(expected), kind.trim())
        }
        None if message.starts_with("UUID parsing failed") => "must be a UUID".to_owned(),
        None => message.to_owned(),
    };
    let message = match &field {
        Some(field) => format!("`{field}` {said}"),
        None => said,
    };
    Violation::of(RejectionCode::InvalidField, field, &message)
}

fn article(expected: &str) -> String {
    match expected.chars().next() {
        _ if expected.starts_with("a ") || expected.starts_with("an ") => expected.to_owned(),
        Some('a' | 'e' | 'i' | 'o' | 'u') => format!("an {expected}"),
        _ => format!("a {expected}"),
    }
}

impl Violation {
    fn of(code: RejectionCode, field: Option<String>, message: &str) -> Self {
        Self { code, field: field.map(|field| shorten(&field, 100)), message: shorten(message, MESSAGE_MAX) }
    }

    /// A field that must be there is not; `rule` follows its name.
    #[must_use]
    pub fn missing(field: &str, rule: &str) -> Self {
        Self::of(RejectionCode::MissingField, Some(field.to_owned()), &format!("`{field}` {rule}"))
    }

    /// The text is not JSON.
    pub(super) fn not_json(error: &serde_json::Error) -> Self {
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
