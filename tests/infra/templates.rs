//! The templates as wholes: cfn-lint finds nothing, and the SAM transform makes
//! of them what they say and nothing besides.

use crate::support::run;
use serde_json::Value;
use std::collections::BTreeSet;
use tenantry_tests::{template, venv};

/// cfn-lint, with the rules for serverless templates, has nothing to say, and
/// nothing less than an information is left out.
#[test]
fn cfn_lint_finds_nothing() {
    let files = files().into_iter().map(|file| format!("infra/{file}"));
    let said = run(venv::command("cfn-lint").args(["-a", "cfn_lint_serverless.rules", "--"]).args(files));
    assert_eq!(said.trim(), "");
}

/// The transform succeeds, and adds no role, permission or other resource that
/// a reader of the template does not see.
#[test]
fn the_sam_transform_adds_nothing() {
    for file in files() {
        let template = template::alone(&file);
        let (script, path) = ("tests/infra/transform.py", format!("infra/{file}"));
        let mut python = venv::command("python");
        let output = python.args([script, &path]).env("AWS_DEFAULT_REGION", "us-east-1").output().unwrap();
        assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
        let transformed: Value = serde_json::from_slice(&output.stdout).expect("the template is JSON");
        assert_eq!(resources(&transformed), resources(&template), "{file}");
    }
}

/// What is deployed to AWS and to the local cloud is the same: no template,
/// state machine, buildspec or script knows of the latter.
#[test]
fn nothing_deployed_knows_of_the_local_cloud() {
    for folder in ["infra", "infra/source", "infra/silo", "statemachines", "handlers/src", "handlers/src/bin"]
    {
        for path in crate::support::files(folder) {
            let source = std::fs::read_to_string(&path).unwrap().to_lowercase();
            let mut words = source.split(|c: char| !c.is_alphanumeric() && c != '_');
            let found = words.find(|word| {
                matches!(
                    *word,
                    "local" | "localhost" | "loopback" | "emulator" | "ministack" | "aws_endpoint_url"
                )
            });
            assert_eq!(found, None, "{}", path.display());
        }
    }
}

/// Every template of the folder, a nested stack's too.
fn files() -> Vec<String> {
    let all = crate::support::files("infra");
    let names = all.iter().map(|path| crate::support::file_name(path).to_owned());
    let templates: Vec<String> = names.filter(|name| name.ends_with(".yaml")).collect();
    assert!(templates.len() > 2, "the templates are found: {templates:?}");
    templates
}

/// The ids of all resources, and their types without what SAM calls them.
fn resources(template: &Value) -> BTreeSet<(String, String)> {
    let resources = template["Resources"].as_object().expect("a template has resources");
    let plain = |resource: &Value| match resource["Type"].as_str().unwrap_or_default() {
        "AWS::Serverless::Function" => "AWS::Lambda::Function".to_owned(),
        "AWS::Serverless::StateMachine" => "AWS::StepFunctions::StateMachine".to_owned(),
        other => other.to_owned(),
    };
    resources.iter().map(|(id, resource)| (id.clone(), plain(resource))).collect()
}
