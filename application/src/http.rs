//! HTTP as the services of the application plane speak it: who asks, JSON
//! answers, and problems (RFC 9457).

use lambda_http::http::{StatusCode, header};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, Response};
use serde::Serialize;

/// The largest body that a request may have, in bytes.
pub const BODY_MAX: usize = 16 * 1024;

/// A field, parameter or header that is not as it must be.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Invalid {
    /// Its name.
    pub field: String,
    /// What it must be, with the limit.
    pub detail: String,
}

impl Invalid {
    /// `field` must be what `detail` says.
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: field.into(), detail: detail.into() }
    }
}

/// Why a request was not served. What it says goes to the client, so it holds
/// nothing internal.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// No verified token came with the request.
    #[error("a token of this tenant's user pool is needed")]
    Unauthenticated,
    /// The tenant is suspended.
    #[error("this tenant is suspended; its data is kept, and its provider can resume it")]
    Suspended,
    /// Nothing is at this path.
    #[error("there is nothing at this path")]
    NoSuchPath,
    /// The path exists, but not with this method.
    #[error("this path answers {0} only")]
    MethodNotAllowed(&'static str),
    /// There is no such thing (any more).
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It has changed since the client read it.
    #[error("the version is now {current}, not the one in If-Match")]
    VersionMismatch {
        /// The version that it has.
        current: u64,
    },
    /// The body is too large.
    #[error("the body may have at most {BODY_MAX} bytes")]
    TooLarge,
    /// Fields, parameters or headers are not as they must be.
    #[error("the request is not valid: see `errors`")]
    Invalid(Vec<Invalid>),
    /// The store does not answer; asking again later may help.
    #[error("the service is not available at the moment")]
    Unavailable,
    /// A bug.
    #[error("the service failed")]
    Internal,
}

impl Problem {
    /// The status that says it.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Suspended => StatusCode::FORBIDDEN,
            Self::NoSuchPath | Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::VersionMismatch { .. } => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer: `application/problem+json` with `type`, `title`, `status`,
    /// `detail` and, for what is not valid, `errors`.
    #[must_use]
    pub fn response(&self) -> Response<Body> {
        #[derive(Serialize)]
        struct Document<'a> {
            r#type: &'static str,
            title: &'a str,
            status: u16,
            detail: String,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            errors: &'a [Invalid],
        }
        let status = self.status();
        let errors = match self {
            Self::Invalid(errors) => errors.as_slice(),
            _ => &[],
        };
        let title = status.canonical_reason().unwrap_or("Error");
        let document = Document {
            r#type: "about:blank",
            title,
            status: status.as_u16(),
            detail: self.to_string(),
            errors,
        };
        let mut response = json(status, &document);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/problem+json"));
        match self {
            Self::MethodNotAllowed(allowed) => {
                headers.insert(header::ALLOW, header::HeaderValue::from_static(allowed));
            }
            Self::Unauthenticated => {
                headers.insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
            }
            Self::Unavailable => {
                headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

/// An answer with a JSON body.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    match serde_json::to_string(body) {
        Ok(text) => with_type(status, "application/json", Body::Text(text)),
        Err(_) => {
            with_type(StatusCode::INTERNAL_SERVER_ERROR, "application/problem+json", Body::Text("{}".into()))
        }
    }
}

/// An answer without a body.
#[must_use]
pub fn empty(status: StatusCode) -> Response<Body> {
    with_type(status, "application/json", Body::Empty)
}

fn with_type(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    response
}

/// Checks that the API's JWT authorizer has verified an access token of a user
/// of `tenant_id`. The API already refuses a request without one; this holds if
/// a route is ever left without its authorizer or its scope. An ID token tells an
/// application who signed in, and opens nothing; one that says whose user it is
/// must say this tenant.
///
/// Source: "Understanding the access token", Amazon Cognito Developer Guide.
///
/// # Errors
///
/// [`Problem::Unauthenticated`].
pub fn authenticate(request: &Request, tenant_id: &str) -> Result<(), Problem> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else {
        return Err(Problem::Unauthenticated);
    };
    let jwt = context.authorizer.as_ref().and_then(|authorizer| authorizer.jwt.as_ref());
    let claim = |name: &str| jwt.and_then(|jwt| jwt.claims.get(name)).map(String::as_str);
    let is_somebody = claim("sub").is_some_and(|subject| !subject.is_empty());
    let is_for_access = claim("token_use") == Some("access");
    let is_of_tenant = claim("custom:tenantId").is_none_or(|tenant| tenant == tenant_id);
    if is_somebody && is_for_access && is_of_tenant { Ok(()) } else { Err(Problem::Unauthenticated) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_what_is_wrong_in_the_standard_form() {
        let problem = Problem::Invalid(vec![Invalid::new("name", "must have 1 to 200 characters")]);
        let response = problem.response();
        assert_eq!(response.status(), 400);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let Body::Text(text) = response.body() else { panic!("the body is text") };
        let body: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(body["status"], 400);
        assert_eq!(body["errors"][0]["field"], "name");
    }

    #[test]
    fn a_method_that_is_not_there_names_those_that_are() {
        let response = Problem::MethodNotAllowed("GET, POST").response();
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()["allow"], "GET, POST");
    }

    #[test]
    fn every_answer_has_a_content_type() {
        let problems = [Problem::Unauthenticated, Problem::Internal, Problem::TooLarge, Problem::Unavailable];
        for response in problems.iter().map(Problem::response).chain([empty(StatusCode::NO_CONTENT)]) {
            assert!(response.headers().contains_key("content-type"));
        }
    }
}
