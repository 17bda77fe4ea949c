//! Bounded text: what a tenant may call itself, and the like. Each type can
//! only hold what its limits allow, and says which limit a text broke.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// Why a text does not fit its field.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("must not be empty (1 to {max} characters)")]
    Empty {
        /// The most characters that the field holds.
        max: usize,
    },
    /// More characters than the field holds.
    #[error("must be at most {max} characters long, was {actual}")]
    TooLong {
        /// The most characters that the field holds.
        max: usize,
        /// How many there were.
        actual: usize,
    },
    /// A control character, line break or invisible direction mark.
    #[error("must not contain control characters (found U+{0:04X})")]
    Control(u32),
    /// Characters outside the field's alphabet; says what may be there.
    #[error("must be {0}")]
    Pattern(&'static str),
}

/// What [`check`] refuses as hidden, for a regular expression's class.
macro_rules! hidden {
    () => {
        r"\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    };
}

/// Nothing hidden, and not only white space.
const PLAIN: &str = concat!("^[^", hidden!(), "]*[^\\s", hidden!(), "][^", hidden!(), "]*$");

macro_rules! bounded_text {
    ($(#[$doc:meta])* $name:ident, max: $max:literal, $(pattern: $pattern:expr, is: $rule:literal, matches: $matches:expr,)? example: $example:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The most characters (Unicode scalar values) that it holds.
            pub const MAX: usize = $max;

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;

            fn try_from(text: String) -> Result<Self, TextError> {
                check(&text, Self::MAX)?;
                $(
                    let matches: fn(&str) -> bool = $matches;
                    if !matches(&text) {
                        return Err(TextError::Pattern($rule));
                    }
                )?
                Ok(Self(text))
            }
        }

        impl std::str::FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                text.to_owned().try_into()
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                #[allow(unused_mut)]
                let mut schema = json_schema!({
                    "type": "string",
                    "minLength": 1,
                    "maxLength": $max,
                    "pattern": PLAIN,
                    "examples": [$example],
                });
                $(schema.insert("pattern".to_owned(), $pattern.into());)?
                schema
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

bounded_text! {
    /// What people call the tenant: 1 to 100 characters, no control
    /// characters. Live tenants have different names, see [`TenantName::key`].
    TenantName, max: 100, example: "Acme"
}

bounded_text! {
    /// The address of the tenant's administrator: 3 to 254 characters, one `@`
    /// with text on both sides (RFC 5321 limits the path to 254).
    Email, max: 254,
    pattern: concat!("^[^@\\s", hidden!(), "]+@[^@\\s", hidden!(), "]+$"),
    is: "an address, with one `@` and text on both sides",
    matches: |text| {
        let mut parts = text.split('@');
        let full = |part: Option<&str>| part.is_some_and(|p| !p.is_empty() && !p.contains(char::is_whitespace));
        full(parts.next()) && full(parts.next()) && parts.next().is_none()
    },
    example: "admin@acme.example"
}

bounded_text! {
    /// The name of a tier: 1 to 32 characters, lower-case letters, digits and
    /// hyphens, a letter first.
    TierName, max: 32,
    pattern: "^[a-z][a-z0-9-]*$",
    is: "lower-case letters, digits and hyphens, a letter first",
    matches: |text| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    },
    example: "platinum"
}

bounded_text! {
    /// The publisher's own id of a registration: 1 to 128 letters, digits and
    /// `. _ : -`. SBT sends a UUID.
    RegistrationId, max: 128,
    pattern: "^[A-Za-z0-9._:-]+$",
    is: "letters, digits and `.`, `_`, `:`, `-`",
    matches: |text| text.chars().all(|c| c.is_ascii_alphanumeric() || "._:-".contains(c)),
    example: "5f6c2f0e-3d5c-4f6a-9a53-0c1f7a2b9d11"
}

bounded_text! {
    /// Why somebody asks for something: 1 to 500 characters, no control
    /// characters.
    Reason, max: 500, example: "the customer's card was declined"
}

bounded_text! {
    /// The person who asks: a name, a user name or an address, 1 to 254
    /// characters, no control characters. Kept in the history, never logged.
    Person, max: 254, example: "ops@saas.example"
}

impl TenantName {
    /// What two names are compared by: compatibility forms, case and white
    /// space do not make a different name.
    #[must_use]
    pub fn key(&self) -> String {
        name_key(&self.0)
    }
}

impl From<crate::ids::TenantId> for RegistrationId {
    /// The registration of a tenant whose publisher named none.
    fn from(id: crate::ids::TenantId) -> Self {
        Self(id.to_string())
    }
}

/// The form of a name (or of a name's beginning) that the registry sorts and
/// compares by: NFKC, lower case, runs of white space as one space.
#[must_use]
pub fn name_key(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` without control characters and cut to `max` characters, for texts
/// that come from elsewhere (a build's reason, a cause) and are only shown.
#[must_use]
pub fn shorten(text: &str, max: usize) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    if clean.chars().count() <= max {
        return clean;
    }
    let mut short: String = clean.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    short
}

fn check(text: &str, max: usize) -> Result<(), TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty { max });
    }
    let actual = text.chars().count();
    if actual > max {
        return Err(TextError::TooLong { max, actual });
    }
    // Direction marks are refused with the control characters: they make one
    // name look like another.
    let hidden = |c: &char| {
        c.is_control() || matches!(*c as u32, 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x2069 | 0xFEFF)
    };
    match text.chars().find(hidden) {
        Some(c) => Err(TextError::Control(c as u32)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_breaks_a_limit_is_refused_with_that_limit() {
        let refuse = |text: &str| text.parse::<TenantName>().err().map(|e| e.to_string()).unwrap_or_default();
        assert_eq!(refuse(" "), "must not be empty (1 to 100 characters)");
        assert_eq!(refuse(&"x".repeat(101)), "must be at most 100 characters long, was 101");
        assert_eq!(refuse("a\u{7}b"), "must not contain control characters (found U+0007)");
        assert_eq!(
            "Gold!".parse::<TierName>().err().map(|e| e.to_string()).unwrap_or_default(),
            "must be lower-case letters, digits and hyphens, a letter first"
        );
    }

    #[test]
    fn a_name_may_hold_any_syntax_because_it_is_only_ever_data() {
        let name = r#"$(rm -rf /); `id` {{x}} ${Y} "quoted" '); DROP"#;
        assert_eq!(name.parse::<TenantName>().map(|n| n.to_string()), Ok(name.to_owned()));
    }

    #[test]
    fn names_that_look_alike_have_one_key() {
        assert_eq!(name_key("  ACME   Corp "), name_key("acme corp"));
        assert_eq!(name_key("Ａcme"), "acme");
    }
}
