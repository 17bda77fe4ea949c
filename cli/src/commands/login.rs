//! `tenantry login` and `tenantry logout`.

use crate::api::{self, Cognito, Kind, Session, Step, Store};
use crate::args::Login;
use crate::error::{CliError, Result};
use crate::output::{Mark, Output};
use crate::prompt;
use crate::secret::Secret;
use chrono::Utc;
use serde_json::json;

/// What to do where nobody can be asked.
const STDIN: &str = "take --user and --password-stdin";
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
                step = cognito.answer(&challenge, &answer(challenge.kind).await?).await?
            }
        }
    };
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
    Ok(())
}

async fn answer(kind: Kind) -> Result<Secret> {
    match kind {
        Kind::Code => Ok(Secret::new(prompt::ask("Code of the authenticator: ", CHALLENGED).await?)),
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
        output.say(Mark::Note, &format!("nobody was signed in at {url}"));
        return Ok(());
    }
    if let Some(session) = session? {
        Cognito::new(&session.place).revoke(&session.refresh_token).await.map_err(|error| {
            let hint = "the tokens are forgotten here; what was copied elsewhere lasts until it ends, 12 hours at the most";
            CliError::hinted(format!("the tokens are not revoked: {error}"), hint)
        })?;
    }
    output.say(Mark::Good, &format!("signed out at {url}"));
    Ok(())
}
