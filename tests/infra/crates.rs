//! The crates know each other in one direction only, and AWS only where they
//! have to.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use tenantry_tests::workspace;

/// What each crate may use of the workspace, and of the AWS SDK.
const ALLOWED: [(&str, &[&str], &[&str]); 6] = [
    ("tenantry-events", &[], &[]),
    ("tenantry-registry", &["tenantry-events"], &["aws-sdk-dynamodb"]),
    (
        "tenantry-operations",
        &["tenantry-events", "tenantry-registry"],
        &["aws-sdk-eventbridge", "aws-sdk-lambda", "aws-sdk-sfn", "aws-sdk-sqs"],
    ),
    (
        "tenantry-handlers",
        &["tenantry-events", "tenantry-operations", "tenantry-registry"],
        &[
            "aws-sdk-codebuild",
            "aws-sdk-cognitoidentityprovider",
            "aws-sdk-dynamodb",
            "aws-sdk-eventbridge",
            "aws-sdk-lambda",
            "aws-sdk-sfn",
            "aws-sdk-sqs",
        ],
    ),
    ("tenantry-application", &["tenantry-events"], &["aws-sdk-dynamodb"]),
    (
        "tenantry-cli",
        &["tenantry-events", "tenantry-operations", "tenantry-registry"],
        &[
            "aws-sdk-cloudwatchlogs",
            "aws-sdk-codebuild",
            "aws-sdk-dynamodb",
            "aws-sdk-eventbridge",
            "aws-sdk-lambda",
            "aws-sdk-sfn",
            "aws-sdk-sqs",
        ],
    ),
];

/// A crate uses of the workspace and of the AWS SDK what it is meant to; in
/// particular nothing uses the tests, and the command no handler.
#[test]
fn dependencies_point_one_way() {
    let mut crates = crates();
    assert!(crates.remove("tenantry-tests").is_some());
    for (name, workspace, sdk) in ALLOWED {
        let used = crates.remove(name).unwrap_or_else(|| panic!("there is no crate {name}"));
        for dependency in used {
            let allowed = match dependency.as_str() {
                ours if ours.starts_with("tenantry-") => workspace.contains(&ours),
                theirs if theirs.starts_with("aws-sdk-") => sdk.contains(&theirs),
                _ => true,
            };
            assert!(allowed, "{name} uses {dependency}");
        }
    }
    assert_eq!(crates.into_keys().next(), None, "a crate that this test does not know");
}

/// The contract is free of AWS and of everything asynchronous, so that any
/// publisher can use it.
#[test]
fn the_contract_is_free_of_aws_and_async() {
    let crates = crates();
    for dependency in &crates["tenantry-events"] {
        let kept_out = ["aws", "lambda", "tokio", "futures", "async", "hyper", "reqwest"];
        assert!(!kept_out.iter().any(|part| dependency.starts_with(part)), "the contract uses {dependency}");
    }
}

/// What the functions share knows no function: it uses itself and other crates.
/// Within one crate, only reading the source can say so.
#[test]
fn shared_code_knows_no_function() {
    let shared = workspace::files(&workspace::root().join("handlers/src/shared"));
    assert!(!shared.is_empty());
    for file in shared {
        let source = std::fs::read_to_string(&file).unwrap();
        let up = source.match_indices("crate::").find(|(at, _)| {
            let is_own = source[*at..].starts_with("crate::shared::");
            !is_own && !source[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
        });
        assert!(up.is_none(), "{} looks up", file.display());
        assert!(!source.contains("super::super::"), "{} looks up", file.display());
    }
}

/// Every version and feature is the workspace's: one of each, in one place.
#[test]
fn versions_are_the_workspaces() {
    for name in crates().into_keys() {
        let folder = name.strip_prefix("tenantry-").unwrap();
        let manifest = workspace::read(&format!("{folder}/Cargo.toml"));
        let (_, dependencies) = manifest.split_once("[dependencies]").expect("dependencies");
        for line in dependencies.lines().take_while(|line| !line.starts_with("[[")) {
            let plain = line.trim().is_empty() || line.starts_with(['[', '#']);
            assert!(plain || line.contains("workspace = true"), "{folder}/Cargo.toml: {line}");
        }
    }
}

/// The crates of the workspace, and the names of what each depends on.
fn crates() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    let output = Command::new(cargo).args(arguments).current_dir(workspace::root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().expect("packages").iter();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    packages.map(|p| (name(p), p["dependencies"].as_array().unwrap().iter().map(name).collect())).collect()
}
