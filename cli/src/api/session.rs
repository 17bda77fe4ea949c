//! Someone who is signed in at an API: the tokens, and how long they last.

use crate::secret::Secret;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long before its end a token is renewed: longer than a request lasts.
const MARGIN: TimeDelta = TimeDelta::seconds(60);

/// What is kept of a sign-in. Never a password.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    /// The API that the tokens are for.
    pub(crate) api: String,
    /// Where they come from.
    pub(crate) place: Place,
    /// Who signed in, as it was typed.
    pub(crate) user: String,
    /// What the API takes.
    pub(crate) access_token: Secret,
    /// What renews it.
    pub(crate) refresh_token: Secret,
    /// When the access token ends.
    pub(crate) expires_at: DateTime<Utc>,
}

/// Where people of a control plane sign in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    /// The address of Cognito.
    pub(crate) endpoint: String,
    /// The client of the user pool.
    pub(crate) client_id: String,
}

/// What a sign-in, or a renewal, gives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tokens {
    /// What the API takes.
    pub(crate) access: Secret,
    /// What renews it; a renewal gives none.
    pub(crate) refresh: Option<Secret>,
    /// How long the access token lasts, in seconds.
    pub(crate) lasts: i64,
}

impl Session {
    /// Whether the access token lasts long enough for a request.
    pub(crate) fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        self.expires_at - MARGIN > now
    }

    /// With other tokens, which were given `now`.
    pub(crate) fn renewed(self, tokens: Tokens, now: DateTime<Utc>) -> Self {
        Self {
            access_token: tokens.access,
            refresh_token: tokens.refresh.unwrap_or(self.refresh_token),
            expires_at: now + TimeDelta::seconds(tokens.lasts),
            ..self
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Somebody who signed in at the epoch, for an hour.
    pub(in super::super) fn session(api: &str) -> Session {
        let place = Place { endpoint: "http://127.0.0.1:1".to_owned(), client_id: "client".to_owned() };
        Session {
            api: api.to_owned(),
            place,
            user: "ada".to_owned(),
            access_token: Secret::new("access"),
            refresh_token: Secret::new("refresh"),
            expires_at: DateTime::UNIX_EPOCH + TimeDelta::hours(1),
        }
    }

    #[test]
    fn a_token_is_renewed_a_minute_before_its_end() {
        let at = |seconds: i64| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let session = session("https://api.example");
        assert!(session.is_fresh(at(0)) && session.is_fresh(at(3_539)));
        assert!(!session.is_fresh(at(3_540)) && !session.is_fresh(at(4_000)));
    }

    #[test]
    fn a_renewal_keeps_what_renews() {
        let tokens = Tokens { access: Secret::new("new"), refresh: None, lasts: 60 };
        let renewed = session("https://api.example").renewed(tokens, DateTime::UNIX_EPOCH);
        assert_eq!((renewed.access_token.reveal(), renewed.refresh_token.reveal()), ("new", "refresh"));
        assert_eq!(renewed.expires_at, DateTime::UNIX_EPOCH + TimeDelta::minutes(1));
    }

    #[test]
    fn no_token_is_shown() {
        let shown = format!("{:?}", session("https://api.example"));
        assert!(!shown.contains("\"access\"") && !shown.contains("\"refresh\""), "{shown}");
    }
}
