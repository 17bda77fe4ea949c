//! `tenantry user show`.

use super::{User, nobody};
use crate::api::{Api, Call};
use crate::error::Result;
use crate::output::Output;

pub(super) async fn run(name: &str, api: &Api, output: &Output) -> Result {
    let found = api.find(&Call::get(&["users", name], &[])).await?.ok_or_else(|| nobody(name))?;
    let user: User = serde_json::from_value(found.clone())?;
    let none = || "-".to_owned();
    let state = user.state();
    let fields = vec![
        ("User", user.user_name),
        ("E-mail", user.email),
        ("Group", user.user_role.unwrap_or_else(none)),
        ("Status", state),
        ("Created", user.created_at.unwrap_or_else(none)),
        ("Updated", user.updated_at.unwrap_or_else(none)),
    ];
    output.record(&found, fields)
}
