//! SBT's own vocabulary and shapes, as awslabs/sbt-aws has them
//! (`src/utils/event-manager.ts`, `tenant-registrations/index.py`,
//! `src/core-app-plane/`), with none of our metadata.

use crate::publisher::sent;
use serde_json::{Value, json};
use tenantry_events::catalogue::kind;
use tenantry_events::name::EventName;
use tenantry_events::receive::RejectionCode;
use tenantry_events::sources::Sources;

const CONTROL: &str = "sbt.control.plane";
const APPLICATION: &str = "sbt.application.plane";

/// SBT's 21 standard events with their default sources.
const VOCABULARY: [(&str, &str); 21] = [
    ("sbt_aws_onboardingRequest", CONTROL),
    ("sbt_aws_offboardingRequest", CONTROL),
    ("sbt_aws_billingSuccess", CONTROL),
    ("sbt_aws_billingFailure", CONTROL),
    ("sbt_aws_activateRequest", CONTROL),
    ("sbt_aws_deactivateRequest", CONTROL),
    ("sbt_aws_tenantUserCreated", CONTROL),
    ("sbt_aws_tenantUserDeleted", CONTROL),
    ("sbt_aws_onboardingSuccess", APPLICATION),
    ("sbt_aws_onboardingFailure", APPLICATION),
    ("sbt_aws_offboardingSuccess", APPLICATION),
    ("sbt_aws_offboardingFailure", APPLICATION),
    ("sbt_aws_provisionSuccess", APPLICATION),
    ("sbt_aws_provisionFailure", APPLICATION),
    ("sbt_aws_deprovisionSuccess", APPLICATION),
    ("sbt_aws_deprovisionFailure", APPLICATION),
    ("sbt_aws_activateSuccess", APPLICATION),
    ("sbt_aws_activateFailure", APPLICATION),
    ("sbt_aws_deactivateSuccess", APPLICATION),
    ("sbt_aws_deactivateFailure", APPLICATION),
    ("sbt_aws_ingestUsage", APPLICATION),
];

/// All of SBT's events are ours, under the same detail type and source.
#[test]
fn the_vocabulary_is_sbts() {
    for (detail_type, source) in VOCABULARY {
        let name: EventName = detail_type.parse().unwrap();
        assert_eq!(Sources::default().of(name), source, "{name}");
    }
    let ours = EventName::ALL.iter().filter(|name| name.detail_type().starts_with("tenantry_"));
    assert_eq!(EventName::ALL.len() - ours.count(), VOCABULARY.len());
}

/// What SBT's own code sends, by who sends it.
fn shapes() -> Vec<(&'static str, EventName, Value)> {
    let (tenant, registration) =
        ("0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11", "5f6c2f0e-3d5c-4f6a-9a53-0c1f7a2b9d11");
    let job = |status: &str| {
        json!({ "tenantRegistrationId": registration, "jobOutput": {
            "tenantData": { "tenantConfig": "{\"userPoolId\":\"x\"}", "tenantS3Bucket": "b", "prices": "[]" },
            "tenantRegistrationData": { "registrationStatus": status }
        } })
    };
    let failed = |status: &str| json!({ "tenantRegistrationId": registration, "jobOutput": { "tenantStatus": status } });
    vec![
        // create_tenant_registration: registration data, tenant data and ids, merged flat.
        (
            "registration",
            EventName::OnboardingRequest,
            json!({
                "registrationStatus": "In progress", "tenantName": "Acme", "email": "admin@acme.example",
                "tier": "basic", "prices": [{ "id": "price_1", "metricName": "productsSold" }],
                "tenantRegistrationId": registration, "tenantId": tenant
            }),
        ),
        // delete_tenant_registration: the whole tenant, over it the registration as it was.
        (
            "deletion",
            EventName::OffboardingRequest,
            json!({
                "tenantId": tenant, "tenantRegistrationId": registration, "tenantName": "Acme",
                "email": "admin@acme.example", "tier": "basic", "tenantConfig": "{}",
                "registrationStatus": "created", "sbtaws_active": true
            }),
        ),
        ("provisioning job", EventName::ProvisionSuccess, job("created")),
        // An exported variable that the script never set is an empty text.
        ("provisioning job, nothing set", EventName::ProvisionSuccess, job("")),
        ("deprovisioning job", EventName::DeprovisionSuccess, job("deleted")),
        (
            "job that exports nothing",
            EventName::DeprovisionSuccess,
            json!({
                "tenantRegistrationId": registration,
                "jobOutput": { "tenantData": {}, "tenantRegistrationData": {} }
            }),
        ),
        ("failed provisioning job", EventName::ProvisionFailure, failed("Failed to provision tenant.")),
        ("failed deprovisioning job", EventName::DeprovisionFailure, failed("Failed to deprovision tenant.")),
    ]
}

