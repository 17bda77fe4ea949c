//! A machine, the resources that it names, and the role that lets it use them.

use super::{BUILD, CALL, machines};
use crate::support::control_plane;
use serde_json::Value;
use std::collections::BTreeSet;
use tenantry_tests::template::{list, named, of_type};

/// The template makes exactly the substitutions that the definition has.
#[test]
fn substitutions_are_made() {
    for machine in machines() {
        let used = machine.source.split("${").skip(1).filter_map(|rest| rest.split('}').next());
        let used: BTreeSet<_> = used.collect();
        let made = machine.resource["DefinitionSubstitutions"].as_object().expect("substitutions");
        assert_eq!(used, made.keys().map(String::as_str).collect(), "{}", machine.name);
    }
}

/// A machine's role may start exactly the builds and call exactly the
/// functions that its definition does.
#[test]
fn roles_allow_what_the_definition_does() {
    let template = control_plane();
    let roles = of_type(&template, "AWS::IAM::Role");
    for machine in machines() {
        let role = roles[named(&machine.resource["Role"]).expect("a role of the template")];
        let used = |resource: &str, argument: &str| -> BTreeSet<_> {
            let tasks = machine.tasks().into_iter().filter(|(_, task)| task["Resource"] == resource);
            tasks.map(|(_, task)| machine.substituted(&task["Arguments"][argument]).to_owned()).collect()
        };
        assert_eq!(allowed(role, "codebuild:StartBuild"), used(BUILD, "ProjectName"), "{}", machine.name);
        assert_eq!(allowed(role, "lambda:InvokeFunction"), used(CALL, "FunctionName"), "{}", machine.name);
    }
}

/// A start whose answer was lost is the same start, and a redrive is another
/// one: the token names the operation, the state and the redrive.
#[test]
fn builds_have_a_token() {
    for machine in machines() {
        let mut tokens = BTreeSet::new();
        for (name, task) in machine.tasks().into_iter().filter(|(_, task)| task["Resource"] == BUILD) {
            let token = task["Arguments"]["IdempotencyToken"].as_str().expect("a token");
            for part in ["Input.tenantId", "Input.operationId", "Execution.RedriveCount"] {
                assert!(token.contains(part), "{}: {name}: {part} is not in its token", machine.name);
            }
            assert!(tokens.insert(token.to_owned()), "{}: two states have one token", machine.name);
        }
    }
}

/// The resources on which a role may do something.
fn allowed(role: &Value, action: &str) -> BTreeSet<String> {
    let policies = list(&role["Policies"]).into_iter();
    let statements = policies.flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]));
    let allowing = statements.filter(|statement| list(&statement["Action"]).into_iter().any(|a| a == action));
    allowing.flat_map(|statement| list(&statement["Resource"])).filter_map(named).map(str::to_owned).collect()
}
