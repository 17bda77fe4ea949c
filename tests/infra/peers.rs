//! Defects of this control plane's peers that show in the template, the machines
//! or the source, each as a test that it does not have it. The others, and who
//! the peers are: `tests/handlers/peers.rs`.

use crate::policies::statements;
use crate::support::{control_plane, templates, tenant_silo};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tenantry_tests::template::{list, named, of_type};
use tenantry_tests::{machine, workspace};

/// sbt: none of nine rules has a dead-letter queue or a retry policy, and what a
/// target refuses is gone. Here every target of every rule has both.
#[test]
fn sbt_nine_rules_without_a_dead_letter_queue() {
    let template = control_plane();
    let rules = of_type(&template, "AWS::Events::Rule");
    assert!(rules.len() >= 5, "{} rules", rules.len());
    for (id, rule) in rules {
        for target in list(&rule["Targets"]) {
            assert_eq!(named(&target["DeadLetterConfig"]["Arn"]), Some("DeadLetters"), "{id}");
            assert!(target["RetryPolicy"]["MaximumRetryAttempts"].is_u64(), "{id}");
        }
    }
}

/// sbt: a rule starts the state machine itself, under no name. Here no rule has
/// a state machine as its target: the reconciler starts executions, by name.
#[test]
fn sbt_rule_starts_a_machine_directly() {
    let template = control_plane();
    let machines = of_type(&template, "AWS::Serverless::StateMachine");
    for (id, rule) in of_type(&template, "AWS::Events::Rule") {
        for target in list(&rule["Targets"]) {
            assert!(named(&target["Arn"]).is_some_and(|arn| !machines.contains_key(arn)), "{id}");
        }
    }
}

/// sbt: no state of a machine is retried. Here every task is.
#[test]
fn sbt_machines_without_retry() {
    for (machine, definition) in machine::definitions() {
        for (name, state) in definition["States"].as_object().unwrap() {
            let tries = list(&state["Retry"]).into_iter().filter_map(|retry| retry["MaxAttempts"].as_u64());
            assert!(state["Type"] != "Task" || tries.sum::<u64>() > 0, "{machine}: {name}");
        }
    }
}

/// aft#399: messages in the dead-letter queue that nobody hears of. Here one
/// message is an alarm, and the alarm tells a topic.
#[test]
fn aft_399_dead_letters_without_notification() {
    let template = control_plane();
    let topics = of_type(&template, "AWS::SNS::Topic");
    for queue in of_type(&template, "AWS::SQS::Queue").into_keys() {
        let of_queue = |alarm: &&&Value| {
            alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
                && named(&list(&alarm["Dimensions"])[0]["Value"]) == Some(queue)
        };
        let alarms = of_type(&template, "AWS::CloudWatch::Alarm");
        let alarm = alarms.values().find(of_queue).unwrap_or_else(|| panic!("{queue} has no alarm"));
        let one = (alarm["ComparisonOperator"].as_str().unwrap(), alarm["Threshold"].as_f64().unwrap());
        assert!(
            [("GreaterThanThreshold", 0.0), ("GreaterThanOrEqualToThreshold", 1.0)].contains(&one),
            "{one:?}"
        );
        let told = list(&alarm["AlarmActions"]);
        assert!(told.iter().any(|topic| named(topic).is_some_and(|id| topics.contains_key(id))), "{queue}");
    }
}

/// sbt, boost: every list is a `Scan`, so that a page costs the whole table.
/// Here no role may scan, and no function's source asks for it.
#[test]
fn sbt_scan_for_every_list() {
    for (file, template) in templates() {
        for (id, statement) in statements(&template) {
            let scans = list(&statement["Action"]).contains(&&json!("dynamodb:Scan"));
            assert!(!scans, "{file}: {id} may scan");
        }
    }
    for folder in ["application/src", "cli/src", "handlers/src", "operations/src", "registry/src"] {
        for file in workspace::files(&workspace::root().join(folder)) {
            let source = std::fs::read_to_string(&file).unwrap();
            assert!(!source.contains(".scan()"), "{} scans", file.display());
        }
    }
}

/// sbt: the table of tenants has 5 write units a second, which is two
/// onboardings. Here no table and no index has a limit of its own.
#[test]
fn sbt_tables_of_five_write_units() {
    for (file, template) in templates() {
        for (id, table) in of_type(&template, "AWS::DynamoDB::Table") {
            assert_eq!(table["BillingMode"], "PAY_PER_REQUEST", "{file}: {id}");
            let indexes = list(&table["GlobalSecondaryIndexes"]);
            assert!(indexes.iter().all(|index| index["ProvisionedThroughput"].is_null()), "{file}: {id}");
        }
    }
}

/// sbt: one policy on the whole control plane deletes its tables with the stack,
/// in production too. Here the registry is protected unless somebody says
/// otherwise, and can be put back to any moment.
#[test]
fn sbt_destroy_policy_in_production() {
    let template = control_plane();
    let tables = template["Resources"].as_object().unwrap().iter();
    let tables: Vec<_> = tables.filter(|(_, resource)| resource["Type"] == "AWS::DynamoDB::Table").collect();
    assert!(!tables.is_empty());
    for (id, table) in tables {
        assert_eq!(table["UpdateReplacePolicy"], "Retain", "{id}");
        assert_eq!(
            table["Properties"]["DeletionProtectionEnabled"],
            json!({ "Ref": "DeletionProtection" }),
            "{id}"
        );
        assert_eq!(template["Parameters"]["DeletionProtection"]["Default"], "true", "{id}");
        let recovery = &table["Properties"]["PointInTimeRecoverySpecification"];
        assert_eq!(recovery["PointInTimeRecoveryEnabled"], true, "{id}");
    }
}

/// sbt: builds run privileged, and install six runtimes before they do anything.
/// Here no build is privileged, and each has a role of its own.
#[test]
fn sbt_privileged_builds_with_one_role() {
    let template = control_plane();
    let projects = of_type(&template, "AWS::CodeBuild::Project");
    assert!(!projects.is_empty());
    let mut roles = BTreeSet::new();
    for (id, project) in &projects {
        assert_ne!(project["Environment"]["PrivilegedMode"], true, "{id}");
        roles.extend(named(&project["ServiceRole"]));
    }
    assert_eq!(roles.len(), projects.len());
    for file in workspace::files(&workspace::root().join("infra/silo")) {
        if file.extension().is_some_and(|extension| extension == "yml") {
            let source = std::fs::read_to_string(&file).unwrap();
            for installs in ["yum ", "apt-get ", "npm install", "pip install", "runtime-versions"] {
                assert!(!source.contains(installs), "{} has {installs}", file.display());
            }
        }
    }
}

/// reference: the tenant's own users may write the attributes that say whose
/// they are and what they may do. Here what no client may write, none can.
#[test]
fn reference_users_write_their_own_tenant() {
    let template = tenant_silo();
    for (id, client) in of_type(&template, "AWS::Cognito::UserPoolClient") {
        let writes = list(&client["WriteAttributes"]);
        let may = |name: &&Value| name.as_str().is_some_and(|name| name.starts_with("custom:"));
        assert!(!writes.is_empty(), "{id}: without a list, a client writes all");
        assert!(!writes.iter().any(may), "{id} writes {writes:?}");
    }
    // No attribute says whose a user is: the pool does.
    for (id, pool) in of_type(&template, "AWS::Cognito::UserPool") {
        assert!(list(&pool["Schema"]).iter().all(|attribute| attribute["Mutable"] != true), "{id}");
    }
}
