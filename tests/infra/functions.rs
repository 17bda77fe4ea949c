//! Functions: each has a role, a log group and limits of its own, the settings
//! that its binary reads, and a binary.

use crate::support::{control_plane, files, literals, templates};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tenantry_tests::functions::Function;
use tenantry_tests::template::{functions, list, named, of_type, text};
use tenantry_tests::{template, workspace};

/// Every function has limits, and runs on the processor that the parameter
/// names.
#[test]
fn limits_and_processor() {
    for (file, template) in templates() {
        for (id, function) in functions(&template) {
            assert!(function["Timeout"].is_u64() && function["MemorySize"].is_u64(), "{file}: {id}");
            assert_eq!(function["Architectures"], json!([{"Ref": "Architecture"}]), "{file}: {id}");
            assert_eq!(function["Handler"], "bootstrap", "{file}: {id}");
        }
    }
}

/// The harness tries faults at every function of the template but the one that
/// Cognito alone calls, which writes nothing: a new function cannot be left out.
#[test]
fn the_fault_harness_knows_every_function() {
    let template = control_plane();
    let functions = functions(&template);
    let names = functions.values().map(|function| text(&function["FunctionName"]["Fn::Sub"]));
    let names = names.map(|name| name.expect("a name").trim_start_matches("${AWS::StackName}-"));
    let names: BTreeSet<&str> = names.filter(|name| *name != "token-scopes").collect();
    let known: BTreeSet<&str> = Function::ALL.iter().map(|function| function.as_str()).collect();
    assert_eq!(names, known);
}

/// No two functions share a role, and only Lambda can take a function's role.
#[test]
fn each_function_has_its_own_role() {
    for (file, template) in templates() {
        let roles = of_type(&template, "AWS::IAM::Role");
        let mut taken = BTreeSet::new();
        for (id, function) in functions(&template) {
            let role = named(&function["Role"]).unwrap_or_else(|| panic!("{file}: {id} has no role"));
            assert!(taken.insert(role.to_owned()), "{file}: {role} is the role of two functions");
            let trust = list(&roles[role]["AssumeRolePolicyDocument"]["Statement"]);
            let service = json!({"Service": "lambda.amazonaws.com"});
            assert!(trust.iter().all(|statement| statement["Principal"] == service), "{file}: {role}");
        }
    }
}

/// Every function logs into a group of its own, which is there before its
/// first call, and every group's retention is the parameter's.
#[test]
fn logs_have_a_retention() {
    for (file, template) in templates() {
        let groups = of_type(&template, "AWS::Logs::LogGroup");
        for (id, group) in &groups {
            assert_eq!(group["RetentionInDays"], json!({"Ref": "LogRetentionDays"}), "{file}: {id}");
        }
        let mut taken = BTreeSet::new();
        for (id, function) in functions(&template) {
            let group = named(&function["LoggingConfig"]["LogGroup"]).expect("a log group of the template");
            assert!(
                groups.contains_key(group) && taken.insert(group.to_owned()),
                "{file}: {id} logs into {group}"
            );
            assert_eq!(function["LoggingConfig"]["LogFormat"], "JSON", "{file}: {id}");
        }
    }
}

/// A function that is called asynchronously (by a rule, or by CloudFormation
/// for a custom resource) says how often it is tried and where the event then
/// goes.
#[test]
fn asynchronous_functions_have_a_destination() {
    let template = control_plane();
    let configured = of_type(&template, "AWS::Lambda::EventInvokeConfig");
    let rules = of_type(&template, "AWS::Events::Rule");
    let targets = rules.values().flat_map(|rule| list(&rule["Targets"])).map(|target| &target["Arn"]);
    // The token of custom resources, which stand in stacks of others.
    let tiers = template::alone("tiers.yaml");
    let resources = tiers["Resources"].as_object().unwrap().values();
    let tokens = resources.map(|resource| {
        let output = named(&resource["Properties"]["ServiceToken"]).expect("a parameter");
        &template["Outputs"][output]["Value"]
    });
    let called: BTreeSet<_> = targets.chain(tokens).filter_map(named).collect();
    assert!(called.contains("TiersFunction"), "the tiers' template takes an output of the control plane");
    assert!(!called.is_empty());
    for function in called {
        let config = configured.values().find(|config| named(&config["FunctionName"]) == Some(function));
        let config = config.unwrap_or_else(|| panic!("{function} has no EventInvokeConfig"));
        assert_eq!(named(&config["DestinationConfig"]["OnFailure"]["Destination"]), Some("DeadLetters"));
        assert!(config["MaximumRetryAttempts"].is_u64() && config["MaximumEventAgeInSeconds"].is_u64());
    }
}

