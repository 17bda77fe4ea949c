//! One request to the API, and what to do about its answer. Pure.

use crate::http::{HttpError, Reply};
use serde_json::Value;
use std::fmt::Write;
use std::time::Duration;

/// How often a request is made at the most.
pub(super) const TRIES: u32 = 5;
/// The pause after the first try; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
/// The longest pause that the API can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) body: Option<Value>,
    pub(super) key: Option<String>,
    /// Whether it may be made again when nobody knows what became of it.
    is_repeatable: bool,
}

impl Call {
    /// Looks at what is at the path of `parts`.
    pub(crate) fn get(parts: &[&str], query: &[(&str, String)]) -> Self {
        Self { method: "GET", path: path(parts, query), body: None, key: None, is_repeatable: true }
    }

    /// Asks for a change of a tenant; under one key it happens once.
    pub(crate) fn keyed(method: &'static str, parts: &[&str], key: &str) -> Self {
        let (path, key) = (path(parts, &[]), Some(key.to_owned()));
        Self { method, path, body: None, key, is_repeatable: true }
    }

    /// Asks for a change that the API keeps no key of.
    pub(crate) fn change(method: &'static str, parts: &[&str]) -> Self {
        let key = Some(uuid::Uuid::now_v7().to_string());
        Self { method, path: path(parts, &[]), body: None, key, is_repeatable: false }
    }

    /// With a body.
    pub(crate) fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// What is asked, for messages: the method, and the path without its query.
    pub(super) fn shown(&self) -> String {
        format!("{} {}", self.method, self.path.split('?').next().unwrap_or_default())
    }
}

/// A path of these parts, each as it is, and a query.
fn path(parts: &[&str], query: &[(&str, String)]) -> String {
    let mut path: String = parts.iter().map(|part| format!("/{}", encoded(part))).collect();
    for (place, (name, value)) in query.iter().enumerate() {
        let sign = if place == 0 { '?' } else { '&' };
        // Writing to a string does not fail.
        let _ = write!(path, "{sign}{name}={}", encoded(value));
    }
    path
}

/// Whatever is not unreserved (RFC 3986, section 2.3) as its bytes.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// How long to wait before the request is made again after its try number
/// `tries`; `None` if it is not. `chance` is between 0 and 1: so that those who
/// were refused together do not come back together.
pub(super) fn pause(
    call: &Call,
    tries: u32,
    sent: &Result<Reply, HttpError>,
    chance: f64,
) -> Option<Duration> {
    let again = match sent {
        Ok(reply) => {
            matches!(reply.status, 429 | 503) || (call.is_repeatable && matches!(reply.status, 502 | 504))
        }
        Err(HttpError::Unanswered(_)) => call.is_repeatable,
        Err(HttpError::NoRequest(_) | HttpError::TooLong) => false,
    };
    if !again || tries >= TRIES {
        return None;
    }
    let asked = sent.as_ref().ok().and_then(|reply| reply.header("retry-after")?.parse().ok());
    let own = FIRST_PAUSE * 2_u32.saturating_pow(tries.saturating_sub(1));
    let asked = asked.map_or(Duration::ZERO, Duration::from_secs).min(LONGEST_PAUSE);
    Some(own.max(asked).mul_f64(1.0 + chance.clamp(0.0, 1.0) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, headers: &[(&str, &str)]) -> Result<Reply, HttpError> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Ok(Reply { status, headers, body: String::new() })
    }

    fn unanswered() -> Result<Reply, HttpError> {
        Err(HttpError::Unanswered("gone".to_owned()))
    }

    #[test]
    fn parts_stay_what_they_are() {
        let call = Call::get(&["tenants", "a/b c"], &[("name", "ä&".to_owned()), ("limit", "2".to_owned())]);
        assert_eq!(call.path, "/tenants/a%2Fb%20c?name=%C3%A4%26&limit=2");
        assert_eq!(call.shown(), "GET /tenants/a%2Fb%20c");
    }

    #[test]
    fn what_passes_is_waited_for_longer_and_longer() {
        let call = Call::get(&["tenants"], &[]);
        let pauses: Vec<_> = (1..=5).map(|tries| pause(&call, tries, &reply(429, &[]), 0.0)).collect();
        let expected = [300, 600, 1_200, 2_400].map(|millis| Some(Duration::from_millis(millis)));
        assert_eq!(pauses, [&expected[..], &[None]].concat());
        let asked = pause(&call, 1, &reply(503, &[("retry-after", "2")]), 0.0);
        assert_eq!(asked, Some(Duration::from_secs(2)));
        let far = pause(&call, 1, &reply(503, &[("retry-after", "9999")]), 0.0);
        assert_eq!(far, Some(LONGEST_PAUSE));
        for status in [200, 400, 401, 403, 409, 500] {
            assert_eq!(pause(&call, 1, &reply(status, &[]), 0.0), None);
        }
    }

    #[test]
    fn what_nobody_knows_the_end_of_is_repeated_only_under_a_key() {
        let keyed = Call::keyed("POST", &["tenants", "t", "retry"], "k");
        assert!(pause(&keyed, 1, &unanswered(), 1.0).is_some());
        let user = Call::change("POST", &["users"]);
        assert_eq!(pause(&user, 1, &unanswered(), 1.0), None);
        assert_eq!(pause(&user, 1, &reply(504, &[]), 1.0), None);
        assert!(pause(&user, 1, &reply(429, &[]), 1.0).is_some());
    }
}
