//! Bounded text: what a tenant may call itself, and the like. Each type can
//! only hold what its limits allow, and says which limit a text broke.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

mod characters;
mod email;
mod key;
mod look_alike;
mod pattern;

pub use characters::is_hidden;
pub use key::name_key;
pub use look_alike::look_alike;
pub(crate) use pattern::no_hidden;

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
    /// A character that nobody can see, or one of a script's or an emoji's that
    /// stands where nothing needs it.
    #[error("must not contain control or invisible characters (found U+{0:04X})")]
    Hidden(u32),
    /// Nothing but white space, dots and the like.
    #[error("must contain something that can be seen, and more than dots")]
    NothingToSee,
    /// The form that names are compared by is longer than the registry's keys.
    #[error("must be at most {max} bytes long in the form that names are compared by, was {actual}")]
    KeyTooLong {
        /// The most bytes of that form.
        max: usize,
        /// How many there were.
        actual: usize,
    },
    /// Characters outside the field's alphabet; says what may be there.
    #[error("must be {0}")]
    Pattern(&'static str),
}

macro_rules! bounded_text {
    ($(#[$doc:meta])* $name:ident, max: $max:literal, $(pattern: $pattern:expr, is: $rule:expr, matches: $matches:expr,)? $(fits: $fits:expr,)? example: $example:literal) => {
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
                $(
                    let fits: fn(&str) -> Result<(), TextError> = $fits;
                    fits(&text)?;
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
                #[allow(unused_mut, unused_assignments)]
                let mut pattern: &str = &pattern::PLAIN;
                $(pattern = $pattern;)?
                json_schema!({
                    "type": "string",
                    "minLength": 1,
                    "maxLength": $max,
                    "pattern": pattern,
                    "examples": [$example],
                })
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
    /// What people call the tenant: 1 to 100 characters, of which one can be
    /// seen and is no dot, and none is hidden ([`is_hidden`]) but where a script
    /// or an emoji needs it. Live tenants have different names, see
    /// [`TenantName::key`], which has at most 800 bytes.
    TenantName, max: 100,
    fits: |text| {
        let actual = name_key(text).len();
        if actual > TenantName::KEY_MAX { Err(TextError::KeyTooLong { max: TenantName::KEY_MAX, actual }) } else { Ok(()) }
    },
    example: "Acme"
}

bounded_text! {
    /// The address of the tenant's administrator, or of a user of the control
    /// plane: at most 128 ASCII characters, at most 64 of them before the `@`,
    /// and a domain of at least two labels. Cognito has it as the user's name,
    /// which holds 128.
    Email, max: 128,
    pattern: email::PATTERN,
    is: email::RULE,
    matches: email::is_address,
    example: "admin@acme.example"
}

bounded_text! {
    /// The name of a tier: 1 to 32 characters, letters, digits and hyphens, a
    /// letter first. It keeps the spelling that its deployment gave it; names
    /// that differ only in case are the same tier, see [`TierName::key`].
    TierName, max: 32,
    pattern: "^[A-Za-z][A-Za-z0-9-]*$",
    is: "letters, digits and hyphens, a letter first",
    matches: |text| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    },
    example: "platinum"
}

bounded_text! {
    /// The publisher's own id of a registration: 1 to 128 letters, digits and
    /// `. _ : -`, and not only dots, which vanish from a URL's path. SBT sends a
    /// UUID.
    RegistrationId, max: 128,
    pattern: "^[A-Za-z0-9._:-]*[A-Za-z0-9_:-][A-Za-z0-9._:-]*$",
    is: "letters, digits and `.`, `_`, `:`, `-`, and not only dots",
    matches: |text| {
        text.chars().all(|c| c.is_ascii_alphanumeric() || "._:-".contains(c)) && text.chars().any(|c| c != '.')
    },
    example: "5f6c2f0e-3d5c-4f6a-9a53-0c1f7a2b9d11"
}

bounded_text! {
    /// Why somebody asks for something: 1 to 500 characters, with the rules of
    /// [`TenantName`] for what cannot be seen.
    Reason, max: 500, example: "the customer's card was declined"
}

bounded_text! {
    /// The person who asks: a name, a user name or an address, 1 to 254
    /// characters, with the rules of [`TenantName`] for what cannot be seen. Kept
    /// in the history, never logged.
    Person, max: 254, example: "ops@saas.example"
}

impl TierName {
    /// What two names are compared by, and what the registry files a tier under.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl TenantName {
    /// The most bytes of [`TenantName::key`]. DynamoDB takes 1,024 bytes as an
    /// index's sort key ("Quotas", Amazon DynamoDB Developer Guide), here with an
    /// id behind the name; and the form can be 30 times as long as the name.
    pub const KEY_MAX: usize = 800;

    /// What two names are compared by: compatibility forms, case, white space
    /// and what cannot be seen do not make a different name.
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

/// `text` without hidden characters ([`is_hidden`]) and cut to `max` characters,
/// for texts that come from elsewhere (a build's reason, a cause) and are only
/// shown.
#[must_use]
pub fn shorten(text: &str, max: usize) -> String {
    // A line break or a tab is a space to the eye, a joiner may be needed, and
    // what else is hidden is nothing.
    let shown = |c: char| match c {
        c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => Some(' '),
        c if is_hidden(c) && !characters::JOINERS.contains(&c) && !characters::is_variation(c) => None,
        c => Some(c),
    };
    let clean = text.chars().filter_map(shown).collect::<String>();
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
    if let Some(c) = characters::misplaced(text) {
        return Err(TextError::Hidden(u32::from(c)));
    }
    if text.chars().any(characters::is_substance) { Ok(()) } else { Err(TextError::NothingToSee) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_breaks_a_limit_is_refused_with_that_limit() {
        let refuse = |text: &str| text.parse::<TenantName>().err().map(|e| e.to_string()).unwrap_or_default();
        assert_eq!(refuse(" "), "must not be empty (1 to 100 characters)");
        assert_eq!(refuse(&"x".repeat(101)), "must be at most 100 characters long, was 101");
        assert_eq!(refuse("a\u{7}b"), "must not contain control or invisible characters (found U+0007)");
        assert_eq!(
            "Gold!".parse::<TierName>().err().map(|e| e.to_string()).unwrap_or_default(),
            "must be letters, digits and hyphens, a letter first"
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
