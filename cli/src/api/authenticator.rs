//! Enrolling an authenticator: an app that shows a code which changes every 30
//! seconds (RFC 6238).
//!
//! Source: "AssociateSoftwareToken", "VerifySoftwareToken" and
//! "SetUserMFAPreference", Amazon Cognito User Pools API Reference.

use super::call::encoded;
use super::cognito::Cognito;
use crate::error::{CliError, Result};
use crate::secret::Secret;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::{Value, json};

/// By what Cognito knows whose authenticator it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Proof {
    /// A token of who has signed in.
    Token(Secret),
    /// A sign-in that goes on once there is an authenticator.
    Session(Secret),
}

/// An authenticator that is to be enrolled.
#[derive(Clone, Debug)]
pub(crate) struct Enrolment {
    /// What the app makes its codes of.
    pub(crate) secret: Secret,
    proof: Proof,
}

impl Proof {
    fn field(&self) -> (String, Value) {
        match self {
            Self::Token(token) => ("AccessToken".to_owned(), Value::from(token.reveal())),
            Self::Session(session) => ("Session".to_owned(), Value::from(session.reveal())),
        }
    }

    /// A sign-in goes on with the session that the last answer gave.
    fn after(self, answer: &Value) -> Self {
        match (self, answer.get("Session").and_then(Value::as_str)) {
            (Self::Session(_), Some(next)) => Self::Session(Secret::new(next)),
            (proof, _) => proof,
        }
    }
}

impl Cognito {
    /// Begins to enrol an authenticator.
    pub(crate) async fn enrol(&self, proof: Proof) -> Result<Enrolment> {
        let request = Value::Object([proof.field()].into_iter().collect());
        let answer = self.ask("AssociateSoftwareToken", &request).await?;
        let secret = answer.get("SecretCode").and_then(Value::as_str);
        let secret = secret.ok_or_else(|| CliError::Failed("the user pool gave no secret".to_owned()))?;
        Ok(Enrolment { secret: Secret::new(secret), proof: proof.after(&answer) })
    }

    /// Ends it, with the code that the app shows.
    pub(crate) async fn verify(&self, enrolment: Enrolment, code: &Secret) -> Result<Proof> {
        let fields = [enrolment.proof.field(), ("UserCode".to_owned(), Value::from(code.reveal()))];
        let answer = self.ask("VerifySoftwareToken", &Value::Object(fields.into_iter().collect())).await?;
        match answer.get("Status").and_then(Value::as_str) {
            Some("SUCCESS") => Ok(enrolment.proof.after(&answer)),
            _ => Err(CliError::Failed("the user pool does not take the code".to_owned())),
        }
    }

    /// Has Cognito ask for the code from now on.
    pub(crate) async fn prefer_authenticator(&self, token: &Secret) -> Result {
        let settings = json!({ "Enabled": true, "PreferredMfa": true });
        let request = json!({ "AccessToken": token.reveal(), "SoftwareTokenMfaSettings": settings });
        self.ask("SetUserMFAPreference", &request).await.map(|_| ())
    }
}

/// What an authenticator reads: as a picture for the terminal, as an address, and
/// as the secret alone, for who types it.
///
/// Source: "Key Uri Format", Google Authenticator.
pub(crate) fn shown(user: &str, secret: &Secret) -> String {
    let uri = format!("otpauth://totp/Tenantry:{}?secret={}&issuer=Tenantry", encoded(user), secret.reveal());
    // Light on dark: most terminals are dark, and apps read it either way.
    let picture = QrCode::new(&uri).map(|code| {
        code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build()
    });
    format!("{}\n{uri}\n\nSecret: {}\n", picture.unwrap_or_default(), secret.reveal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authenticator_is_shown_a_picture_an_address_and_the_secret() {
        let shown = shown("ada+1@ops.example", &Secret::new("ABC234"));
        let uri = "otpauth://totp/Tenantry:ada%2B1%40ops.example?secret=ABC234&issuer=Tenantry";
        assert!(shown.contains(uri) && shown.contains("Secret: ABC234"), "{shown}");
        assert!(shown.contains('█'), "{shown}");
    }

    #[test]
    fn a_sign_in_goes_on_with_the_newest_session() {
        let next = json!({ "Session": "2" });
        assert_eq!(Proof::Session(Secret::new("1")).after(&next), Proof::Session(Secret::new("2")));
        assert_eq!(Proof::Token(Secret::new("t")).after(&next), Proof::Token(Secret::new("t")));
    }
}
