//! The bus, its rules and the dead-letter queue: nothing that is sent can get
//! lost without a trace.

use crate::support::control_plane;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tenantry_tests::template::{list, named, of_type};

/// Every target of every rule is tried for a day and then has a dead-letter
/// queue.
#[test]
fn every_target_is_retried_and_has_a_dead_letter_queue() {
    let template = control_plane();
    let rules = of_type(&template, "AWS::Events::Rule");
    assert!(!rules.is_empty());
    for (id, rule) in rules {
        let targets = list(&rule["Targets"]);
        assert!(!targets.is_empty(), "{id} has no target");
        for target in targets {
            // "How EventBridge retries delivering events", Amazon EventBridge User Guide: 24 hours, 185 times.
            let most = json!({"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185});
            // The next time of a schedule does what this one could not.
            if rule["ScheduleExpression"].is_null() {
                assert_eq!(target["RetryPolicy"], most, "{id}");
            } else {
                assert!(target["RetryPolicy"]["MaximumRetryAttempts"].is_u64(), "{id}");
            }
            assert_eq!(named(&target["DeadLetterConfig"]["Arn"]), Some("DeadLetters"), "{id}");
        }
    }
}

/// Every rule may call its function, and no other rule may; beside rules, the
/// API calls its function, and the user pool its trigger.
#[test]
fn every_rule_may_call_its_function() {
    let template = control_plane();
    let permissions = of_type(&template, "AWS::Lambda::Permission");
    let (of_rules, others): (Vec<_>, Vec<_>) = permissions
        .into_iter()
        .partition(|(_, permission)| permission["Principal"] == "events.amazonaws.com");
    let others: Vec<_> = others
        .into_iter()
        .map(|(_, permission)| (permission["Principal"].as_str(), named(&permission["FunctionName"])))
        .collect();
    assert_eq!(
        others,
        [
            (Some("apigateway.amazonaws.com"), Some("ApiFunction")),
            (Some("cognito-idp.amazonaws.com"), Some("TokenScopesFunction")),
        ]
    );
    let given = of_rules
        .into_iter()
        .map(|(_, permission)| (named(&permission["SourceArn"]), named(&permission["FunctionName"])));
    let given: BTreeSet<_> = given.collect();
    let rules = of_type(&template, "AWS::Events::Rule");
    let needed = rules.iter().flat_map(|(id, rule)| {
        list(&rule["Targets"]).into_iter().map(|target| (Some(*id), named(&target["Arn"])))
    });
    assert_eq!(given, needed.collect());
}

/// The queue takes dead letters of every rule that names it, and of nobody
/// else; EventBridge's own letters would be dropped otherwise.
#[test]
fn the_queue_takes_the_rules_dead_letters() {
    let template = control_plane();
    let queues = of_type(&template, "AWS::SQS::Queue");
    for (id, queue) in queues {
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{id}");
        // 14 days, the longest that SQS keeps a message.
        assert_eq!(queue["MessageRetentionPeriod"], 1_209_600, "{id}");
        let policies = of_type(&template, "AWS::SQS::QueuePolicy");
        let policy = policies
            .values()
            .find(|policy| list(&policy["Queues"]).into_iter().any(|q| named(q) == Some(id)));
        let statements =
            list(&policy.unwrap_or_else(|| panic!("{id} has no policy"))["PolicyDocument"]["Statement"]);
        let (allowed, denied): (Vec<&Value>, Vec<&Value>) =
            statements.into_iter().partition(|statement| statement["Effect"] == "Allow");
        assert_eq!(allowed.len(), 1);
        assert_eq!(allowed[0]["Principal"], json!({"Service": "events.amazonaws.com"}));
        let sources = list(&allowed[0]["Condition"]["ArnEquals"]["aws:SourceArn"]);
        // A rule that a parameter brings comes with the same condition.
        let rule =
            |source: &'_ Value| named(source).or_else(|| named(&source["Fn::If"][1])).map(str::to_owned);
        let sources: BTreeSet<_> = sources.into_iter().filter_map(rule).collect();
        assert_eq!(sources, of_type(&template, "AWS::Events::Rule").into_keys().map(str::to_owned).collect());
        assert!(
            denied.iter().any(|statement| statement["Condition"]["Bool"]["aws:SecureTransport"] == "false")
        );
    }
}

/// The archive keeps everything that the bus carries.
#[test]
fn the_bus_has_an_archive() {
    let template = control_plane();
    let archives = of_type(&template, "AWS::Events::Archive");
    let archive = archives.values().find(|archive| named(&archive["SourceArn"]) == Some("Bus"));
    let archive = archive.expect("an archive of the bus");
    assert_eq!(archive.get("EventPattern"), None, "it keeps all events");
    assert_eq!(archive["RetentionDays"], json!({"Ref": "ArchiveDays"}));
}

/// The bus lets in only what carries the sender's own source and a name of the
/// contract.
#[test]
fn the_bus_says_who_may_send_which_source() {
    let template = control_plane();
    let policies = of_type(&template, "AWS::Events::EventBusPolicy");
    let mut sources = BTreeSet::new();
    for (id, policy) in policies {
        assert_eq!(named(&policy["EventBusName"]), Some("Bus"), "{id}");
        let statement = &policy["Statement"];
        assert_eq!(statement["Action"], "events:PutEvents", "{id}");
        assert!(statement["Principal"]["AWS"].is_object(), "{id}: accounts, not everyone");
        let names = &statement["Condition"]["StringLike"]["events:detail-type"];
        assert_eq!(*names, json!([{ "Fn::Sub": "${DetailTypePrefix}*" }, "tenantry_*"]), "{id}");
        sources.extend(named(&statement["Condition"]["StringEquals"]["events:source"]));
    }
    assert_eq!(sources, BTreeSet::from(["ApplicationPlaneSource", "ControlPlaneSource"]));
}
