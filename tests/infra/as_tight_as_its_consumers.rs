//! Names are as short as AWS wants them, whatever the control plane's stack and
//! a tenant are called: every derived name of both templates, over the whole
//! range of stack names.

use crate::support::{control_plane, tenant_silo};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenantry_tests::template::text;
use tenantry_tests::workspace;

/// What AWS takes for a name, by the type that it is of: the property, the most
/// characters, and the page.
const LIMITS: [(&str, &str, usize, &str); 16] = [
    ("AWS::ApiGatewayV2::Api", "Name", 128, "CreateApi, API Gateway V2 API Reference"),
    ("AWS::CodeBuild::Project", "Name", 150, "Quotas for CodeBuild, CodeBuild User Guide"),
    ("AWS::Cognito::UserPool", "UserPoolName", 128, "CreateUserPool, Cognito API Reference"),
    ("AWS::Cognito::UserPoolClient", "ClientName", 128, "CreateUserPoolClient, Cognito API Reference"),
    ("AWS::Cognito::UserPoolDomain", "Domain", 63, "CreateUserPoolDomain, Cognito API Reference"),
    ("AWS::DynamoDB::Table", "TableName", 255, "CreateTable, DynamoDB API Reference"),
    ("AWS::Events::Archive", "ArchiveName", 48, "CreateArchive, EventBridge API Reference"),
    ("AWS::Events::EventBus", "Name", 256, "CreateEventBus, EventBridge API Reference"),
    ("AWS::Events::Rule", "Name", 64, "PutRule, EventBridge API Reference"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName", 128, "CreatePolicy, IAM API Reference"),
    ("AWS::IAM::Role", "RoleName", 64, "CreateRole, IAM API Reference"),
    ("AWS::Logs::LogGroup", "LogGroupName", 512, "CreateLogGroup, CloudWatch Logs API Reference"),
    ("AWS::SNS::Topic", "TopicName", 256, "CreateTopic, SNS API Reference"),
    ("AWS::SQS::Queue", "QueueName", 80, "CreateQueue, SQS API Reference"),
    ("AWS::Serverless::Function", "FunctionName", 64, "CreateFunction, Lambda API Reference"),
    ("AWS::Serverless::StateMachine", "Name", 80, "CreateStateMachine, Step Functions API Reference"),
];

/// "CreateStack", CloudFormation API Reference.
const STACK_NAME_MAX: usize = 128;
const ID: &str = "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11";

/// The limit that the command states is the template's own: with a stack name
/// that is one character longer, AWS refuses a name of it before any tenant is.
#[test]
fn the_stated_limit_is_the_one_that_the_template_has() {
    let stated = stated_limit();
    for length in 1..=STACK_NAME_MAX {
        let wrong = too_long(&control_plane(), &[("AWS::StackName", &"n".repeat(length))]);
        assert_eq!(wrong.is_empty(), length <= stated, "{length}: {wrong:?}");
    }
}

/// A tenant's names are the same, and right, under every control plane that can
/// be deployed, also with the longest prefix that its parameter takes; so is the
/// name of the tenant's stack.
#[test]
fn a_tenants_names_fit_under_every_control_plane() {
    let template = control_plane();
    let longest = template["Parameters"]["TenantNamePrefix"]["MaxLength"].as_u64().unwrap();
    for length in 1..=usize::try_from(longest).unwrap() {
        let prefix = format!("{}-{ID}", "p".repeat(length));
        let most = tenant_silo()["Parameters"]["NamePrefix"]["MaxLength"].as_u64().unwrap();
        assert!(prefix.len() as u64 <= most, "{prefix}");
        let wrong = too_long(&tenant_silo(), &[("NamePrefix", &prefix)]);
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    for length in 1..=stated_limit() {
        let stack = format!("{}-tenant-{ID}", "n".repeat(length));
        assert!(stack.len() <= STACK_NAME_MAX, "{stack}");
    }
    // No name of a tenant's resource has the control plane's in it.
    assert!(!tenant_silo()["Resources"].to_string().contains("AWS::StackName"));
}

/// What is left of a name for the author of a template is what the README says.
#[test]
fn the_readme_says_what_is_left_of_a_name() {
    let left = 64 - 47 - 1;
    let readme = workspace::read("infra/silo/README.md");
    assert!(
        readme.contains(&format!("leaves {left} characters of your own in the names of functions and roles"))
    );
    assert_eq!(tenant_silo()["Parameters"]["NamePrefix"]["MaxLength"], 47);
}

/// The default prefix is as long as the parameter's longest, and has the form
/// that the build takes.
#[test]
fn the_default_prefix_is_one_that_the_parameter_would_take() {
    let template = control_plane();
    let value = &template["Resources"]["TenantNames"]["Properties"]["Value"]["Fn::If"];
    assert_eq!(value[1], json!({ "Ref": "TenantNamePrefix" }));
    let sub = text(&value[2]).unwrap().replace("${Id}", "51af3dc0");
    assert_eq!(sub.len() as u64, template["Parameters"]["TenantNamePrefix"]["MaxLength"].as_u64().unwrap());
    assert!(sub.starts_with(|c: char| c.is_ascii_lowercase()));
}

/// Every resource with a name of its own is in the table, so that a new one is
/// not overlooked.
#[test]
fn every_name_is_of_a_kind_that_is_checked() {
    for template in [control_plane(), tenant_silo()] {
        for (id, resource) in template["Resources"].as_object().unwrap() {
            let kind = resource["Type"].as_str().unwrap();
            for (property, value) in resource["Properties"].as_object().into_iter().flatten() {
                let derived = ["AWS::StackName", "NamePrefix"].iter().any(|name| {
                    *value == json!({ "Ref": name }) || text(value).is_some_and(|text| text.contains(name))
                });
                let names = property == "Name" || property.ends_with("Name") || property == "Domain";
                // A place in a hierarchy, of up to 1,011 characters ("PutParameter", Systems Manager API Reference).
                let is_path = kind == "AWS::SSM::Parameter";
                let known = LIMITS.iter().any(|(known, name, ..)| *known == kind && name == property);
                assert!(!(names && derived) || known || is_path, "{id}: {kind}.{property}");
            }
        }
    }
}

/// The names that are longer than AWS takes, with the parameters replaced.
fn too_long(template: &Value, values: &[(&str, &str)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (id, resource) in template["Resources"].as_object().unwrap() {
        let limits = LIMITS.iter().filter(|(kind, ..)| resource["Type"] == *kind);
        for (kind, property, most, page) in limits {
            let value = &resource["Properties"][*property];
            for name in names(value, &values.iter().copied().collect()) {
                if name.len() > *most {
                    wrong.push(format!("{id}: {kind} {name} has {}, not {most} ({page})", name.len()));
                }
            }
        }
    }
    wrong
}

/// What a property may be: each branch of a condition.
fn names(value: &Value, values: &BTreeMap<&str, &str>) -> Vec<String> {
    if let Some(branches) = value["Fn::If"].as_array() {
        return branches.iter().skip(1).flat_map(|branch| names(branch, values)).collect();
    }
    if let Some(parameter) = value["Ref"].as_str() {
        return values.get(parameter).map(|value| (*value).to_owned()).into_iter().collect();
    }
    let Some(text) = text(value) else { return Vec::new() };
    let filled = values
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value));
    // The whole id of a stack is a UUID.
    vec![filled.replace("${Id}", ID)]
}

fn stated_limit() -> usize {
    let source = workspace::read("cli/src/deploy/name.rs");
    let rest = source.split("STACK_NAME_MAX: usize = ").nth(1).expect("a limit");
    rest.split(';').next().and_then(|number| number.parse().ok()).expect("a number")
}
