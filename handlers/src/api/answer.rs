//! What the API answers, and how it hands that to API Gateway.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An answer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, as JSON text.
    pub body: String,
}

impl Answer {
    /// An answer with a JSON body.
    #[must_use]
    pub fn new(status: u16, body: &Value) -> Self {
        let headers = [
            ("content-type", "application/json"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { status, headers: headers.into(), body: body.to_string() }
    }

    /// 200, with what was asked for in `data`, as SBT wraps it.
    #[must_use]
    pub fn data(data: impl Into<Value>) -> Self {
        Self::new(200, &json!({ "data": data.into() }))
    }

    /// 200, with one page of a list, and where the next one begins.
    #[must_use]
    pub fn page(items: Vec<Value>, next: Option<String>) -> Self {
        let mut body = json!({ "data": items });
        if let Some(next) = next {
            body["next_token"] = Value::from(next);
        }
        Self::new(200, &body)
    }

    /// The same with a header more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// As API Gateway takes it: payload format 2.0.
    ///
    /// Source: "Create AWS Lambda proxy integrations for HTTP APIs", Amazon API
    /// Gateway Developer Guide.
    #[must_use]
    pub fn payload(self) -> Value {
        json!({
            "statusCode": self.status,
            "headers": self.headers,
            "body": self.body,
            "isBase64Encoded": false,
        })
    }
}
