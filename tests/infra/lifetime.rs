//! Stacks cut by lifetime: what holds data is apart from what runs, and needs
//! nothing of it.

use serde_json::Value;
use std::collections::BTreeSet;
use tenantry_tests::template::{alone, of_type};

/// What cannot be had back once it is gone.
const KEEPS_DATA: [&str; 5] = [
    "AWS::Cognito::UserPool",
    "AWS::DynamoDB::Table",
    "AWS::Events::Archive",
    "AWS::Events::EventBus",
    "AWS::SQS::Queue",
];

/// The stacks of what must outlive everything else.
const OUTLIVE: [&str; 3] = ["DataStack", "TenantsStack", "UsersStack"];

/// Whatever keeps data is in a stack that outlives what runs, and what would
/// lose it by being replaced is kept.
#[test]
fn data_is_apart_from_what_runs() {
    let root = alone("control-plane.yaml");
    let mut found = BTreeSet::new();
    for (id, stack) in of_type(&root, "AWS::CloudFormation::Stack") {
        let template = alone(stack["TemplateURL"].as_str().expect("a file"));
        for resource_type in KEEPS_DATA {
            for resource in of_type(&template, resource_type).into_keys() {
                assert!(OUTLIVE.contains(&id), "{resource} is in {id}");
                found.insert(resource_type);
                let policy = &template["Resources"][resource]["UpdateReplacePolicy"];
                let is_replaced_in_place = resource_type.starts_with("AWS::Events::");
                assert!(is_replaced_in_place || policy == "Retain", "{resource} is lost when it is replaced");
            }
        }
    }
    assert_eq!(found.len(), KEEPS_DATA.len(), "each is somewhere: {found:?}");
}

/// What outlives takes nothing of what runs, so that no change there, nor its
/// absence, changes it.
#[test]
fn what_outlives_needs_nothing_of_what_runs() {
    let root = alone("control-plane.yaml");
    let stacks = of_type(&root, "AWS::CloudFormation::Stack");
    for id in OUTLIVE {
        let passed = stacks[id]["Parameters"].as_object().expect("parameters");
        for (name, value) in passed {
            let of = value["Fn::GetAtt"][0].as_str();
            assert!(of.is_none_or(|stack| OUTLIVE.contains(&stack)), "{id} takes {name} of {of:?}");
        }
        let depends = &root["Resources"][id]["DependsOn"];
        assert_eq!(*depends, Value::Null, "{id}");
    }
}