/// Each is accepted as it is, and nothing in it is lost.
#[test]
fn what_sbt_sends_is_accepted() {
    let sources = Sources::default();
    for (what, name, detail) in shapes() {
        let accepted = kind(name).validate(Some(sources.of(name)), detail.to_string().as_bytes(), &sources);
        assert_eq!(accepted, Ok(()), "{what}");
        assert_eq!(tenantry_tests::schemas::errors(name, &detail), Vec::<String>::new(), "{what}");
        assert_eq!(kind(name).rewrite(&detail), Ok(detail), "{what}");
    }
}

/// SBT's marketplace integration names no tenant in its onboardingRequest, so
/// that SBT's own provisioning fails half-way; here it is refused at the door,
/// with the field that is missing.
#[test]
fn a_marketplace_subscriber_without_a_name_is_refused() {
    let detail = json!({
        "customerIdentifier": "c", "productCode": "p", "customerAWSAccountID": "111122223333",
        "created": "1732440600", "contactEmail": "admin@acme.example", "entitlements": "[]"
    });
    let refused =
        kind(EventName::OnboardingRequest).validate(None, detail.to_string().as_bytes(), &Sources::default());
    let violation = refused.unwrap_err();
    assert_eq!(
        (violation.code, violation.field.as_deref()),
        (RejectionCode::MissingField, Some("tenantName"))
    );
}

/// What we send of a job has SBT's fields, in SBT's types and with its words,
/// so that what was written for SBT's events understands ours.
#[test]
fn what_we_send_has_sbts_fields() {
    let mut seen = 0;
    for (what, name, detail) in sent() {
        // Those that SBT has not.
        if name.as_str().starts_with("tenantry_") {
            continue;
        }
        seen += 1;
        assert!(detail["tenantRegistrationId"].is_string(), "{what}: {name}");
        // SBT fixes no fields of its events about activation and users.
        if name.as_str().contains("ctivate") || name.as_str().contains("User") {
            continue;
        }
        let output = &detail["jobOutput"];
        match name.as_str() {
            success if success.ends_with("Success") => {
                for part in ["tenantData", "tenantRegistrationData"] {
                    let data = output[part].as_object().unwrap_or_else(|| panic!("{what}: {name}: {part}"));
                    assert!(
                        data.values().all(Value::is_string),
                        "{what}: {name}: {part} has texts only: {data:?}"
                    );
                }
                let expected = if success.starts_with("de") || success.starts_with("off") {
                    "deleted"
                } else {
                    "created"
                };
                assert_eq!(
                    output["tenantRegistrationData"]["registrationStatus"],
                    json!(expected),
                    "{what}: {name}"
                );
            }
            "provisionFailure" => {
                assert_eq!(output["tenantStatus"], json!("Failed to provision tenant."), "{what}")
            }
            "deprovisionFailure" => {
                assert_eq!(output["tenantStatus"], json!("Failed to deprovision tenant."), "{what}")
            }
            _ => assert!(output["tenantStatus"].is_string(), "{what}: {name}"),
        }
    }
    assert!(seen > 0);
}
