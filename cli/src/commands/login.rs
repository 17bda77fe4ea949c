//! `tenantry login` and `tenantry logout`.

use crate::api::{self, Cognito, Kind, Proof, Session, Step, Store, Tokens};
use crate::args::Login;
use crate::error::{CliError, Result};
use crate::output::{Mark, Output};
use crate::prompt;
use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use serde_json::{Value, json};

/// What to do where nobody can be asked.
const STDIN: &str = "use --user and --password-stdin";
const CHALLENGED: &str = "sign in once at a terminal";

pub(super) async fn login(args: Login, api: Option<&str>, stack: &str, output: &Output) -> Result {
    let store = Store::of_user()?;
    // Whatever is missing is missed before anybody types a password.
    let (url, place) = api::find(&args, api, stack, &store).await?;
    let user = match args.user {
        Some(user) => user,
        None => prompt::ask("User name or e-mail: ", STDIN).await?,
    };
    let password = match args.password_stdin {
        true => prompt::of_stdin()?,
        false => prompt::secret("Password: ", STDIN).await?,
    };
    let cognito = Cognito::new(&place);
    let mut step = cognito.sign_in(&user, &password).await?;
    let tokens = loop {
        match step {
            Step::Done(tokens) => break tokens,
            Step::Asked(challenge) => {
                step = match challenge.kind {
                    Kind::Enrol => {
                        let proof = enrol(&cognito, challenge.proof(), &user).await?;
                        cognito.enrolled(&challenge, &proof).await?
                    }
                    kind => cognito.answer(&challenge, &answer(kind).await?).await?,
                }
            }
        }
    };
    let tokens = match args.enrol_authenticator {
        true => with_authenticator(&cognito, tokens, &user).await?,
        false => tokens,
    };
    let is_idle = tokens.access.reveal().split('.').nth(1).is_some_and(needs_authenticator);
    let refresh =
        tokens.refresh.clone().ok_or_else(|| CliError::Failed("no token to renew with".to_owned()))?;
    let access = tokens.access.clone();
    let now = Utc::now();
    let kept =
        Session { api: url, place, user, access_token: access, refresh_token: refresh, expires_at: now };
    let session = kept.renewed(tokens, now);
    store.keep(&session)?;
    let Session { api, user, .. } = &session;
    let file = store.file(api).display().to_string();
    let fields = vec![("API", api.clone()), ("User", user.clone()), ("Tokens", file.clone())];
    output.record(&json!({ "api": api, "user": user, "file": file }), fields)?;
    output.say(Mark::Good, &format!("{user} is signed in: tenantry tenant list --api"));
    if is_idle {
        let hint = "an administrator needs an authenticator here: tenantry login --enrol-authenticator";
        output.say(Mark::Note, hint);
    }
    Ok(())
}

/// Whether the token with this payload is an administrator's, and opens nothing:
/// it has no scope but Cognito's own.
fn needs_authenticator(payload: &str) -> bool {
    let claims = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    let claims: Value = serde_json::from_slice(&claims).unwrap_or_default();
    let scopes = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
    let groups = claims.get("cognito:groups").and_then(Value::as_array);
    groups.is_some_and(|groups| groups.iter().any(|group| group == "admins"))
        && scopes.split(' ').all(|scope| scope.starts_with("aws.cognito."))
}

/// Enrols an authenticator; by what the sign-in goes on.
async fn enrol(cognito: &Cognito, proof: Proof, user: &str) -> Result<Proof> {
    let enrolment = cognito.enrol(proof).await?;
    prompt::show(&api::shown(user, &enrolment.secret), CHALLENGED)?;
    let code = Secret::new(prompt::ask("Code that the authenticator shows now: ", CHALLENGED).await?);
    cognito.verify(enrolment, &code).await
}

/// The tokens of who has an authenticator from now on: what a token opens is
/// decided anew when it is renewed.
async fn with_authenticator(cognito: &Cognito, tokens: Tokens, user: &str) -> Result<Tokens> {
    enrol(cognito, Proof::Token(tokens.access.clone()), user).await?;
    cognito.prefer_authenticator(&tokens.access).await?;
    let Some(refresh) = tokens.refresh.clone() else { return Ok(tokens) };
    let renewed = cognito.renew(&refresh).await?;
    let renewed =
        renewed.ok_or_else(|| CliError::Failed("the sign-in has ended: sign in again".to_owned()))?;
    Ok(Tokens { refresh: renewed.refresh.or(Some(refresh)), ..renewed })
}

async fn answer(kind: Kind) -> Result<Secret> {
    match kind {
        Kind::Code => Ok(Secret::new(prompt::ask("Code of the authenticator: ", CHALLENGED).await?)),
        // An authenticator is enrolled, and no secret is asked for.
        Kind::Enrol => Ok(Secret::new(String::new())),
        Kind::NewPassword => loop {
            let first =
                prompt::secret("The invitation's password must be changed. New password: ", CHALLENGED);
            let first = first.await?;
            if first == prompt::secret("Once more: ", CHALLENGED).await? {
                return Ok(first);
            }
        },
    }
}

pub(super) async fn logout(api: Option<&str>, output: &Output) -> Result {
    let store = Store::of_user()?;
    let url = api::url(api, &store)?;
    let session = store.read(&url);
    // Whatever becomes of the call, this machine has the tokens no longer.
    if !store.forget(&url)? {
        output.say(Mark::Note, &format!("not signed in at {url}"));
        return Ok(());
    }
    if let Some(session) = session? {
        Cognito::new(&session.place).revoke(&session.refresh_token).await.map_err(|error| {
            let hint =
                "they are deleted here; copies elsewhere stay valid until they expire, within 12 hours";
            CliError::hinted(format!("the tokens could not be revoked: {error}"), hint)
        })?;
    }
    output.say(Mark::Good, &format!("signed out at {url}"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_whose_token_opens_nothing_is_told() {
        let told = |groups: &[&str], scope: &str| {
            let claims = json!({ "cognito:groups": groups, "scope": scope }).to_string();
            needs_authenticator(&URL_SAFE_NO_PAD.encode(claims))
        };
        assert!(told(&["admins"], "aws.cognito.signin.user.admin"));
        assert!(!told(&["admins"], "aws.cognito.signin.user.admin user/user_write"));
        assert!(!told(&["viewers"], "aws.cognito.signin.user.admin"));
        assert!(!needs_authenticator("nonsense"));
    }
}
