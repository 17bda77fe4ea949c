//! What the API says of a request that it does not serve, for who sits at the
//! command: what happened, which field and limit, the request's id, and what to
//! do next. Pure.

use crate::error::Refusal;
use crate::http::Reply;
use serde::Deserialize;

/// RFC 9457, or how API Gateway itself refuses.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Problem {
    detail: Option<String>,
    code: Option<String>,
    field: Option<String>,
    limit: Option<String>,
    request_id: Option<String>,
    message: Option<String>,
}

/// What `reply` says of the request `asked` (its method and path).
pub(crate) fn refusal(asked: &str, reply: &Reply) -> Refusal {
    let problem: Problem = serde_json::from_str(&reply.body).unwrap_or_default();
    let code = problem.code.as_deref().unwrap_or_default();
    let mut what = match (&problem.detail, reply.status) {
        (Some(detail), 409) => format!("refused ({code}): {detail}"),
        (Some(detail), _) => detail.clone(),
        (None, 401) => "the API rejects the token: it is missing, expired or revoked".to_owned(),
        (None, 403) => format!("your groups do not allow `{asked}`"),
        (None, 429) => "the API is receiving too many requests".to_owned(),
        (None, status) => {
            let said = problem.message.as_deref().map(|said| format!(": {said}")).unwrap_or_default();
            format!("the API answers `{asked}` with {status}{said}")
        }
    };
    if let Some(field) = problem.field.as_deref().filter(|field| !what.contains(&format!("`{field}`"))) {
        let limit =
            problem.limit.as_deref().filter(|limit| !what.contains(limit)).unwrap_or("is not accepted");
        what = format!("{what}: `{field}` {limit}");
    }
    let request = problem.request_id.as_deref().or_else(|| reply.header("apigw-requestid"));
    let code = Some(code).filter(|code| !code.is_empty() && reply.status != 409);
    let request = request.filter(|id| !id.is_empty()).map(|id| format!("request {id}"));
    let about: Vec<String> = code.map(str::to_owned).into_iter().chain(request).collect();
    if !about.is_empty() {
        what = format!("{what} ({})", about.join(", "));
    }
    let hint = hint(reply.status, problem.code.as_deref().unwrap_or_default());
    let is_absence = reply.status == 404 && problem.code.as_deref() == Some("NotFound");
    Refusal { what, hint, exit: exit(reply.status), is_absence }
}

/// The exit code of a status: what is refused as the bus would refuse it has the
/// code of an operation that ended badly.
const fn exit(status: u16) -> u8 {
    match status {
        400 | 412 | 413 | 415 => 6,
        404 => 3,
        409 => 4,
        _ => 1,
    }
}

fn hint(status: u16, code: &str) -> Option<&'static str> {
    match (status, code) {
        (401, _) => Some("sign in: tenantry login; a token in TENANTRY_TOKEN comes first, and may be old"),
        (403, _) => Some(
            "viewers read, operators manage tenants, admins manage users as well: ask an administrator (tenantry user update <you> --group operators), then tenantry login",
        ),
        (_, "IdempotencyKeyReused") => Some("use another --idempotency-key, or repeat the same request"),
        (409, "OwnUser") => Some("ask another administrator"),
        (429, _) => Some("wait a moment, and run the command again"),
        (501, _) => Some("manage users at the identity provider whose tokens this deployment accepts"),
        (502..=504, _) => Some("run the command again; with the same --idempotency-key it is one request"),
        (500, _) => Some("look for the request's id in the API's log"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, body: &str) -> Refusal {
        let headers = vec![("apigw-requestid".to_owned(), "gw-1".to_owned())];
        refusal("GET /users", &Reply { status, headers, body: body.to_owned() })
    }

    #[test]
    fn a_problem_has_its_field_limit_and_request() {
        let body = r#"{"detail": "`tier` must be a tier", "code": "InvalidField", "field": "tier", "limit": "must be a tier", "requestId": "r-1"}"#;
        let refusal = said(400, body);
        assert_eq!(refusal.what, "`tier` must be a tier (InvalidField, request r-1)");
        assert_eq!((refusal.exit, refusal.hint), (6, None));
        let body = r#"{"detail": "another user has this name", "code": "UserExists", "field": "userName", "requestId": "r-2"}"#;
        let expected =
            "refused (UserExists): another user has this name: `userName` is not accepted (request r-2)";
        assert_eq!(said(409, body).what, expected);
    }

    #[test]
    fn a_viewer_hears_who_may() {
        let refusal = said(403, r#"{"message": "Forbidden"}"#);
        assert_eq!(refusal.what, "your groups do not allow `GET /users` (request gw-1)");
        assert!(refusal.hint.is_some_and(|hint| hint.contains("ask an administrator")));
        assert_eq!(refusal.exit, 1);
    }

    #[test]
    fn what_is_no_problem_is_told_as_it_is() {
        assert_eq!(said(502, "<html>").what, "the API answers `GET /users` with 502 (request gw-1)");
        assert_eq!(said(404, r#"{"message": "Not Found"}"#).exit, 3);
        let late = said(503, r#"{"message": "Service Unavailable"}"#);
        assert!(late.what.ends_with("with 503: Service Unavailable (request gw-1)"), "{}", late.what);
    }

    #[test]
    fn a_bad_token_leads_to_the_sign_in() {
        assert!(
            said(401, r#"{"message": "Unauthorized"}"#)
                .hint
                .is_some_and(|hint| hint.contains("tenantry login"))
        );
    }
}
