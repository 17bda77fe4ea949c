//! Signing in at the user pool: the calls that need no AWS credentials.
//!
//! Source: "InitiateAuth", "RespondToAuthChallenge" and "RevokeToken", Amazon
//! Cognito User Pools API Reference.

use super::authenticator::Proof;
use super::session::{Place, Tokens};
use crate::error::{CliError, Result};
use crate::http::{Http, Reply};
use crate::secret::Secret;
use serde_json::{Value, json};

/// What comes next of a sign-in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// It is done.
    Done(Tokens),
    /// Something more is asked for.
    Asked(Challenge),
}

/// What else the user pool wants to know.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Challenge {
    /// What it is.
    pub(crate) kind: Kind,
    /// Who signs in, as the user pool calls them.
    user: String,
    session: Secret,
}

/// A kind of challenge that people at a terminal can answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// A password of their own, in the place of the one in the invitation.
    NewPassword,
    /// The code that their authenticator shows.
    Code,
    /// An authenticator, where everybody must have one.
    Enrol,
}

impl Challenge {
    /// What an authenticator is enrolled by that the sign-in asks for.
    pub(crate) fn proof(&self) -> Proof {
        Proof::Session(self.session.clone())
    }
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::NewPassword => "NEW_PASSWORD_REQUIRED",
            Self::Code => "SOFTWARE_TOKEN_MFA",
            Self::Enrol => "MFA_SETUP",
        }
    }

    /// What the answer is called; the session says that there is an authenticator.
    const fn field(self) -> Option<&'static str> {
        match self {
            Self::NewPassword => Some("NEW_PASSWORD"),
            Self::Code => Some("SOFTWARE_TOKEN_MFA_CODE"),
            Self::Enrol => None,
        }
    }
}

/// The user pool, for one client of it.
#[derive(Clone, Debug)]
pub(crate) struct Cognito {
    http: Http,
    place: Place,
}

impl Cognito {
    pub(crate) fn new(place: &Place) -> Self {
        Self { http: Http::new(&place.endpoint), place: place.clone() }
    }

