//! `tiers`: what a template declares, and what CloudFormation is told.

use crate::kit::{at, done, invoke};
use serde_json::{Value, json};
use tenantry_registry::plan::Plan as TierPlan;
use tenantry_registry::tier::Tier;
use tenantry_tests::builders::platinum;
use tenantry_tests::faults::{Fault, Plan, Span};
use tenantry_tests::payloads::{properties, tier_request as request};
use tenantry_tests::world::{Function, World};

/// Invokes the function and gives the one answer to it.
async fn answered(world: &World, payload: &Value) -> Value {
    let before = world.answers().len();
    done(world, Function::Tiers, payload, at(0)).await;
    let answers = world.answers();
    assert_eq!(answers.len(), before + 1);
    let answer = answers.last().unwrap().clone();
    for name in ["StackId", "RequestId", "LogicalResourceId"] {
        assert_eq!(answer[name], payload[name]);
    }
    answer
}

/// The tier called `name`.
async fn tier(world: &World, name: &str) -> Option<Tier> {
    world.registry().tier(&name.parse().unwrap()).await.unwrap()
}

/// Create and update write the tier; another name is another resource.
#[tokio::test]
async fn a_declared_tier_is_there() {
    let world = World::new().await;
    let declared = json!({ "ResourceProperties": properties("platinum", "silo") });
    let answer = answered(&world, &request(&world, "Create", &declared).await).await;
    assert_eq!(
        (&answer["Status"], &answer["PhysicalResourceId"]),
        (&json!("SUCCESS"), &json!("tier-platinum"))
    );
    assert_eq!(tier(&world, "platinum").await, Some(platinum()));
    for (name, plan) in [("platinum", "external-pool"), ("gold", "external-silo")] {
        let changed = json!({
            "PhysicalResourceId": "tier-platinum",
            "ResourceProperties": properties(name, plan),
            "OldResourceProperties": properties("platinum", "silo"),
        });
        let answer = answered(&world, &request(&world, "Update", &changed).await).await;
        assert_eq!(answer["Status"], "SUCCESS");
        assert_eq!(answer["PhysicalResourceId"], format!("tier-{name}"));
    }
    assert_eq!(tier(&world, "platinum").await.unwrap().plan, TierPlan::ExternalPool);
    assert_eq!(tier(&world, "gold").await.unwrap().plan, TierPlan::ExternalSilo);
}

/// Delete takes the tier out, and is as successful where there is none.
#[tokio::test]
async fn a_deleted_tier_is_gone() {
    let world = World::new().await;
    world.registry().put_tier(&platinum()).await.unwrap();
    let deleted = json!({
        "PhysicalResourceId": "tier-platinum",
        "ResourceProperties": properties("platinum", "silo"),
    });
    for _ in 0..2 {
        let answer = answered(&world, &request(&world, "Delete", &deleted).await).await;
        assert_eq!(
            (&answer["Status"], &answer["PhysicalResourceId"]),
            (&json!("SUCCESS"), &json!("tier-platinum"))
        );
        assert_eq!(tier(&world, "platinum").await, None);
    }
}

/// A declaration that is none fails the stack's operation with the reason, and
/// changes nothing; nor does the delete that CloudFormation sends after it,
/// even where another resource has declared a tier of that name.
#[tokio::test]
async fn a_wrong_declaration_fails_and_its_rollback_takes_no_tier_out() {
    for (declared, reason) in [
        (properties("platinum", "shared"), "unknown variant `shared`"),
        (properties("Platinum!", "silo"), "letters, digits"),
        (json!({ "Name": "platinum" }), "missing field `Plan`"),
        (json!({ "Name": ["platinum"], "Plan": "silo" }), "invalid type"),
        (json!({}), "missing field `Name`"),
    ] {
        let world = World::new().await;
        world.registry().put_tier(&platinum()).await.unwrap();
        let create = request(&world, "Create", &json!({ "ResourceProperties": declared })).await;
        let answer = answered(&world, &create).await;
        assert_eq!(answer["Status"], "FAILED", "{declared}");
        assert!(answer["Reason"].as_str().unwrap().contains(reason), "{answer}");
        let physical = &answer["PhysicalResourceId"];
        let rollback = json!({ "PhysicalResourceId": physical, "ResourceProperties": declared });
        let answer = answered(&world, &request(&world, "Delete", &rollback).await).await;
        assert_eq!(answer["Status"], "SUCCESS");
        assert_eq!(tier(&world, "platinum").await, Some(platinum()), "{declared}");
        // A failed update stays the resource that it was: nothing to delete.
        let update = json!({
            "PhysicalResourceId": "tier-platinum",
            "ResourceProperties": declared,
            "OldResourceProperties": properties("platinum", "silo"),
        });
        let answer = answered(&world, &request(&world, "Update", &update).await).await;
        assert_eq!(
            (&answer["Status"], &answer["PhysicalResourceId"]),
            (&json!("FAILED"), &json!("tier-platinum"))
        );
        assert_eq!(tier(&world, "platinum").await, Some(platinum()));
    }
}

/// A registry that does not answer fails the stack's operation, with its words.
#[tokio::test]
async fn a_registry_that_does_not_answer_fails_the_operation() {
    let world = World::new().await;
    let declared = json!({ "ResourceProperties": properties("platinum", "silo") });
    let create = request(&world, "Create", &declared).await;
    world.faulty().start(vec![Plan::on("UpdateItem", 0, Fault::Throttled, Span::Throughout)]);
    let answer = answered(&world, &create).await;
    assert_eq!(answer["Status"], "FAILED");
    assert!(answer["Reason"].as_str().unwrap().contains("throttled"), "{answer}");
}

/// Where CloudFormation takes no answer, the invocation is an error, which
/// Lambda repeats.
#[tokio::test]
async fn an_answer_that_is_not_taken_is_an_error() {
    for fault in [Fault::Refused, Fault::Throttled, Fault::NoAnswer, Fault::Unanswered] {
        let world = World::new().await;
        let declared = json!({ "ResourceProperties": properties("platinum", "silo") });
        let create = request(&world, "Create", &declared).await;
        world.faulty().start(vec![Plan::on("PUT", 0, fault, Span::Once)]);
        let refusal = invoke(&world, Function::Tiers, &create, at(0)).await.unwrap_err();
        assert_eq!((refusal.name, refusal.is_retryable), ("CloudFormationUnanswered", true), "{fault}");
        answered(&world, &create).await;
        assert_eq!(tier(&world, "platinum").await, Some(platinum()));
    }
}
