//! Names and boundaries: two control planes in one account, and two tenants of
//! one control plane, never meet.

use crate::support::{control_plane, templates, tenant_silo};
use serde_json::{Value, json};
use tenantry_tests::template::{named, of_type, text};

/// The property that names a resource, by type.
const NAMES: [(&str, &str); 14] = [
    ("AWS::ApiGatewayV2::Api", "Name"),
    ("AWS::CodeBuild::Project", "Name"),
    ("AWS::Cognito::UserPool", "UserPoolName"),
    ("AWS::Cognito::UserPoolClient", "ClientName"),
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::Events::Archive", "ArchiveName"),
    ("AWS::Events::Rule", "Name"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::SNS::Topic", "TopicName"),
    ("AWS::SQS::Queue", "QueueName"),
    ("AWS::Serverless::Function", "FunctionName"),
    ("AWS::Serverless::StateMachine", "Name"),
];

/// Every name begins with the stack's, a tenant's with the prefix that it is
/// given; a log group's after the path that AWS expects there. The roles that
/// deploy a tenant's stack rely on it.
#[test]
fn every_name_begins_with_the_stacks() {
    for (file, template) in templates() {
        for (resource_type, property) in NAMES {
            for (id, properties) in of_type(&template, resource_type) {
                assert!(
                    begins_as_it_should(file, &properties[property]),
                    "{file}: {id} is called {}",
                    properties[property]
                );
            }
        }
    }
}

/// Every role of a tenant's stack has the permissions boundary, and can be
/// made by CloudFormation only with it.
#[test]
fn tenant_roles_have_the_boundary() {
    let tenant = tenant_silo();
    for (id, role) in of_type(&tenant, "AWS::IAM::Role") {
        assert_eq!(role["PermissionsBoundary"], json!({"Ref": "PermissionsBoundaryArn"}), "{id}");
    }
    let template = control_plane();
    let silo = of_type(&template, "AWS::IAM::Role")["SiloRole"];
    let policies = silo["Policies"].as_array().expect("policies").iter();
    let statements = policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
    let statements: Vec<&Value> = statements.collect();
    for action in ["\"iam:CreateRole\"", "\"iam:PutRolePolicy\""] {
        let allowing: Vec<_> =
            statements.iter().filter(|statement| statement["Action"].to_string().contains(action)).collect();
        assert!(!allowing.is_empty(), "{action}");
        for statement in allowing {
            let boundary = &statement["Condition"]["StringEquals"]["iam:PermissionsBoundary"];
            assert_eq!(named(boundary), Some("TenantBoundary"), "{action}");
        }
    }
}

/// The boundary is what the tenant's roles need at least: whatever they allow,
/// it allows too.
#[test]
fn the_boundary_covers_the_tenants_roles() {
    let template = control_plane();
    let boundary =
        of_type(&template, "AWS::IAM::ManagedPolicy")["TenantBoundary"]["PolicyDocument"].to_string();
    let tenant = tenant_silo();
    for role in of_type(&tenant, "AWS::IAM::Role").into_values() {
        for policy in role["Policies"].as_array().unwrap() {
            for action in crate::policies::actions(&policy["PolicyDocument"]) {
                assert!(boundary.contains(&format!("\"{action}\"")), "{action} is beyond the boundary");
            }
        }
    }
}

fn begins_as_it_should(file: &str, name: &Value) -> bool {
    let prefix = if file == "tenant-silo.yaml" { "NamePrefix" } else { "AWS::StackName" };
    let begins = |name: &str| {
        let paths =
            ["/aws/codebuild/", "/aws/lambda/", "/aws/vendedlogs/apigateway/", "/aws/vendedlogs/states/"];
        let bare = paths.iter().find_map(|path| name.strip_prefix(path)).unwrap_or(name);
        bare.starts_with(&format!("${{{prefix}}}"))
    };
    *name == json!({ "Ref": prefix }) || (name.get("Fn::Sub").is_some() && text(name).is_some_and(begins))
}
