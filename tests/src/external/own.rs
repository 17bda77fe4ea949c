//! An application plane in the shape of SBT's: for each request a rule and a
//! state machine, which answers on the tenant bus.

use serde_json::{Map, Value, json};
use tenantry_events::name::EventName;
use tenantry_events::sources::Sources;

/// Request, success, failure, and the words of SBT's failure.
const JOBS: [(EventName, EventName, EventName, &str); 4] = [
    (EventName::OnboardingRequest, EventName::ProvisionSuccess, EventName::ProvisionFailure, "provision"),
    (
        EventName::OffboardingRequest,
        EventName::DeprovisionSuccess,
        EventName::DeprovisionFailure,
        "deprovision",
    ),
    (EventName::DeactivateRequest, EventName::DeactivateSuccess, EventName::DeactivateFailure, "deactivate"),
    (EventName::ActivateRequest, EventName::ActivateSuccess, EventName::ActivateFailure, "activate"),
];

/// Its template: it listens and answers on `bus`. Where every request says its
/// tenant's tier (on a bus that the control plane gives it), it takes those of
/// `tier` only.
#[must_use]
pub fn template(bus: &str, tier: &str, is_own_bus: bool) -> Value {
    let mut resources = Map::new();
    let bus_arn = json!({ "Fn::Sub": format!("arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:event-bus/{bus}") });
    let puts = json!({ "Effect": "Allow", "Action": "events:PutEvents", "Resource": bus_arn });
    resources.insert("Answers".to_owned(), role("states.amazonaws.com", &puts));
    let starts = json!({
        "Effect": "Allow", "Action": "states:StartExecution",
        "Resource": JOBS.map(|(name, ..)| json!({ "Ref": machine(name) })),
    });
    resources.insert("Starts".to_owned(), role("events.amazonaws.com", &starts));
    let sources = Sources::default();
    for (request, success, failure, verb) in JOBS {
        let definition = definition(bus, tier, [success, failure], verb, &sources);
        resources.insert(
            machine(request),
            json!({
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "DefinitionString": definition.to_string(),
                    "RoleArn": { "Fn::GetAtt": ["Answers", "Arn"] },
                },
            }),
        );
        let mut pattern = json!({
            "source": [sources.of(request)],
            "detail-type": [sources.detail_type(request)],
        });
        if is_own_bus {
            pattern["detail"] = json!({ "tier": [tier] });
        }
        resources.insert(
            format!("{}Rule", machine(request)),
            json!({
                "Type": "AWS::Events::Rule",
                "Properties": {
                    "EventBusName": bus,
                    "EventPattern": pattern,
                    "Targets": [{
                        "Id": "Target0",
                        "Arn": { "Ref": machine(request) },
                        "RoleArn": { "Fn::GetAtt": ["Starts", "Arn"] },
                    }],
                },
            }),
        );
    }
    json!({ "AWSTemplateFormatVersion": "2010-09-09", "Resources": resources })
}

fn machine(request: EventName) -> String {
    let name = request.as_str();
    format!("{}{}", name[..1].to_uppercase(), &name[1..])
}

fn role(service: &str, statement: &Value) -> Value {
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }],
            },
            "Policies": [{
                "PolicyName": "plane",
                "PolicyDocument": { "Version": "2012-10-17", "Statement": [statement] },
            }],
        },
    })
}

/// As SBT's machine, without a build: what `email` says decides.
fn definition(bus: &str, tier: &str, answers: [EventName; 2], verb: &str, sources: &Sources) -> Value {
    let [success, failure] = answers;
    let answer = |name: EventName, output: Value| {
        json!({
            "Type": "Task",
            "Resource": "arn:aws:states:::events:putEvents",
            "Parameters": { "Entries": [{
                "EventBusName": bus,
                "Source": sources.of(name),
                "DetailType": sources.detail_type(name),
                "Detail": {
                    "tenantRegistrationId.$": "$.detail.tenantRegistrationId",
                    "jobOutput": output,
                },
            }] },
            "End": true,
        })
    };
    let config = json!({ "userPoolId": "pool", "appClientId": "client", "apiGatewayUrl": "https://api", "theme": { "dark": true } });
    let status = if verb == "deprovision" { "deleted" } else { "created" };
    let given = match verb {
        "provision" => json!({
            "tenantData": { "tenantConfig": config.to_string() },
            "tenantRegistrationData": { "registrationStatus": status, "plan": format!("plan-of-{tier}") },
        }),
        "deprovision" => {
            json!({ "tenantData": {}, "tenantRegistrationData": { "registrationStatus": status } })
        }
        _ => json!({ "tenantData": {}, "tenantRegistrationData": {} }),
    };
    let when = |pattern: &str, next: &str| {
        json!({
            "And": [
                { "Variable": "$.detail.email", "IsPresent": true },
                { "Variable": "$.detail.email", "StringMatches": pattern },
            ],
            "Next": next,
        })
    };
    json!({
        "StartAt": "Which",
        "States": {
            "Which": {
                "Type": "Choice",
                "Choices": [when("*+never@*", "Silent"), when("*+fails@*", "Failed"), when("*+late@*", "Late")],
                "Default": "Done",
            },
            "Silent": { "Type": "Succeed" },
            "Late": { "Type": "Wait", "Seconds": 4, "Next": "Done" },
            "Done": answer(success, given),
            "Failed": answer(failure, json!({ "tenantStatus": format!("Failed to {verb} tenant.") })),
        },
    })
}
