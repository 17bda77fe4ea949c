//! Who hears what: every rule of the template against every golden event.

use serde_json::{Value, json};
use std::fmt::Write as _;
use tenantry_events::sources::Sources;
use tenantry_tests::rules::{self, rules};
use tenantry_tests::{examples, patterns, template};

/// Which rules of a bus match `event`, and who runs: `OnboardingRule > OnboardingFunction`.
fn heard(on_tenant_bus: bool, event: &Value) -> String {
    let matching = rules::matching(on_tenant_bus, event);
    let runs: Vec<String> =
        matching.map(|rule| format!("{} > {}", rule.name, rule.targets.join(" and "))).collect();
    if runs.is_empty() { "nobody".to_owned() } else { runs.join(", ") }
}

fn event(source: &str, detail_type: &str, detail: &Value) -> Value {
    json!({
        "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": detail_type,
        "source": source, "account": "111122223333", "time": "2026-11-24T09:30:00Z",
        "region": "eu-west-1", "resources": [], "detail": detail
    })
}

fn produced_by(producer: &str, detail: &Value) -> Value {
    let mut detail = detail.clone();
    detail["metadata"]["producer"] = json!(producer);
    detail
}

/// Every golden event: who hears it as it is, and who else if another producer
/// or our own publisher sent it.
#[test]
fn every_golden_event_reaches_whom_it_should() {
    let sources = Sources::default();
    let mut table = String::new();
    for example in examples::valid() {
        let reach = |detail: &Value| {
            heard(true, &event(sources.of(example.event), example.event.detail_type(), detail))
        };
        let detail = example.detail();
        let (own, another) = (reach(&detail), reach(&produced_by("another", &detail)));
        let tenantrys = reach(&produced_by("tenantry", &detail));
        writeln!(table, "{}\n    {own}", example.title()).unwrap();
        for (who, whom) in [("another", another), ("tenantry", tenantrys)] {
            if whom != own {
                writeln!(table, "    produced by {who}: {whom}").unwrap();
            }
        }
    }
    insta::assert_snapshot!("routing", table);
}

/// An event under the wrong source reaches the same function, which refuses it
/// where a person sees it.
#[test]
fn the_wrong_source_is_not_lost_on_the_bus() {
    for example in examples::valid() {
        let (detail_type, detail) = (example.event.detail_type(), example.detail());
        let right = heard(true, &event(Sources::default().of(example.event), detail_type, &detail));
        assert_eq!(heard(true, &event("com.example", detail_type, &detail)), right, "{}", example.title());
    }
}

/// Of Step Functions' own events, the bad endings of our machines are heard.
#[test]
fn bad_endings_of_our_machines_are_heard() {
    let heard = |machine: &str, status: &str| {
        let detail = json!({ "stateMachineArn": machine, "status": status, "executionArn": "e" });
        heard(false, &event("aws.states", "Step Functions Execution Status Change", &detail))
    };
    for machine in ["ProvisionSilo", "DeprovisionSilo"] {
        for status in ["FAILED", "TIMED_OUT", "ABORTED"] {
            assert_eq!(
                heard(machine, status),
                "ExecutionEndedRule > ExecutionEndedFunction",
                "{machine} {status}"
            );
        }
        for status in ["RUNNING", "SUCCEEDED"] {
            assert_eq!(heard(machine, status), "nobody", "{machine} {status}");
        }
    }
    assert_eq!(heard("another", "FAILED"), "nobody");
}

/// Patterns use only what EventBridge and the matcher of these tests read the
/// same way.
#[test]
fn patterns_use_only_shared_operators() {
    for rule in rules() {
        patterns::check(&rule.name, &rule.pattern);
    }
}

/// The matcher reads each operator in use as EventBridge's documentation says.
#[test]
fn the_matcher_reads_patterns_as_eventbridge_does() {
    let matches = |pattern: &Value, detail: Value| patterns::matches(pattern, &json!({ "detail": detail }));
    let any = json!({ "detail": { "a": ["x", "y"], "b": ["z"] } });
    assert!(matches(&any, json!({ "a": "y", "b": "z", "c": 1 })), "any value of a list, all fields");
    assert!(!matches(&any, json!({ "a": "y" })));
    assert!(matches(&any, json!({ "a": ["q", "x"], "b": "z" })), "any item of a list in the event");
    let missing = json!({ "detail": { "a": { "b": [{ "exists": false }] } } });
    assert!(matches(&missing, json!({})), "also where the parent is missing");
    assert!(!matches(&missing, json!({ "a": { "b": null } })), "null is a value");
    let but = json!({ "detail": { "a": { "b": [{ "anything-but": ["x"] }] } } });
    assert!(matches(&but, json!({ "a": { "b": "y" } })));
    assert!(!matches(&but, json!({ "a": { "b": "x" } })));
    assert!(!matches(&but, json!({})), "what is missing is not anything but x");
    let either = json!({ "detail": { "a": { "b": [{ "anything-but": ["x"] }, { "exists": false }] } } });
    assert!(matches(&either, json!({})) && matches(&either, json!({ "a": { "b": "y" } })));
    assert!(!matches(&either, json!({ "a": { "b": "x" } })));
}

/// No function or machine has a rule of its own that this snapshot would miss.
#[test]
fn rules_are_resources_of_their_own() {
    let template = template::load("control-plane.yaml");
    for (name, resource) in template["Resources"].as_object().unwrap() {
        for (event, source) in resource["Properties"]["Events"].as_object().into_iter().flatten() {
            let kind = source["Type"].as_str().unwrap_or_default();
            assert!(
                !matches!(kind, "EventBridgeRule" | "CloudWatchEvent"),
                "{name}.{event}: make it a rule resource"
            );
        }
    }
    assert!(rules().len() >= 4);
}
