//! `tenantry user delete`.

use super::change;
use crate::api::{Api, Call};
use crate::error::Result;
use crate::output::{Mark, Output};
use crate::prompt;

pub(super) async fn run(name: &str, yes: bool, api: &Api, output: &Output) -> Result {
    let question = format!("Delete the user {name} permanently?");
    if !yes && !prompt::is_sure(&question, "use --yes").await? {
        output.say(Mark::Note, "nothing was deleted");
        return Ok(());
    }
    change(name, Call::change("DELETE", &["users", name]), "is deleted", api, output).await
}
