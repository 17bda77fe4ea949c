//! Why a request was not served, as the client hears it: RFC 9457, with a
//! stable code, the field, its limit and the request's id. Never an internal
//! message.

use super::answer::Answer;
use serde_json::{Value, json};
use std::borrow::Cow;
use tenantry_events::receive::Violation;
use tenantry_operations::call::CallError;
use tenantry_registry::lifecycle::{Code, Note};
use tenantry_registry::store::StoreError;

/// The most bytes of a body. An event takes no more than 256 KiB, and what an
/// event can hold is far smaller.
pub(super) const BODY_MAX: usize = 64 * 1_024;

/// Why a request was not served.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// No verified token came with the request.
    #[error("a token is needed")]
    Unauthenticated,
    /// The token has not the scope.
    #[error("the token must have the scope `{0}`")]
    MissingScope(String),
    /// Who has the token may not do this.
    #[error("your groups do not allow this")]
    NotAllowed,
    /// Who has the token was allowed this when it was issued, and is no longer.
    #[error("your user was deleted, disabled or put into another group since you signed in")]
    NoLongerAllowed,
    /// There is no such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// There is nothing under this id or name. The words are those that SBT's
    /// functions answer with, and its clients compare.
    ///
    /// Source: awslabs/sbt-aws, `resources/functions/*/index.py`.
    #[error("{0}")]
    Absent(String),
    /// A body breaks the contract.
    #[error("{}", .0.message)]
    Invalid(Violation),
    /// A parameter, header or field is not as it must be.
    #[error("`{field}` {limit}")]
    BadField {
        /// The field, parameter or header.
        field: Cow<'static, str>,
        /// What it must be.
        limit: Cow<'static, str>,
    },
    /// A field that only the control plane sets.
    #[error("`{0}` is set by the control plane and must not be sent")]
    OwnedField(String),
    /// The body is too large.
    #[error("the body must be at most {BODY_MAX} bytes long")]
    TooLarge,
    /// It cannot be done as things are; the note says why.
    #[error("{reason}")]
    Conflict {
        /// By a stable name.
        code: &'static str,
        /// Which field is to blame, if one is.
        field: Option<&'static str>,
        /// In a sentence.
        reason: String,
    },
    /// It has changed since the client read it.
    #[error("the version is now {current}, not the one in If-Match")]
    VersionMismatch {
        /// The version that it has.
        current: u64,
    },
    /// Users are looked after elsewhere.
    #[error("this deployment's users are looked after by its identity provider")]
    UsersElsewhere,
    /// Cognito sends no e-mails: its limit of a day is reached, or the mail
    /// service does not take it.
    #[error("the user pool sends no invitations at the moment: its limit of e-mails a day is reached")]
    InvitationUnsent,
    /// Something does not answer; asking again later may help.
    #[error("the control plane cannot answer at the moment; ask again")]
    Unavailable,
    /// A bug or a wrong setting; the log says which.
    #[error("the control plane failed; the request's id leads to the reason")]
    Internal,
}

impl Problem {
    /// `field` must be what `limit` says.
    pub fn field(field: impl Into<Cow<'static, str>>, limit: impl Into<Cow<'static, str>>) -> Self {
        Self::BadField { field: field.into(), limit: limit.into() }
    }

    /// What the lifecycle says of a request that cannot be.
    #[must_use]
    pub fn of_note(note: &Note) -> Self {
        match note.code {
            Code::UnknownTenant => Self::NotFound("tenant"),
            Code::UnknownTier => Self::field("tier", "must be a tier that the registry has: see GET /tiers"),
            code => Self::Conflict { code: code.as_str(), field: None, reason: note.reason.clone() },
        }
    }

