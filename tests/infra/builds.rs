//! The builds: buildspecs, their projects, and the variables between them.

use crate::support::{control_plane, file_name, files};
use serde_json::Value;
use std::collections::BTreeSet;
use tenantry_tests::template::{list, of_type, plain};
use tenantry_tests::{machine, workspace};

/// Every buildspec is the build of a project, and every project has one.
#[test]
fn every_buildspec_has_a_project() {
    let template = control_plane();
    let projects = of_type(&template, "AWS::CodeBuild::Project");
    let named: BTreeSet<_> = projects
        .values()
        .map(|project| project["Source"]["BuildSpec"].as_str().unwrap().to_owned())
        .collect();
    let there: BTreeSet<_> = buildspecs().into_iter().map(|(name, _)| name).collect();
    assert_eq!(named, there);
    for (id, project) in projects {
        assert_eq!(project["Environment"]["PrivilegedMode"], false, "{id}");
        assert!(
            project["ConcurrentBuildLimit"].is_null() || project["ConcurrentBuildLimit"].is_u64(),
            "{id}"
        );
        assert_eq!(project["LogsConfig"]["CloudWatchLogs"]["Status"], "ENABLED", "{id}");
    }
}

/// The image is pinned to a version, and nothing is installed into it.
#[test]
fn images_are_pinned_and_nothing_is_installed() {
    let template = control_plane();
    for (id, project) in of_type(&template, "AWS::CodeBuild::Project") {
        for image in project["Environment"]["Image"]["Fn::If"].as_array().unwrap().iter().skip(1) {
            let (_, version) = image.as_str().unwrap().split_once(':').expect("a version");
            assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{id}: {image}");
        }
    }
    for (name, spec) in buildspecs() {
        assert!(spec["phases"].get("install").is_none(), "{name}");
        let installs = ["pip ", "pip3 ", "npm ", "yum ", "dnf ", "apt", "curl ", "wget "];
        for command in commands(&spec) {
            assert!(!installs.iter().any(|tool| command.contains(tool)), "{name}: {command}");
        }
    }
}

/// Every exported variable has a value on every path: a default in the
/// buildspec, or one that the project sets.
#[test]
fn exported_variables_always_have_a_value() {
    for (name, spec) in buildspecs() {
        let defaults = spec["env"]["variables"].as_object().expect("defaults");
        let project = project_variables(&name);
        for variable in list(&spec["env"]["exported-variables"]) {
            let variable = variable.as_str().unwrap();
            assert!(defaults.contains_key(variable) || project.contains(variable), "{name}: {variable}");
        }
    }
}

/// What a state machine hands over never stands in a command, so that a
/// tenant's name cannot become one.
#[test]
fn what_is_handed_over_is_never_in_a_command() {
    let handed = handed_over();
    assert!(handed.contains("TENANT_NAME"));
    for (name, spec) in buildspecs() {
        for command in commands(&spec) {
            let found = handed.iter().find(|variable| command.contains(variable.as_str()));
            assert_eq!(found, None, "{name}: {command}");
        }
    }
}

/// Every variable that the scripts read is set: by the project, or by every
/// machine that starts the build; and none is set that nobody reads.
#[test]
fn scripts_read_what_is_set() {
    let source = workspace::read("infra/silo/request.py");
    let reads = ["matching(\"", "environment.get(\""];
    let read =
        reads.iter().flat_map(|call| source.split(call).skip(1)).filter_map(|rest| rest.split('"').next());
    let read: BTreeSet<String> = read.map(str::to_owned).collect();
    for (name, _) in buildspecs() {
        let set: BTreeSet<String> = project_variables(&name).into_iter().chain(handed_over()).collect();
        assert_eq!(set, read, "{name}");
    }
}

/// What a suspension or a resumption is told beyond that.
const OF_UPDATES: &str = "TENANT_SUSPENDED";

/// Every build is handed the same five things, as plain text.
fn handed_over() -> BTreeSet<String> {
    let mut all: Vec<BTreeSet<String>> = Vec::new();
    for machine in machine::definitions().values() {
        for state in machine["States"].as_object().unwrap().values() {
            let variables = list(&state["Arguments"]["EnvironmentVariablesOverride"]);
            if !variables.is_empty() {
                assert!(variables.iter().all(|variable| variable["Type"] == "PLAINTEXT"));
                let names = variables.iter().map(|variable| variable["Name"].as_str().unwrap().to_owned());
                all.push(names.filter(|name| name != OF_UPDATES).collect());
            }
        }
    }
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "two builds are handed different variables");
    all.pop().expect("a build")
}

fn project_variables(buildspec: &str) -> BTreeSet<String> {
    let template = control_plane();
    let projects = of_type(&template, "AWS::CodeBuild::Project");
    let project = projects.into_values().find(|project| project["Source"]["BuildSpec"] == buildspec);
    let variables = list(&project.expect("a project")["Environment"]["EnvironmentVariables"]);
    variables.into_iter().map(|variable| variable["Name"].as_str().unwrap().to_owned()).collect()
}

/// The buildspecs, by their files' names.
fn buildspecs() -> Vec<(String, Value)> {
    let specs = files("infra/silo").into_iter().filter(|path| path.extension().is_some_and(|e| e == "yml"));
    let read = specs.map(|path| {
        let spec =
            yaml_serde::from_str(&std::fs::read_to_string(&path).unwrap()).expect("a buildspec is YAML");
        (file_name(&path).to_owned(), plain(&spec))
    });
    read.collect()
}

fn commands(spec: &Value) -> Vec<&str> {
    let phases = spec["phases"].as_object().expect("phases").values();
    let all = phases.flat_map(|phase| [list(&phase["commands"]), list(&phase["finally"])].concat());
    all.map(|command| command.as_str().expect("a command is text")).collect()
}
