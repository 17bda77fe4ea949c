//! Least privilege: no action is a wildcard, and for each function what its code
//! calls. What AWS publishes of actions and resources is compared by
//! `tests/infra/published`.

use crate::policies::{actions_beside, actions_of_role, statements};
use crate::support::{control_plane, templates, tenant_silo};
use serde_json::json;
use std::collections::BTreeSet;
use tenantry_tests::template::{functions, list, named, of_type};

/// What every function does: logs, traces.
const OF_EVERY_FUNCTION: [&str; 4] =
    ["logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"];

/// What `Registry::apply` and the reads around it call; a transaction of puts
/// needs the permission of puts.
const APPLY: [&str; 2] = ["dynamodb:GetItem", "dynamodb:PutItem"];

/// The same where a change can make a tombstone of a tenant, which gives its
/// name free.
const END: [&str; 3] = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"];

/// What a function needs to be given a stream's records.
const READ_STREAM: [&str; 4] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];

/// For quarantine, and for what Lambda itself gives up in the function's name.
const DEAD_LETTERS: [&str; 1] = ["sqs:SendMessage"];

/// No policy allows all actions, or all of a service's; a policy may deny them.
#[test]
fn no_action_is_a_wildcard() {
    for (file, template) in templates() {
        for (id, statement) in statements(&template) {
            assert!(
                statement.get("NotAction").is_none() && statement.get("NotResource").is_none(),
                "{file}: {id}"
            );
            for action in list(&statement["Action"]) {
                assert!(
                    statement["Effect"] == "Deny"
                        || action.as_str().is_some_and(|action| !action.contains('*')),
                    "{file}: {id}: {action}"
                );
            }
        }
    }
}

/// A function may do what its code calls, and nothing else.
#[test]
fn a_function_may_do_what_its_code_calls() {
    let executions = ["states:StartExecution", "states:StopExecution"];
    // Who begins and ends operations counts them, and keeps what is noted there.
    let count = ["dynamodb:UpdateItem"];
    let lists = ["dynamodb:Query"];
    let look = ["states:DescribeExecution"];
    // What an execution left at work is found by its history, and stopped.
    let builds = ["codebuild:BatchGetBuilds", "codebuild:StopBuild", "states:GetExecutionHistory"];
    // What it did, by its history too.
    let did = ["codebuild:BatchGetBuilds", "states:GetExecutionHistory"];
    let put_events = ["events:PutEvents"];
    let tiers = ["dynamodb:DeleteItem", "dynamodb:UpdateItem"];
    let products = [
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
    ];
    let api = [
        "cognito-idp:AdminAddUserToGroup",
        "cognito-idp:AdminCreateUser",
        "cognito-idp:AdminDeleteUser",
        "cognito-idp:AdminDisableUser",
        "cognito-idp:AdminEnableUser",
        "cognito-idp:AdminGetUser",
        "cognito-idp:AdminListGroupsForUser",
        "cognito-idp:AdminRemoveUserFromGroup",
        "cognito-idp:AdminUpdateUserAttributes",
        "cognito-idp:AdminUserGlobalSignOut",
        "cognito-idp:ListUsers",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "events:PutEvents",
        "lambda:InvokeFunction",
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        "states:DescribeExecution",
        "states:GetExecutionHistory",
        "states:ListExecutions",
    ];
    let invites = ["cognito-idp:AdminCreateUser", "cognito-idp:AdminDeleteUser", "cognito-idp:AdminGetUser"];
    let expected: [(&str, Vec<&[&str]>); 13] = [
        ("ApiFunction", vec![&api]),
        ("ApplicationEventsFunction", vec![&END, &count, &lists, &DEAD_LETTERS]),
        ("ExecutionEndedFunction", vec![&END, &count, &did, &DEAD_LETTERS]),
        ("LifecycleFunction", vec![&APPLY, &count, &lists, &DEAD_LETTERS]),
        ("OffboardingFunction", vec![&END, &count, &lists, &DEAD_LETTERS]),
        ("OnboardingFunction", vec![&APPLY, &count, &lists, &DEAD_LETTERS]),
        ("ProductsFunction", vec![&products]),
        ("PublisherFunction", vec![&READ_STREAM, &count, &put_events, &DEAD_LETTERS]),
        ("ReconcilerFunction", vec![&END, &count, &lists, &READ_STREAM, &executions, &builds, &DEAD_LETTERS]),
        ("RecordOutcomeFunction", vec![&END, &count, &invites]),
        (
            "SweeperFunction",
            vec![&END, &count, &lists, &put_events, &executions, &look, &builds, &DEAD_LETTERS],
        ),
        ("TiersFunction", vec![&tiers, &DEAD_LETTERS]),
        ("TokenScopesFunction", vec![&["cognito-idp:AdminGetUser"]]),
    ];
    let templates = templates();
    let mut found = Vec::new();
    for (_, template) in &templates {
        let roles = of_type(template, "AWS::IAM::Role");
        for (id, function) in functions(template) {
            let name = named(&function["Role"]).expect("a role of the template");
            let mut actions = actions_of_role(roles[name]);
            actions.extend(actions_beside(template, name));
            found.push((id, actions));
        }
    }
    found.sort();
    let of_every_function = OF_EVERY_FUNCTION.as_slice();
    let expected = expected.into_iter().map(|(id, groups)| {
        let all = groups.into_iter().chain([of_every_function]).flatten().copied();
        (id, all.collect::<BTreeSet<_>>())
    });
    assert_eq!(found, expected.collect::<Vec<_>>());
}

/// The tiers' function can write tiers into the registry and nothing else, and
/// the API what it has answered and refused: the condition holds also when a request names
/// no key.
#[test]
fn who_writes_only_some_items_can_write_no_others() {
    let template = control_plane();
    let all = statements(&template);
    let of_api: &[&str] = &["idempotency#*", "lease#*", "refusals#*"];
    for (role, keys) in [("TiersRole", &["tier#*"][..]), ("ApiRole", of_api)] {
        let writes =
            |text: String| ["PutItem", "UpdateItem", "DeleteItem"].iter().any(|name| text.contains(name));
        let writing: Vec<_> =
            all.iter().filter(|(id, s)| *id == role && writes(s["Action"].to_string())).collect();
        assert!(!writing.is_empty(), "{role}");
        for (_, statement) in writing {
            let condition = &statement["Condition"];
            assert_eq!(condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"], json!(keys), "{role}");
            assert_eq!(condition["Null"]["dynamodb:LeadingKeys"], "false", "{role}");
        }
    }
}

/// A tenant's function reaches its own table, by ARN.
#[test]
fn a_tenants_function_reaches_its_own_table() {
    let template = tenant_silo();
    for (id, statement) in statements(&template) {
        if statement["Action"].to_string().contains("dynamodb:") {
            assert_eq!(named(&statement["Resource"]), Some("ProductsTable"), "{id}");
        }
    }
}
