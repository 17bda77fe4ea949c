//! Executing a change set, with what happens to the stack meanwhile.
//!
//! `aws cloudformation deploy` would do it too, but it looks at the stack every
//! 30 seconds only, and says nothing of the reason of a failure.

use super::AwsCommand;
use crate::error::{CliError, Result};
use crate::output::{Mark, Output};
use serde_json::Value;
use std::collections::HashSet;
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
                    "fix the cause and deploy again; delete a stack that is ROLLBACK_COMPLETE first",
                ));
            }
        }
        tokio::time::sleep(pause).await;
        pause = pause.mul_f64(1.5).min(LONGEST_PAUSE);
    }
}

/// CloudFormation's own first reason among the latest events: a nested stack's
/// own, however deep, as its parent says no more than that it failed.
async fn reason(aws: &AwsCommand, stack: &str) -> Result<String> {
    let (mut place, mut of, mut began) = (String::new(), stack.to_owned(), &BEGINNINGS[..]);
    let (mut known, mut seen) = (None, HashSet::new());
    while seen.insert(of.clone()) {
        let call = ["cloudformation", "describe-stack-events", "--stack-name", &of];
        // Without a nested stack's events, what its parent says is all that is known.
        let answer = match (aws.json(&call).await, &known) {
            (Err(error), None) => return Err(error),
            (answer, _) => answer.unwrap_or_default(),
        };
        let events = answer.pointer("/StackEvents").and_then(Value::as_array).cloned().unwrap_or_default();
        let Some(first) = first_failure(&events, began) else { break };
        place = format!("{place}{}", first.resource);
        known = Some(format!("{place}: {}", first.reason));
        let Some((nested, begins)) = first.nested else { break };
        place.push('/');
        (of, began) = (nested, begins);
    }
    Ok(known.unwrap_or_else(|| "its events give no reason".to_owned()))
}

/// What a stack can begin, each with what it fails as.
const BEGINNINGS: [&str; 3] = ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"];

/// The failure of one resource.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Failed {
    resource: String,
    reason: String,
    /// The nested stack that it is, and what that was asked for.
    nested: Option<(String, &'static [&'static str])>,
}

/// The oldest failure of the latest operation that began as one of `began`;
/// `events` are newest first.
fn first_failure(events: &[Value], began: &[&str]) -> Option<Failed> {
    let text =
        |event: &Value, name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_of_stack = |event: &Value| text(event, "PhysicalResourceId") == text(event, "StackId");
    let begins = |event: &Value, which: &[&str]| {
        is_of_stack(event) && which.contains(&text(event, "ResourceStatus").as_str())
    };
    let begin = events.iter().position(|event| begins(event, began));
    let until = begin.map_or(events.len(), |begin| begin + 1);
    let since = events.get(..until)?;
    // What the stack began later is another operation.
    let later =
        begin.and_then(|begin| events.get(..begin)?.iter().rposition(|event| begins(event, &BEGINNINGS)));
    let latest = since.get(later.map_or(0, |later| later + 1)..)?;
    let failed = |event: &&Value| {
        let (status, reason) = (text(event, "ResourceStatus"), text(event, "ResourceStatusReason"));
        status.ends_with("_FAILED") && !reason.is_empty() && !reason.contains("cancelled")
    };
    let first = latest.iter().rev().find(failed)?;
    let nested = text(first, "ResourceType") == "AWS::CloudFormation::Stack"
        && !is_of_stack(first)
        && !text(first, "PhysicalResourceId").is_empty();
    let asked = text(first, "ResourceStatus").replace("_FAILED", "_IN_PROGRESS");
    let began = BEGINNINGS.iter().position(|known| *known == asked).and_then(|at| BEGINNINGS.get(at..=at));
    Some(Failed {
        resource: text(first, "LogicalResourceId"),
        reason: text(first, "ResourceStatusReason"),
        nested: began.filter(|_| nested).map(|began| (text(first, "PhysicalResourceId"), began)),
    })
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
        let first = first_failure(&events, &BEGINNINGS);
        let expected = Failed { resource: "Bus".to_owned(), reason: "it exists".to_owned(), nested: None };
        assert_eq!(first, Some(expected));
    }

    #[test]
    fn a_nested_stack_is_asked_for_the_operation_that_its_parent_asked_for() {
        let event = |stack: &str, resource: &str, physical: &str, status: &str, reason: &str| {
            json!({
                "StackId": stack,
                "LogicalResourceId": resource,
                "PhysicalResourceId": physical,
                "ResourceType": "AWS::CloudFormation::Stack",
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
            })
        };
        let words = "Embedded stack n was not successfully created";
        let parent = [
            event("s", "s", "s", "ROLLBACK_COMPLETE", ""),
            event("s", "Data", "n", "CREATE_FAILED", words),
            event("s", "s", "s", "CREATE_IN_PROGRESS", "User Initiated"),
        ];
        let nested = first_failure(&parent, &BEGINNINGS).and_then(|first| first.nested);
        let (id, began) = nested.unwrap_or_default();
        assert_eq!((id.as_str(), began), ("n", &["CREATE_IN_PROGRESS"][..]));
        let own = [
            event("n", "Other", "o", "DELETE_FAILED", "of the deletion that followed"),
            event("n", "n", "n", "DELETE_IN_PROGRESS", "User Initiated"),
            event("n", "Table", "", "CREATE_FAILED", "Invalid KeySchema"),
            event("n", "n", "n", "CREATE_IN_PROGRESS", "User Initiated"),
        ];
        let first = first_failure(&own, began).map(|first| (first.resource, first.reason, first.nested));
        assert_eq!(first, Some(("Table".to_owned(), "Invalid KeySchema".to_owned(), None)));
    }
}