/// A function that reads the stream reports what failed, has bad records
/// singled out, and does not try them for ever.
#[test]
fn stream_readers_have_a_destination() {
    let template = control_plane();
    let mappings = of_type(&template, "AWS::Lambda::EventSourceMapping");
    assert!(!mappings.is_empty());
    for (id, mapping) in mappings {
        assert_eq!(
            named(&mapping["DestinationConfig"]["OnFailure"]["Destination"]),
            Some("DeadLetters"),
            "{id}"
        );
        assert_eq!(mapping["BisectBatchOnFunctionError"], true, "{id}");
        assert_eq!(mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{id}");
        assert!(mapping["MaximumRetryAttempts"].as_i64().is_some_and(|attempts| attempts > 0), "{id}");
        // The stream itself keeps a record for 24 hours.
        assert!(mapping["MaximumRecordAgeInSeconds"].as_u64().is_some_and(|age| age < 86_400), "{id}");
    }
}

/// A template sets the environment variables that the function's binary reads,
/// all of them and no others.
#[test]
fn settings_are_those_that_the_binary_reads() {
    for (file, template) in templates() {
        for (id, function) in functions(&template) {
            let set = function["Environment"]["Variables"].as_object().expect("variables");
            let set: BTreeSet<_> = set.keys().cloned().collect();
            assert_eq!(set, read_by(binary(&function)), "{file}: {id}");
        }
    }
}

/// Every function has a binary and is packaged; every binary is deployed.
#[test]
fn every_function_is_packaged() {
    let templates = templates();
    let deployed = templates.iter().flat_map(|(_, template)| functions(template).into_values());
    let deployed: BTreeSet<String> = deployed.map(|function| binary(&function).to_owned()).collect();
    let source = workspace::read("cli/src/package.rs");
    let (_, listed) = source.split_once("const FUNCTIONS").expect("the list of functions");
    let (listed, _) = listed.split_once("];").unwrap();
    let packaged: BTreeSet<String> = literals(listed, "").into_iter().map(str::to_owned).collect();
    assert_eq!(deployed, packaged);
    let sources = ["handlers", "application"].map(|name| files(&format!("{name}/src/bin")));
    let built = sources.iter().flatten().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    assert_eq!(built.collect::<BTreeSet<_>>(), deployed);
}

/// The binary's name, as `CodeUri` has it.
fn binary(function: &Value) -> &str {
    let uri = text(&function["CodeUri"]).expect("a path");
    uri.strip_prefix("../target/lambda/")
        .and_then(|rest| rest.strip_suffix('/'))
        .expect("a packaged function")
}

/// The variables that a binary reads: itself, and by the functions that it
/// calls of the crate's module of settings.
fn read_by(binary: &str) -> BTreeSet<String> {
    let path = format!("handlers/src/bin/{binary}.rs");
    let (own, settings) = if workspace::root().join(&path).exists() {
        (workspace::read(&path), workspace::read("handlers/src/wiring.rs"))
    } else {
        (String::new(), workspace::read("application/src/products/settings.rs"))
    };
    let functions: Vec<(&str, &str)> =
        settings.split("fn ").skip(1).filter_map(|text| Some((text.split_once('(')?.0, text))).collect();
    let (mut read, mut text) = (BTreeSet::new(), own.clone());
    // A function of that module may call another.
    while let Some((name, body)) = functions
        .iter()
        .find(|(name, _)| !read.contains(name) && (own.is_empty() || text.contains(&format!("{name}("))))
    {
        read.insert(name);
        text.push_str(body);
    }
    literals(&text, "TENANTRY_").into_iter().map(str::to_owned).collect()
}
