//! `tenantry user create`.

use super::change;
use crate::api::{Api, Call};
use crate::args::Group;
use crate::error::Result;
use crate::output::Output;
use serde_json::json;
use uuid::Uuid;

pub(super) async fn run(
    email: String,
    group: Group,
    name: Option<String>,
    api: &Api,
    output: &Output,
) -> Result {
    let mut body = json!({ "email": email, "userRole": group.as_str() });
    if let (Some(name), Some(fields)) = (&name, body.as_object_mut()) {
        fields.insert("userName".to_owned(), json!(name));
    }
    let words = format!("is created; an invitation is sent to {email}");
    // One for all tries of this call.
    let call = Call::keyed("POST", &["users"], &Uuid::now_v7().to_string()).with(body);
    change(name.as_deref().unwrap_or_default(), call, &words, api, output).await
}