    /// Begins a sign-in with a password.
    pub(crate) async fn sign_in(&self, user: &str, password: &Secret) -> Result<Step> {
        let parameters = json!({ "USERNAME": user, "PASSWORD": password.reveal() });
        let request = json!({ "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters });
        step(user, &self.call("InitiateAuth", request).await?)
    }

    /// Goes on with it.
    pub(crate) async fn answer(&self, challenge: &Challenge, secret: &Secret) -> Result<Step> {
        let mut responses = json!({ "USERNAME": challenge.user });
        if let Some(field) = challenge.kind.field() {
            responses[field] = Value::from(secret.reveal());
        }
        self.respond(challenge, &challenge.session, &responses).await
    }

    /// Goes on with a sign-in for which an authenticator was enrolled.
    pub(crate) async fn enrolled(&self, challenge: &Challenge, proof: &Proof) -> Result<Step> {
        let session = match proof {
            Proof::Session(session) => session,
            Proof::Token(_) => &challenge.session,
        };
        self.respond(challenge, session, &json!({ "USERNAME": challenge.user })).await
    }

    async fn respond(&self, challenge: &Challenge, session: &Secret, responses: &Value) -> Result<Step> {
        let request = json!({
            "ChallengeName": challenge.kind.name(),
            "Session": session.reveal(),
            "ChallengeResponses": responses,
        });
        step(&challenge.user, &self.call("RespondToAuthChallenge", request).await?)
    }

    /// Another access token; `None` if the sign-in has ended.
    pub(crate) async fn renew(&self, refresh: &Secret) -> Result<Option<Tokens>> {
        let parameters = json!({ "REFRESH_TOKEN": refresh.reveal() });
        let request = json!({ "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": parameters });
        match self.call("InitiateAuth", request).await {
            Ok(answer) => match step("", &answer)? {
                Step::Done(tokens) => Ok(Some(tokens)),
                Step::Asked(_) => Ok(None),
            },
            // Who was deleted, too, is told only that.
            Err(CliError::SignIn { code, .. }) if ENDED.contains(&code.as_str()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes the refresh token, and what came of it, worthless.
    pub(crate) async fn revoke(&self, refresh: &Secret) -> Result {
        let request = json!({ "Token": refresh.reveal() });
        self.call("RevokeToken", request).await.map(|_| ())
    }

    /// A call of the client's.
    async fn call(&self, action: &str, mut request: Value) -> Result<Value> {
        if let Some(fields) = request.as_object_mut() {
            fields.insert("ClientId".to_owned(), Value::from(self.place.client_id.as_str()));
        }
        self.ask(action, &request).await
    }

    /// A call of a user's.
    pub(super) async fn ask(&self, action: &str, request: &Value) -> Result<Value> {
        let target = format!("AWSCognitoIdentityProviderService.{action}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let sent = self.http.send("POST", &self.place.endpoint, &headers, Some(&request.to_string())).await;
        let reply = sent.map_err(|error| {
            let what = format!("no answer from the user pool at {}: {error}", self.place.endpoint);
            CliError::hinted(
                what,
                "check --endpoint, and that the local cloud is running: tenantry local status",
            )
        })?;
        match reply.status {
            200 if reply.body.is_empty() => Ok(Value::Null),
            200 => Ok(serde_json::from_str(&reply.body)?),
            _ => Err(refused(&reply)),
        }
    }
}

/// By which errors a sign-in is over.
const ENDED: [&str; 3] =
    ["NotAuthorizedException", "UserNotFoundException", "PasswordResetRequiredException"];

fn step(user: &str, answer: &Value) -> Result<Step> {
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    let result = "/AuthenticationResult";
    if let Some(access) = text(&format!("{result}/AccessToken")) {
        let lasts = answer.pointer(&format!("{result}/ExpiresIn")).and_then(Value::as_i64);
        let refresh = text(&format!("{result}/RefreshToken")).map(Secret::new);
        return Ok(Step::Done(Tokens {
            access: Secret::new(access),
            refresh,
            lasts: lasts.unwrap_or_default(),
        }));
    }
    let kind = match text("/ChallengeName") {
        Some("NEW_PASSWORD_REQUIRED") => Kind::NewPassword,
        Some("SOFTWARE_TOKEN_MFA") => Kind::Code,
        Some("MFA_SETUP") => Kind::Enrol,
        other => {
            let what = format!("the user pool asks for {}", other.unwrap_or("something else"));
            return Err(CliError::hinted(
                what,
                "sign in with a browser, and put the token into TENANTRY_TOKEN",
            ));
        }
    };
    // Cognito wants the name that it has itself, also of who signed in with an address.
    let user = text("/ChallengeParameters/USER_ID_FOR_SRP").unwrap_or(user).to_owned();
    let session = Secret::new(text("/Session").unwrap_or_default());
    Ok(Step::Asked(Challenge { kind, user, session }))
}

/// What Cognito's refusal means.
fn refused(reply: &Reply) -> CliError {
    let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let code = text("__type").and_then(|code| code.rsplit('#').next());
    let code = code.map_or_else(|| format!("status {}", reply.status), str::to_owned);
    let said = text("message").or_else(|| text("Message")).unwrap_or("without a reason");
    let hint = match code.as_str() {
        "PasswordResetRequiredException" => "an administrator has reset the password: ask for an invitation",
        "InvalidPasswordException" => {
            "12 characters or more, with lower and upper case, a digit and a symbol"
        }
        "CodeMismatchException" | "ExpiredCodeException" | "EnableSoftwareTokenMFAException" => {
            "sign in again with the code that is shown then"
        }
        "ResourceNotFoundException" => "check --client-id and --endpoint: the user pool has no such client",
        "TooManyRequestsException" | "LimitExceededException" => "wait a moment, and sign in again",
        _ => "check the name and the password; the invitation's password lasts seven days",
    };
    CliError::SignIn { code, said: said.to_owned(), hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_challenges_are_told_apart() {
        let tokens =
            json!({ "AuthenticationResult": { "AccessToken": "a", "RefreshToken": "r", "ExpiresIn": 3600 } });
        let expected = Tokens { access: Secret::new("a"), refresh: Some(Secret::new("r")), lasts: 3_600 };
        assert!(matches!(step("ada", &tokens), Ok(Step::Done(tokens)) if tokens == expected));
        let first = json!({
            "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "s",
            "ChallengeParameters": { "USER_ID_FOR_SRP": "ada-1" },
        });
        let asked = step("ada@example.org", &first);
        assert!(
            matches!(&asked, Ok(Step::Asked(asked)) if asked.kind == Kind::NewPassword && asked.user == "ada-1"),
            "{asked:?}"
        );
        assert!(step("ada", &json!({ "ChallengeName": "SMS_MFA" })).is_err());
    }

    #[test]
    fn a_refusal_says_why_and_what_to_do() {
        let body = r#"{"__type": "com.amazonaws#CodeMismatchException", "message": "Code mismatch"}"#;
        let error = refused(&Reply { status: 400, body: body.to_owned(), ..Reply::default() });
        assert_eq!(error.to_string(), "sign-in failed: Code mismatch (CodeMismatchException)");
        assert!(error.hint().is_some_and(|hint| hint.contains("sign in again")));
    }
}
