//! `tenantry user update | disable | enable`.

use super::change;
use crate::api::{Api, Call};
use crate::args::Group;
use crate::error::Result;
use crate::output::Output;
use serde_json::{Map, Value};

pub(super) async fn update(
    name: &str,
    email: Option<String>,
    group: Option<Group>,
    api: &Api,
    output: &Output,
) -> Result {
    let mut body = Map::new();
    body.extend(email.map(|email| ("email".to_owned(), Value::from(email))));
    body.extend(group.map(|group| ("userRole".to_owned(), Value::from(group.as_str()))));
    let call = Call::change("PUT", &["users", name]).with(Value::Object(body));
    change(name, call, "is updated", api, output).await
}

pub(super) async fn disable(name: &str, api: &Api, output: &Output) -> Result {
    let call = Call::change("POST", &["users", name, "disable"]);
    change(name, call, "can no longer sign in; existing tokens expire within an hour", api, output).await
}

pub(super) async fn enable(name: &str, api: &Api, output: &Output) -> Result {
    change(name, Call::change("POST", &["users", name, "enable"]), "can sign in again", api, output).await
}
