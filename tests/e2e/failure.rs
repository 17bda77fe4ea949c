//! A tenant stack that cannot be deployed.

use serde_json::{Value, json};
use std::path::PathBuf;
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{Cloud, cloud, request};

/// CloudFormation fails half way, as a table of that name is there already:
/// what was half made is taken down, the execution is red, and everybody is
/// told the step, CloudFormation's own reason, the build and its log. The
/// offboarding that follows frees the name.
#[test]
fn a_stack_that_fails_half_way_leaves_nothing_and_says_why() {
    let cloud = cloud();
    let detail = request("Half Way");
    let id = detail["tenantId"].as_str().expect("an id");
    let table = cloud.table_of(id);
    create_table(&cloud, &table);
    cloud.put(&[(EventName::OnboardingRequest, &detail)]);

    let shown = cloud.settles(id, "ProvisionFailed");
    let failure = &shown["tenant"]["failure"];
    assert_eq!(failure["code"], "BuildFailed");
    assert_eq!(failure["step"], "deploy: ProductsTable AWS::DynamoDB::Table");
    let reason = format!("Resource of type 'AWS::DynamoDB::Table' with identifier '{table}' already exists.");
    assert_eq!(failure["reason"], reason);
    assert_eq!((&failure["attempt"], failure.get("leftBehind")), (&json!(1), None));
    failed_build(&cloud, &shown);
    let logs = cloud.json(&["execution", "logs", id]);
    let statuses: Vec<&str> =
        logs.as_array().into_iter().flatten().filter_map(|log| log["status"].as_str()).collect();
    assert_eq!(statuses, ["FAILED", "SUCCEEDED"], "the build that failed, and the one that cleaned up");
    assert_eq!(logs[0]["buildId"], failure["buildId"]);
    assert!(logs[0]["lines"].to_string().contains("ROLLBACK_COMPLETE"), "{logs}");
    assert_eq!(cloud.executions(id), ["provision-silo 1-1 FAILED"]);
    assert_eq!(cloud.stack(id), None);
    assert_eq!(left_of(&cloud, id), Vec::<String>::new(), "what the stack had made before it failed");
    let kept = cloud.aws(&["dynamodb", "scan", "--table-name", &table, "--select", "COUNT"]).exits(0).json();
    assert_eq!(kept["Count"], 1, "the table that was there before is as it was");
    told(&cloud, id, failure);
    let named = cloud.tenantry(&["tenant", "list", "--status", "ProvisionFailed"]).exits(0).stdout;
    assert!(named.contains(id), "{named}");

    cloud.aws(&["dynamodb", "delete-table", "--table-name", &table]).exits(0);
    cloud.offboard(id);
    let _ = cloud.settles(id, "Deprovisioned");
    let _ = cloud.guest("Half Way");
}

/// A control plane of its own in the same account, whose builds have a broken
/// parameter: CloudFormation refuses the stack, and says which parameter. (In
/// the shared one, other tests' tenants would fail too.)
#[test]
fn a_broken_parameter_is_named_with_what_is_wrong_with_it() {
    let cloud = cloud();
    cloud.deploy("broken");
    break_parameter(&cloud, "broken-provision-silo");

    let onboard = ["tenant", "onboard", "--stack", "broken", "--name", "Broken", "--tier", "platinum"];
    let onboard = [&onboard[..], &["--email", "a@b.example", "--wait", "--output", "json"]].concat();
    let waited = cloud.tenantry(&onboard).exits(4);
    let shown = waited.json();
    let failure = &shown["tenant"]["failure"];
    assert_eq!((&failure["code"], &failure["step"]), (&json!("BuildFailed"), &json!("deploy: create-stack")));
    let reason = failure["reason"].as_str().expect("a reason");
    assert!(reason.contains("LogRetentionDays") && reason.contains("AllowedValues"), "{reason}");
    assert!(waited.stderr.contains("LogRetentionDays"), "{}", waited.stderr);
    failed_build(&cloud, &shown);
    assert_eq!(cloud.stack_named(shown["stack"].as_str().expect("a stack's name")), None);
    // The other control plane knows nothing of it.
    cloud.tenantry(&["tenant", "show", shown["tenant"]["tenantId"].as_str().expect("an id")]).exits(3);
}

