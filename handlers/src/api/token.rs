//! The claims of a token that API Gateway has verified. Pure.
//!
//! API Gateway hands claims over as texts: of a list of groups it makes its
//! items between brackets, with a space between two, so that `Site admins` and
//! the two groups `Site` and `admins` look the same. What counts is the token
//! itself, which comes along in the header that API Gateway has verified it in.
//!
//! Source: "Control access to HTTP APIs with JWT authorizers", Amazon API
//! Gateway Developer Guide.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The claims that say of which token the others are.
const IDENTITY: [&str; 4] = ["client_id", "iss", "jti", "sub"];

/// The claims as API Gateway hands them over.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Verified(BTreeMap<String, Value>);

/// The claims as the token has them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// The claims of the token in `authorization`, if it is the one that API
    /// Gateway has `verified`; `None` for any other text.
    #[must_use]
    pub fn read(authorization: &str, verified: &Verified) -> Option<Self> {
        let (scheme, token) = authorization.split_once(' ').unwrap_or(("Bearer", authorization));
        let mut parts = token.split('.');
        let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
        // Two headers of one name come as one text: of those none is taken.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if parts.next().is_some() || !scheme.eq_ignore_ascii_case("bearer") || !token.chars().all(plain) {
            return None;
        }
        let claims: Map<String, Value> =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let same = |name: &&str| claims.get(*name) == verified.0.get(*name);
        IDENTITY.iter().all(same).then_some(Self(claims))
    }

    /// The claim `name`, if it is a text and not empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// The claim `name` as a list of names: a list of texts, each of them whole,
    /// or one text, which is one name. Any other form gives none: a text with
    /// commas or spaces may be one name as well as several.
    #[must_use]
    pub fn names(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(items)) => {
                items.iter().map(Value::as_str).collect::<Option<_>>().unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// The scopes in the claim `name`: a list of texts, or one text with spaces
    /// between them. A scope has no space in it (RFC 6749, section 3.3).
    #[must_use]
    pub fn scopes(&self, name: &str) -> Vec<&str> {
        self.names(name)
            .into_iter()
            .flat_map(|text| text.split(' '))
            .filter(|scope| !scope.is_empty())
            .collect()
    }
}

#[cfg(test)]
impl Claims {
    /// The claims in `json`.
    pub(super) fn of(json: &Value) -> Self {
        Self(json.as_object().cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn token(claims: &Value) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    fn verified(claims: &Value) -> Verified {
        serde_json::from_value(claims.clone()).unwrap_or_default()
    }

    #[test]
    fn the_token_that_was_verified_is_read_and_no_other() {
        let (mine, other) = (json!({ "sub": "u", "jti": "1" }), json!({ "sub": "v", "jti": "1" }));
        let read = |text: String| Claims::read(&text, &verified(&mine));
        for scheme in ["Bearer ", "bearer ", ""] {
            assert_eq!(read(format!("{scheme}{}", token(&mine))), Some(Claims::of(&mine)));
        }
        for text in [
            format!("Bearer {}", token(&other)),
            format!("Bearer {},Bearer {}", token(&mine), token(&mine)),
            format!("Bearer {} {}", token(&mine), token(&mine)),
            format!("Basic {}", token(&mine)),
            format!("Bearer {}.more", token(&mine)),
            token(&json!({ "sub": "u" })),
            token(&json!({ "sub": "u", "jti": "1", "client_id": "c" })),
            token(&json!(["sub"])),
            "Bearer a.b.c".to_owned(),
            String::new(),
        ] {
            assert_eq!(read(text.clone()), None, "{text}");
        }
    }

    #[test]
    fn a_list_is_its_items_and_a_text_is_one() {
        let claims = Claims::of(&json!({
            "list": ["a b", "c"], "text": "a, b c", "mixed": ["a", 7], "number": 7, "object": { "a": 1 },
        }));
        assert_eq!(claims.names("list"), ["a b", "c"]);
        assert_eq!(claims.names("text"), ["a, b c"]);
        for none in ["mixed", "number", "object", "absent"] {
            assert!(claims.names(none).is_empty(), "{none}");
        }
        assert_eq!(claims.scopes("list"), ["a", "b", "c"]);
    }
}