    /// Its name, which never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "Unauthenticated",
            Self::MissingScope(_) => "MissingScope",
            Self::NotAllowed => "NotAllowed",
            Self::NoLongerAllowed => "NoLongerAllowed",
            Self::NotFound(_) | Self::Absent(_) => "NotFound",
            Self::Invalid(violation) => violation.code.as_str(),
            Self::BadField { .. } => "InvalidField",
            Self::OwnedField(_) => "OwnedField",
            Self::TooLarge => "TooLarge",
            Self::Conflict { code, .. } => code,
            Self::VersionMismatch { .. } => "VersionMismatch",
            Self::UsersElsewhere => "UsersElsewhere",
            Self::InvitationUnsent => "InvitationUnsent",
            Self::Unavailable => "Unavailable",
            Self::Internal => "Internal",
        }
    }

    /// The status that says it.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Unauthenticated => 401,
            Self::MissingScope(_) | Self::NotAllowed | Self::NoLongerAllowed => 403,
            Self::NotFound(_) | Self::Absent(_) => 404,
            Self::Invalid(_) | Self::BadField { .. } | Self::OwnedField(_) => 400,
            Self::Conflict { .. } => 409,
            Self::VersionMismatch { .. } => 412,
            Self::TooLarge => 413,
            Self::Internal => 500,
            Self::UsersElsewhere => 501,
            Self::InvitationUnsent | Self::Unavailable => 503,
        }
    }

    fn title(&self) -> &'static str {
        match self.status() {
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            409 => "Conflict",
            412 => "Precondition Failed",
            413 => "Content Too Large",
            501 => "Not Implemented",
            503 => "Service Unavailable",
            _ => "Internal Server Error",
        }
    }

    /// Which field, and what it must be.
    fn blame(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::Invalid(violation) => {
                let named = violation.field.as_ref().map(|field| format!("`{field}` "));
                let rest = named.and_then(|named| violation.message.strip_prefix(&named).map(str::to_owned));
                (violation.field.clone(), rest)
            }
            Self::BadField { field, limit } => (Some(field.to_string()), Some(limit.to_string())),
            Self::OwnedField(field) => (Some(field.clone()), Some("must not be sent".to_owned())),
            Self::Conflict { field, .. } => (field.map(str::to_owned), None),
            Self::TooLarge => (None, Some(format!("at most {BODY_MAX} bytes"))),
            Self::VersionMismatch { .. } => (Some("If-Match".to_owned()), None),
            _ => (None, None),
        }
    }

    /// The answer to the request with this id.
    #[must_use]
    pub fn answer(&self, request_id: &str) -> Answer {
        let code = self.code();
        let detail = self.to_string();
        let mut body = json!({
            "type": format!("https://tenantry.dev/problems/{code}"),
            "title": self.title(),
            "status": self.status(),
            // API Gateway's own refusals, and SBT's, say it here: a client reads
            // one field, whoever refused.
            "message": detail,
            "detail": detail,
            "code": code,
            "requestId": request_id,
        });
        let (field, limit) = self.blame();
        for (name, value) in [("field", field), ("limit", limit)] {
            if let Some(value) = value {
                body[name] = Value::from(value);
            }
        }
        let answer = Answer::new(self.status(), &body).with("content-type", "application/problem+json");
        match self {
            Self::Unauthenticated => answer.with("www-authenticate", "Bearer"),
            Self::Unavailable => answer.with("retry-after", "1"),
            _ => answer,
        }
    }
}

impl From<Violation> for Problem {
    fn from(violation: Violation) -> Self {
        Self::Invalid(violation)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::PageToken => Self::field("next_token", "must be one that this list gave, unchanged"),
            error => {
                lambda_runtime::tracing::error!("the registry: {error}");
                if error.is_retryable() { Self::Unavailable } else { Self::Internal }
            }
        }
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        lambda_runtime::tracing::error!("{}", error.outline());
        if error.is_misconfigured() { Self::Internal } else { Self::Unavailable }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_its_code_the_field_the_limit_and_the_request() {
        let answer = Problem::field("limit", "must be a whole number from 1 to 100").answer("r-1");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((answer.status, &body["code"]), (400, &json!("InvalidField")));
        assert_eq!(body["field"], "limit");
        assert_eq!(body["limit"], "must be a whole number from 1 to 100");
        assert_eq!(body["requestId"], "r-1");
        assert_eq!(body["message"], body["detail"], "where SBT's clients, and API Gateway's, look");
    }

    #[test]
    fn what_went_wrong_inside_stays_inside() {
        let error = StoreError::Rejected("arn:aws:dynamodb:secret".to_owned());
        assert!(!Problem::from(error).answer("r").body.contains("secret"));
    }
}
