//! The control plane's HTTP API, as a client: with a token, patiently, and
//! without AWS credentials.

mod authenticator;
mod call;
mod cognito;
mod place;
mod problem;
mod session;
mod store;

pub(crate) use authenticator::{Proof, shown};
pub(crate) use call::Call;
pub(crate) use cognito::{Cognito, Kind, Step};
pub(crate) use place::{UNNAMED, find, is_wanted, url};
pub(crate) use session::{Session, Tokens};
pub(crate) use store::Store;

use crate::error::{CliError, Result};
use crate::http::{Http, HttpError, Reply};
use crate::secret::Secret;
use chrono::Utc;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use tenantry_events::ids::EventId;
use tenantry_operations::pages::Pages;
use tokio::sync::Mutex;

/// The variable with a token of somebody else's making: a machine's, or another
/// identity provider's.
const TOKEN: &str = "TENANTRY_TOKEN";
/// The most items of a page.
const PAGE: usize = 100;

/// An API, and who asks.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    url: String,
    http: Http,
    tokens: Arc<Bearer>,
}

#[derive(Debug)]
enum Bearer {
    Given(Secret),
    Kept { store: Store, session: Mutex<Session> },
}

/// What the API gave.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The body's `data`.
    pub(crate) data: Value,
    /// Where the next page begins.
    pub(crate) next: Option<String>,
    /// The event that the request became.
    pub(crate) event: Option<EventId>,
}

impl Api {
    /// Whether it is on this machine: only there tokens go without TLS.
    pub(crate) fn is_local(&self) -> bool {
        self.url.starts_with("http://")
    }

    /// The API at `url`, for who is signed in there.
    ///
    /// # Errors
    ///
    /// When nobody is.
    pub(crate) fn open(url: String, store: Store) -> Result<Self> {
        let given = std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
        let tokens = match given {
            Some(token) => Bearer::Given(Secret::new(token)),
            None => {
                let session = store.read(&url)?.ok_or_else(|| {
                    let what = format!("not signed in at {url}");
                    CliError::hinted(
                        what,
                        "sign in: tenantry login; a machine sets TENANTRY_TOKEN to its token",
                    )
                })?;
                Bearer::Kept { store, session: Mutex::new(session) }
            }
        };
        Ok(Self { http: Http::new(&url), url, tokens: Arc::new(tokens) })
    }

    /// Makes a request, and again while that may help.
    ///
    /// # Errors
    ///
    /// [`CliError::Refused`] for any answer but a success.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer> {
        let mut reply = self.patiently(call, &self.token().await?).await?;
        if reply.status == 401
            && let Some(token) = self.renewed().await?
        {
            reply = self.patiently(call, &token).await?;
        }
        if !(200..300).contains(&reply.status) {
            return Err(CliError::Refused(problem::refusal(&call.shown(), &reply)));
        }
        read(&reply)
    }

    /// The same; `None` for what is not there.
    pub(crate) async fn find(&self, call: &Call) -> Result<Option<Value>> {
        match self.send(call).await {
            Ok(answer) => Ok(Some(answer.data)),
            Err(CliError::Refused(refusal)) if refusal.is_absence => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A list, page by page, until it ends or has `most` items.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        parts: &[&str],
        query: &[(&str, String)],
        most: usize,
    ) -> Result<Vec<T>> {
        let (mut items, mut next) = (Vec::new(), None);
        let mut pages = Pages::of(parts.last().copied().unwrap_or_default());
        while items.len() < most {
            let limit = (most - items.len()).min(PAGE).to_string();
            let mut query = [query, &[("limit", limit)]].concat();
            query.extend(next.map(|next| ("next_token", next)));
            let answer = self.send(&Call::get(parts, &query)).await?;
            let page: Vec<T> = serde_json::from_value(answer.data)?;
            next = pages.next(page.len(), answer.next)?;
            items.extend(page);
            if next.is_none() {
                break;
            }
        }
        items.truncate(most);
        Ok(items)
    }

    async fn patiently(&self, call: &Call, token: &Secret) -> Result<Reply> {
        let (url, bearer) = (format!("{}{}", self.url, call.path), format!("Bearer {}", token.reveal()));
        let body = call.body.as_ref().map(Value::to_string);
        let mut headers = vec![("authorization", bearer.as_str()), ("accept", "application/json")];
        headers.push(("user-agent", concat!("tenantry-cli/", env!("CARGO_PKG_VERSION"))));
        headers.extend(call.key.as_deref().map(|key| ("idempotency-key", key)));
        headers.extend(body.as_ref().map(|_| ("content-type", "application/json")));
        let mut tries = 1;
        loop {
            let sent = self.http.send(call.method, &url, &headers, body.as_deref()).await;
            let Some(pause) = call::pause(call, tries, &sent, chance()) else {
                return sent.map_err(|error| self.unanswered(&error));
            };
            tokio::time::sleep(pause).await;
            tries += 1;
        }
    }

    fn unanswered(&self, error: &HttpError) -> CliError {
        match error {
            HttpError::NoRequest(_) => CliError::Usage(error.to_string()),
            HttpError::TooLong => CliError::hinted(
                format!("{error} (from {})", self.url),
                "check --api: it is the output ApiUrl of the control plane's stack",
            ),
            HttpError::Unanswered(why) => CliError::hinted(
                format!("no answer from the API at {}: {why}", self.url),
                "check --api and TENANTRY_API_URL, and that the local cloud is running: tenantry local status",
            ),
        }
    }

    async fn token(&self) -> Result<Secret> {
        match &*self.tokens {
            Bearer::Given(token) => Ok(token.clone()),
            Bearer::Kept { store, session } => {
                let mut session = session.lock().await;
                if !session.is_fresh(Utc::now()) {
                    *session = renew(store, &session).await?;
                }
                Ok(session.access_token.clone())
            }
        }
    }

    /// Another token in the place of one that is taken no longer; `None` where
    /// there can be none.
    async fn renewed(&self) -> Result<Option<Secret>> {
        let Bearer::Kept { store, session } = &*self.tokens else { return Ok(None) };
        let mut session = session.lock().await;
        *session = renew(store, &session).await?;
        Ok(Some(session.access_token.clone()))
    }
}

async fn renew(store: &Store, session: &Session) -> Result<Session> {
    let tokens = Cognito::new(&session.place).renew(&session.refresh_token).await?;
    let Some(tokens) = tokens else {
        let what = format!("the session of {} at {} has ended", session.user, session.api);
        return Err(CliError::hinted(what, "sign in again: run `tenantry login`"));
    };
    let renewed = session.clone().renewed(tokens, Utc::now());
    store.keep(&renewed)?;
    Ok(renewed)
}

fn read(reply: &Reply) -> Result<Answer> {
    let mut body: Value = serde_json::from_str(&reply.body).map_err(|_| {
        let what = "the answer is not that of a control plane's API".to_owned();
        CliError::hinted(what, "check --api: it is the output ApiUrl of the control plane's stack")
    })?;
    let next = body.get("next_token").and_then(Value::as_str).map(str::to_owned);
    let event = reply.header("x-correlation-id").and_then(|id| id.parse().ok());
    Ok(Answer { data: body.get_mut("data").map(Value::take).unwrap_or_default(), next, event })
}

/// A number between 0 and 1.
fn chance() -> f64 {
    let [first, ..] = *uuid::Uuid::new_v4().as_bytes();
    f64::from(first) / 255.0
}
