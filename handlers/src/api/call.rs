//! One request, as API Gateway hands it over, and what is read from it.
//!
//! API Gateway has routed it already: the route's key says which, and the path's
//! parameters are its own. So nothing here parses a path.

use super::access::Caller;
use super::problem::{BODY_MAX, Problem};
use super::token::{Claims, Verified};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tenantry_events::ids::TenantId;
use tenantry_events::receive::{self, Violation};
use tenantry_registry::store::PageToken;

/// The longest Idempotency-Key.
pub(super) const KEY_MAX: usize = 128;
/// The most items of a page, and how many there are unless another number is
/// asked for (SBT's).
pub(super) const PAGE_MAX: u32 = 100;
const PAGE_DEFAULT: u32 = 10;

/// The event of a request: payload format 2.0.
///
/// Source: "Create AWS Lambda proxy integrations for HTTP APIs", Amazon API
/// Gateway Developer Guide.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    route_key: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    path_parameters: Option<BTreeMap<String, String>>,
    #[serde(default)]
    query_string_parameters: Option<BTreeMap<String, String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    request_context: Context,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    authorizer: Option<Authorizer>,
    http: Http,
}

#[derive(Clone, Debug, Deserialize)]
struct Authorizer {
    #[serde(default)]
    jwt: Option<Jwt>,
}

#[derive(Clone, Debug, Deserialize)]
struct Jwt {
    #[serde(default)]
    claims: Verified,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    #[serde(default)]
    source_ip: String,
}

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Call {
    event: Event,
    /// Who asks; `None` on a public route.
    pub(super) caller: Option<Caller>,
    /// When it came.
    pub(super) now: DateTime<Utc>,
}

impl Call {
    /// The request in `event`; the groups of its caller are in `groups_claim`.
    #[must_use]
    pub(super) fn new(event: Event, groups_claim: &str, now: DateTime<Utc>) -> Self {
        let jwt = event.request_context.authorizer.as_ref().and_then(|authorizer| authorizer.jwt.as_ref());
        // API Gateway writes headers' names in lower case.
        let claims = jwt.and_then(|jwt| Claims::read(event.headers.get("authorization")?, &jwt.claims));
        let caller = claims.and_then(|claims| Caller::of_claims(&claims, groups_claim));
        Self { event, caller, now }
    }

    /// The route, as `GET /tenants/{tenantId}`.
    #[must_use]
    pub(super) fn route_key(&self) -> &str {
        &self.event.route_key
    }

    /// The request's id, which the access log has too.
    #[must_use]
    pub(super) fn request_id(&self) -> &str {
        &self.event.request_context.request_id
    }

    /// The address that it came from.
    #[must_use]
    pub(super) fn source_ip(&self) -> &str {
        &self.event.request_context.http.source_ip
    }

    /// Who asks, for the history: a subject; empty on a public route. No subject
    /// is empty.
    #[must_use]
    pub(super) fn who(&self) -> &str {
        self.caller.as_ref().map_or("", |caller| caller.id.as_str())
    }

    /// A parameter of the path.
    #[must_use]
    pub(super) fn parameter(&self, name: &str) -> &str {
        let parameters = self.event.path_parameters.as_ref();
        parameters.and_then(|parameters| parameters.get(name)).map_or("", String::as_str)
    }

    /// All parameters of the path, for what a request is told from others by.
    #[must_use]
    pub(super) fn parameters(&self) -> Option<&BTreeMap<String, String>> {
        self.event.path_parameters.as_ref()
    }

    /// The tenant that the path names.
    ///
    /// # Errors
    ///
    /// [`Problem::NotFound`] for a text that can be no tenant's id.
    pub(super) fn tenant_id(&self) -> Result<TenantId, Problem> {
        self.parameter("tenantId").parse().map_err(|_| Problem::NotFound("tenant"))
    }

