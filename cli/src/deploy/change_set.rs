//! Executing a change set, with what happens to the stack meanwhile.
//!
//! `aws cloudformation deploy` would do it too, but it looks at the stack every
//! 30 seconds only, and says nothing of the reason of a failure.

use super::AwsCommand;
use crate::error::{CliError, Result};
use crate::output::{Mark, Output};
use serde_json::Value;
use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The change set's ARN in what `aws cloudformation deploy
/// --no-execute-changeset` prints; `None` if there is nothing to change.
pub(super) fn arn(printed: &str) -> Option<&str> {
    printed.split_whitespace().find(|word| word.starts_with("arn:") && word.contains(":changeSet/"))
}

/// Executes the change set `arn` and waits until `stack` is settled.
///
/// # Errors
///
/// With CloudFormation's own first reason when the stack could not be deployed.
pub(super) async fn execute(aws: &AwsCommand, arn: &str, stack: &str, output: &Output) -> Result {
    aws.run(&["cloudformation", "execute-change-set", "--change-set-name", arn]).await?;
    let mut pause = FIRST_PAUSE;
    let mut seen = String::new();
    loop {
        let answer = aws.json(&["cloudformation", "describe-stacks", "--stack-name", stack]).await?;
        let status =
            answer.pointer("/Stacks/0/StackStatus").and_then(Value::as_str).unwrap_or_default().to_owned();
        match status.as_str() {
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" => return Ok(()),
            status if status.ends_with("_IN_PROGRESS") => {
                if seen != status {
                    output.say(Mark::Note, &format!("{stack} is {status}"));
                    seen = status.to_owned();
                }
            }
            status => {
                let reason = reason(aws, stack).await?;
                return Err(CliError::hinted(
                    format!("the stack {stack} is {status}: {reason}"),
                    "mend the cause and deploy again; a stack that is ROLLBACK_COMPLETE must be deleted first",
                ));
            }
        }
        tokio::time::sleep(pause).await;
        pause = pause.mul_f64(1.5).min(LONGEST_PAUSE);
    }
}

/// CloudFormation's own first reason among the latest events.
async fn reason(aws: &AwsCommand, stack: &str) -> Result<String> {
    let answer = aws.json(&["cloudformation", "describe-stack-events", "--stack-name", stack]).await?;
    let events = answer.pointer("/StackEvents").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(first_failure(&events).unwrap_or_else(|| "its events give no reason".to_owned()))
}

/// The oldest failure since the stack last began something; `events` are
/// newest first.
fn first_failure(events: &[Value]) -> Option<String> {
    let text =
        |event: &Value, name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let begins = |event: &&Value| {
        let status = text(event, "ResourceStatus");
        text(event, "PhysicalResourceId") == text(event, "StackId")
            && matches!(status.as_str(), "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS")
    };
    let latest = events.iter().position(|event| begins(&event)).map_or(events.len(), |begin| begin + 1);
    let failed = |event: &&Value| {
        let (status, reason) = (text(event, "ResourceStatus"), text(event, "ResourceStatusReason"));
        status.ends_with("_FAILED") && !reason.is_empty() && !reason.contains("cancelled")
    };
    let first = events.get(..latest)?.iter().rev().find(failed)?;
    Some(format!("{}: {}", text(first, "LogicalResourceId"), text(first, "ResourceStatusReason")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_change_set_is_found_in_what_the_aws_command_prints() {
        let arn_text =
            "arn:aws:cloudformation:us-east-1:1:changeSet/awscli-cloudformation-package-deploy-1/2";
        let printed = format!(
            "Changeset created. Run:\naws cloudformation describe-change-set --change-set-name {arn_text}"
        );
        assert_eq!(arn(&printed), Some(arn_text));
        assert_eq!(arn("No changes to deploy. Stack tenantry is up to date"), None);
    }

    #[test]
    fn the_first_reason_of_the_latest_operation_is_told() {
        let event = |resource: &str, physical: &str, status: &str, reason: &str| {
            json!({
                "StackId": "s",
                "LogicalResourceId": resource,
                "PhysicalResourceId": physical,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
            })
        };
        let events = [
            event("Other", "o", "CREATE_FAILED", "Resource creation cancelled"),
            event("Bus", "b", "CREATE_FAILED", "it exists"),
            event("tenantry", "s", "UPDATE_IN_PROGRESS", "User Initiated"),
            event("Old", "x", "CREATE_FAILED", "long ago"),
        ];
        assert_eq!(first_failure(&events), Some("Bus: it exists".to_owned()));
    }
}
