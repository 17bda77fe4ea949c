//! `tenantry user list`.

use super::User;
use crate::api::{Api, Call};
use crate::error::Result;
use crate::output::{Mark, Output};
use serde_json::json;

pub(super) async fn run(limit: u32, next: Option<String>, api: &Api, output: &Output) -> Result {
    let mut query = vec![("limit", limit.to_string())];
    query.extend(next.map(|next| ("next_token", next)));
    let answer = api.send(&Call::get(&["users"], &query)).await?;
    let users: Vec<User> = serde_json::from_value(answer.data.clone())?;
    let whole = json!({ "users": answer.data, "next": answer.next });
    output.data(&whole, &["user", "email", "group", "status", "created"], users.iter().map(row).collect())?;
    if let (Some(next), false) = (answer.next, output.is_json()) {
        output.say(Mark::Note, &format!("more users: --next {next}"));
    }
    Ok(())
}

fn row(user: &User) -> Vec<String> {
    vec![
        user.user_name.clone(),
        user.email.clone(),
        user.user_role.clone().unwrap_or_default(),
        user.state(),
        user.created_at.clone().unwrap_or_default(),
    ]
}