    /// Everything in the query.
    pub(super) fn queried(&self) -> impl Iterator<Item = (&str, &str)> {
        let parameters = self.event.query_string_parameters.iter().flatten();
        parameters.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A parameter of the query; one that is empty counts as none, as SBT's
    /// client sends it.
    #[must_use]
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let parameters = self.event.query_string_parameters.as_ref()?;
        parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A parameter of the query as a `T`.
    ///
    /// # Errors
    ///
    /// [`Problem::BadField`] with what the parameter must be.
    pub(super) fn query_as<T: std::str::FromStr<Err = impl std::fmt::Display>>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, Problem> {
        let parsed = self.query(name).map(str::parse).transpose();
        parsed.map_err(|error: T::Err| Problem::field(name, error.to_string()))
    }

    /// How many items a page shall have.
    ///
    /// # Errors
    ///
    /// [`Problem::BadField`].
    pub(super) fn limit(&self) -> Result<u32, Problem> {
        let limit = self.query("limit").map_or(Ok(PAGE_DEFAULT), str::parse);
        let limit = limit.ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
        limit.ok_or_else(|| Problem::field("limit", format!("must be a whole number from 1 to {PAGE_MAX}")))
    }

    /// Where the page shall begin.
    ///
    /// # Errors
    ///
    /// [`Problem::BadField`] for what can be no page token.
    pub(super) fn page_token(&self) -> Result<Option<PageToken>, Problem> {
        Ok(self.query("next_token").map(str::parse).transpose()?)
    }

    /// A header, by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        // API Gateway writes names in lower case.
        self.event.headers.get(name).map(String::as_str)
    }

    /// The version that the client has read: `If-Match`, as an entity tag.
    ///
    /// # Errors
    ///
    /// [`Problem::BadField`] for what is no version's tag.
    pub(super) fn if_match(&self) -> Result<Option<u64>, Problem> {
        let Some(tag) = self.header("if-match").filter(|tag| *tag != "*") else { return Ok(None) };
        let number = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(tag).parse();
        let wrong = |_| Problem::field("If-Match", "must be the ETag that was read, like \"7\"");
        number.map(Some).map_err(wrong)
    }

    /// What makes a repetition of this request the same request.
    ///
    /// # Errors
    ///
    /// [`Problem::BadField`] for a key that is empty, too long or not plain.
    pub(super) fn idempotency_key(&self) -> Result<Option<&str>, Problem> {
        let Some(key) = self.header("idempotency-key") else { return Ok(None) };
        let plain = key.chars().all(|c| c.is_ascii_graphic());
        if key.is_empty() || key.len() > KEY_MAX || !plain {
            let limit = format!("must be 1 to {KEY_MAX} printable ASCII characters without spaces");
            return Err(Problem::field("Idempotency-Key", limit));
        }
        Ok(Some(key))
    }

    /// The body as a JSON object; an empty one where there is none.
    ///
    /// # Errors
    ///
    /// [`Problem::TooLarge`], and [`Problem::Invalid`] when it is no object or
    /// loses something when it is read ([`receive::read`]).
    pub(super) fn object(&self) -> Result<Map<String, Value>, Problem> {
        let body = self.event.body.as_deref().unwrap_or_default();
        // Base64 is a third longer than what it stands for.
        if body.len() > BODY_MAX * 4 / 3 + 4 {
            return Err(Problem::TooLarge);
        }
        let wrong = || Problem::field("body", "must be a JSON object");
        let bytes = match self.event.is_base64_encoded {
            true => STANDARD.decode(body).map_err(|_| wrong())?,
            false => body.as_bytes().to_vec(),
        };
        if bytes.len() > BODY_MAX {
            return Err(Problem::TooLarge);
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Map::new());
        }
        match receive::read(&bytes) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => Err(wrong()),
            // Here it is not an event's detail that is not JSON.
            Err(violation) if violation.field.as_deref().is_none_or(|field| field == "detail") => {
                let message =
                    violation.message.replace("`detail`", "`body`").replace("the detail", "the body");
                Err(Problem::Invalid(Violation { field: Some("body".to_owned()), message, ..violation }))
            }
            Err(violation) => Err(Problem::Invalid(violation)),
        }
    }
}
