//! `tenantry user`: the control plane's own users, through the API.

mod change;
mod create;
mod delete;
mod list;
mod show;

use crate::api::{Api, Call};
use crate::args::User as Command;
use crate::error::{CliError, Result};
use crate::output::{Mark, Output};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) async fn run(command: Command, api: &Api, output: &Output) -> Result {
    match command {
        Command::Create { email, group, name } => create::run(email, group, name, api, output).await,
        Command::List { limit, next } => list::run(limit, next, api, output).await,
        Command::Show { name } => show::run(&name, api, output).await,
        Command::Update { name, email, group } => change::update(&name, email, group, api, output).await,
        Command::Disable { name } => change::disable(&name, api, output).await,
        Command::Enable { name } => change::enable(&name, api, output).await,
        Command::Delete { name, yes } => delete::run(&name, yes, api, output).await,
    }
}

/// A user, as the API shows one.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    user_name: String,
    email: String,
    user_role: Option<String>,
    status: String,
    enabled: bool,
    created_at: Option<String>,
    updated_at: Option<String>,
}

impl User {
    /// Whether the user can sign in, in Cognito's word for how far they came.
    fn state(&self) -> String {
        if self.enabled { self.status.clone() } else { format!("{}, disabled", self.status) }
    }
}

/// Nobody has that name.
fn nobody(name: &str) -> CliError {
    CliError::NotFound(format!("there is no user {name}; `tenantry user list` lists them"))
}

/// Makes a change of the user called `name`, and says so in `words`.
async fn change(name: &str, call: Call, words: &str, api: &Api, output: &Output) -> Result {
    let answer: Value = api.find(&call).await?.ok_or_else(|| nobody(name))?;
    let name = answer.get("userName").and_then(Value::as_str).unwrap_or(name).to_owned();
    output.record(&json!({ "userName": name }), vec![("User", name.clone())])?;
    output.say(Mark::Good, &format!("{name} {words}"));
    Ok(())
}
