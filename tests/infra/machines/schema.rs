//! The machines as CloudFormation would take them: cfn-lint's schema of the
//! language, which it does not apply to a definition in a file of its own.

use super::{Machine, machines};
use crate::support::{attempt, run};
use serde_json::{Value, json};
use std::process::Command;
use tenantry_tests::venv;

/// Each definition, with its substitutions made, is right by cfn-lint's schema.
#[test]
fn definitions_are_right_by_schema() {
    for machine in machines() {
        let folder = tempfile::tempdir().unwrap();
        let said = run(&mut lint(folder.path(), &rendered(&machine)));
        assert_eq!(said.trim(), "", "{}", machine.name);
    }
}

/// The check itself sees something: an unknown field, a wrong state at the
/// start, and a field of the other query language are refused.
#[test]
fn wrong_definitions_are_refused() {
    for machine in machines() {
        let start = format!("/States/{}", machine.definition["StartAt"].as_str().unwrap());
        let changes = [
            ("", "StartAt", json!("Nowhere")),
            (&start, "TimeoutSecond", json!(1)),
            (&start, "Parameters", json!({})),
        ];
        for (path, field, value) in changes {
            let mut wrong = rendered(&machine);
            wrong.pointer_mut(path).expect("a state")[field] = value;
            let folder = tempfile::tempdir().unwrap();
            let (succeeded, said) = attempt(&mut lint(folder.path(), &wrong));
            assert!(!succeeded && said.contains("E3601"), "{}: {field}: {said}", machine.name);
        }
    }
}

fn rendered(machine: &Machine) -> Value {
    let names = machine.resource["DefinitionSubstitutions"].as_object().expect("substitutions");
    let source = names.keys().fold(machine.source.clone(), |source, name| {
        let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:{name}");
        source.replace(&format!("${{{name}}}"), &arn)
    });
    assert!(!source.contains("${"), "{} has a substitution that the template does not make", machine.name);
    serde_json::from_str(&source).unwrap()
}

fn lint(folder: &std::path::Path, definition: &Value) -> Command {
    let role = "arn:aws:iam::123456789012:role/machine";
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            "Machine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": { "RoleArn": role, "Definition": definition },
            },
        },
    });
    let path = folder.join("template.json");
    std::fs::write(&path, template.to_string()).unwrap();
    let mut command = venv::command("cfn-lint");
    // Not the workspace's settings, which name the workspace's templates.
    command.current_dir(folder).arg("--").arg(path);
    command
}