/// Both failure events carry the failure that the tenant has.
fn told(cloud: &Cloud, id: &str, failure: &Value) {
    for name in [EventName::ProvisionFailure, EventName::OnboardingFailure] {
        let event = cloud.hears(name, id);
        assert_eq!(&event["detail"]["failure"], failure, "{name}");
        assert!(event["detail"]["jobOutput"]["tenantStatus"].is_string(), "{event:#}");
    }
    assert_eq!(
        cloud.told(EventName::OnboardingFailure, id),
        [
            "onboardingFailure",
            "provisionFailure",
            "tenantry_tenantStatusChanged ProvisionFailed",
            "tenantry_tenantStatusChanged Provisioning",
        ]
    );
}

/// The failure names a build that failed, with the log that says the reason.
fn failed_build(cloud: &Cloud, shown: &Value) {
    let (failure, operation) = (&shown["tenant"]["failure"], &shown["operations"][0]);
    assert_eq!(operation["state"], "failed");
    assert_eq!(&operation["failure"], failure);
    assert_eq!((&failure["buildId"], &failure["logsUrl"]), (&operation["buildId"], &operation["logsUrl"]));
    let build = cloud.build(failure["buildId"].as_str().expect("a build"));
    assert_eq!(build["buildStatus"], "FAILED");
    assert_eq!(build["logs"]["deepLink"], failure["logsUrl"]);
    let (group, stream) = (&build["logs"]["groupName"], &build["logs"]["streamName"]);
    let read = ["logs", "get-log-events", "--log-group-name", group.as_str().expect("a group")];
    let read = [&read[..], &["--log-stream-name", stream.as_str().expect("a stream")]].concat();
    let log = cloud.aws(&read).exits(0).stdout;
    assert!(log.contains("deploy") || log.contains("create-stack"), "{log}");
}

/// What is left of a tenant's stack that has names: log groups, the function,
/// its role.
fn left_of(cloud: &Cloud, id: &str) -> Vec<String> {
    let listings: [(&[&str], &str, &str); 3] = [
        (&["logs", "describe-log-groups"], "logGroups", "logGroupName"),
        (&["lambda", "list-functions"], "Functions", "FunctionName"),
        (&["iam", "list-roles"], "Roles", "RoleName"),
    ];
    let mut left = Vec::new();
    for (call, list, field) in listings {
        let all = cloud.aws(call).exits(0).json();
        let names = all[list].as_array().expect("a list").iter().filter_map(|found| found[field].as_str());
        left.extend(names.filter(|name| name.contains(id)).map(str::to_owned));
    }
    left
}

/// A table with the name that a tenant's own is to have: its stack fails then.
pub(crate) fn create_table(cloud: &Cloud, name: &str) {
    let create = ["dynamodb", "create-table", "--table-name", name, "--billing-mode", "PAY_PER_REQUEST"];
    let keys = ["--key-schema", "AttributeName=id,KeyType=HASH"];
    let attributes = ["--attribute-definitions", "AttributeName=id,AttributeType=S"];
    cloud.aws(&[&create[..], &keys, &attributes].concat()).exits(0);
    let item = ["dynamodb", "put-item", "--table-name", name, "--item", r#"{"id": {"S": "kept"}}"#];
    cloud.aws(&item).exits(0);
}

/// Gives the project a number of days that no log can be kept.
fn break_parameter(cloud: &Cloud, project: &str) {
    let found = cloud.aws(&["codebuild", "batch-get-projects", "--names", project]).exits(0).json();
    let mut environment = found["projects"][0]["environment"].clone();
    let variables = environment["environmentVariables"].as_array_mut().expect("variables");
    let days = variables.iter_mut().find(|variable| variable["name"] == "LOG_RETENTION_DAYS");
    days.expect("the project says how long logs are kept")["value"] = json!("2");
    let file: PathBuf = cloud.home().join("environment.json");
    std::fs::write(&file, environment.to_string()).expect("a file");
    let argument = format!("file://{}", file.display());
    cloud.aws(&["codebuild", "update-project", "--name", project, "--environment", &argument]).exits(0);
}
