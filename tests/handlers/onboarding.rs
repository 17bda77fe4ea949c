//! `onboarding`: what becomes of a request, and of one that comes again, late
//! or forged.

use crate::kit::{
    self, ACTIVE, GONE, SECRET, asked, at, done, live, metadata, onboarding_request, put_away, verdicts,
};
use serde_json::{Value, json};
use tenantry_events::ids::{EventId, TenantId};
use tenantry_events::name::EventName;
use tenantry_registry::tenant::Status;
use tenantry_tests::builders::platinum;
use tenantry_tests::events::{envelope_id, event, with};
use tenantry_tests::examples;
use tenantry_tests::faults::{Fault, Plan, Span};
use tenantry_tests::world::{Function, World};

async fn world() -> World {
    let world = World::new().await;
    world.registry().put_tier(&platinum()).await.unwrap();
    world
}

async fn onboard(world: &World, payload: &Value, n: usize) {
    done(world, Function::Onboarding, payload, at(n)).await;
}

/// A request becomes a tenant, its two claims, its first operation and a line of
/// history, in one transaction; nothing else is called.
#[tokio::test]
async fn a_request_becomes_a_tenant() {
    let world = world().await;
    onboard(&world, &onboarding_request("acme", "first"), 0).await;
    let tenant = kit::tenant(&world, "acme").await;
    assert_eq!((tenant.status, tenant.version, tenant.generation), (Status::Provisioning, 1, 1));
    assert_eq!(tenant.attributes["apiToken"], SECRET);
    assert_eq!(tenant.onboarded_by, EventId::from(envelope_id("first")));
    assert_eq!(
        asked(&world),
        ["TransactWriteItems TENANT+CLAIM(name)+CLAIM(registration)+CAPACITY+CAPACITY+OPERATION+AUDIT"]
    );
    let line = kit::history(&world, "acme").await.remove(0);
    assert_eq!(
        (line.origin.action.as_str(), line.origin.actor.as_str()),
        ("onboardingRequest", "sbt.control.plane")
    );
    let items = world.items().await.len();
    assert_eq!(items, 8, "the tier, the tenant, two claims, two counts, the operation and the line");
}

/// The log says which tenant, which event and what became of it; who asked and
/// what else they sent, which is in every request here, it never says.
#[tokio::test]
async fn the_log_says_which_tenant_and_not_who() {
    let world = world().await;
    let request = onboarding_request("acme", "first");
    assert!(request.to_string().contains(&format!("{SECRET}@acme.example")));
    let (invocation, log) = kit::logged(&world, Function::Onboarding, &request, at(0)).await;
    invocation.unwrap();
    let tenant = TenantId::derive("acme").to_string();
    for said in [tenant, envelope_id("first").to_string(), "accepted: onboarding accepted".to_owned()] {
        assert!(log.contains(&said), "{said} is not in {log}");
    }
}

/// Every valid example of the contract becomes a tenant.
#[tokio::test]
async fn every_valid_example_becomes_a_tenant() {
    let valid = examples::valid().into_iter().filter(|example| example.event == EventName::OnboardingRequest);
    for example in valid {
        let world = world().await;
        onboard(&world, &event(example.event, "valid", &example.detail()), 0).await;
        let items = world.items().await;
        assert!(items.keys().any(|key| key.ends_with("/TENANT")), "{}", example.title());
    }
}

/// The same delivery again, the same event in another envelope, and another
/// event with the same content: duplicates, each in the history.
#[tokio::test]
async fn a_repeated_request_changes_nothing() {
    let world = world().await;
    let request =
        with(onboarding_request("acme", "first"), &json!({ "metadata": metadata("order 1", "shop") }));
    onboard(&world, &request, 0).await;
    let before = kit::tenant(&world, "acme").await;
    onboard(&world, &request, 1).await;
    let mut resent = request.clone();
    resent["id"] = json!(envelope_id("second"));
    onboard(&world, &resent, 2).await;
    onboard(&world, &onboarding_request("acme", "third"), 3).await;
    assert_eq!(kit::tenant(&world, "acme").await, before);
    let duplicate = "duplicate AlreadyOnboarded";
    assert_eq!(verdicts(&world, "acme").await, ["accepted", duplicate, duplicate, duplicate]);
    let lines = kit::history(&world, "acme").await;
    assert!(lines[..3].iter().all(|line| line.origin.event_id == before.onboarded_by));
    assert_eq!(lines[0].origin.actor, "sbt.control.plane (shop)");
}

/// The same event twice within a millisecond: the line that says that it was
/// accepted stays, next to the duplicate's.
#[tokio::test]
async fn a_duplicate_in_the_same_millisecond_does_not_overwrite_the_acceptance() {
    let world = world().await;
    let request = onboarding_request("acme", "first");
    onboard(&world, &request, 0).await;
    onboard(&world, &request, 0).await;
    assert_eq!(verdicts(&world, "acme").await, ["accepted", "duplicate AlreadyOnboarded"]);
}

/// A request without a tenant id means the tenant of its registration; without
/// either, that of its event's id: the same one each time.
#[tokio::test]
async fn a_request_that_names_no_tenant_means_the_same_one_each_time() {
    let event = EventId::from(envelope_id("first"));
    for (fields, id) in [
        (json!({ "tenantId": null }), TenantId::derive(kit::registration("acme").as_str())),
        (json!({ "tenantId": null, "tenantRegistrationId": null }), TenantId::of_event(event)),
    ] {
        let world = world().await;
        let request = with(onboarding_request("acme", "first"), &fields);
        onboard(&world, &request, 0).await;
        onboard(&world, &request, 1).await;
        let tenant = world.registry().tenant(id).await.unwrap().expect("the tenant is there");
        assert_eq!((tenant.tenant_id, tenant.version), (id, 1));
        let lines = world.registry().history(id).await.unwrap().audit;
        let lines: Vec<_> = lines.into_iter().map(|line| (line.verdict.to_string(), line.code)).collect();
        let again = ("duplicate".to_owned(), Some("AlreadyOnboarded".to_owned()));
        assert_eq!(lines, [("accepted".to_owned(), None), again]);
    }
}

/// A name that a live tenant has is refused, in the history of the tenant that
/// was not to be, where the publisher finds it.
#[tokio::test]
async fn a_name_that_is_taken_is_refused() {
    let world = world().await;
    live(&world, "acme", platinum(), ACTIVE).await;
    let taken = with(onboarding_request("rival", "first"), &json!({ "tenantName": " ACME " }));
    onboard(&world, &taken, 0).await;
    assert_eq!(verdicts(&world, "rival").await, ["refused NameTaken"]);
    assert_eq!(world.registry().tenant(TenantId::derive("rival")).await.unwrap(), None);
    let line = kit::history(&world, "rival").await.remove(0);
    assert_eq!(line.tenant_registration_id, Some(kit::registration("rival").to_string()));
}

/// A tier that the registry does not have is refused, and the request kept:
/// once the tier is there, driving it again succeeds.
#[tokio::test]
async fn a_request_for_an_unknown_tier_waits_in_the_queue_for_the_tier() {
    let world = World::new().await;
    world.create_queue().await;
    let request = onboarding_request("acme", "first");
    onboard(&world, &request, 0).await;
    assert_eq!(verdicts(&world, "acme").await, ["refused UnknownTier"]);
    let (kept, why) = put_away(&world).await;
    assert_eq!(kept, request);
    assert_eq!((why["ERROR_CODE"].as_str(), why["FUNCTION"].as_str()), ("UnknownTier", "onboarding"));
    assert!(why["ERROR_MESSAGE"].contains("`tier`"), "{why:?}");
    world.registry().put_tier(&platinum()).await.unwrap();
    onboard(&world, &kept, 1).await;
    assert_eq!(kit::tenant(&world, "acme").await.status, Status::Provisioning);
}

/// After the tenant's end, its request coming again is stale, and another one
/// with its id is refused: a tombstone stays.
#[tokio::test]
async fn a_request_after_the_tenants_end_brings_nobody_back() {
    let world = world().await;
    let request =
        with(onboarding_request("acme", "first"), &json!({ "metadata": metadata("onboard acme", "shop") }));
    live(&world, "acme", platinum(), GONE).await;
    let before = kit::tenant(&world, "acme").await;
    onboard(&world, &request, 10).await;
    onboard(&world, &onboarding_request("acme", "second"), 11).await;
    assert_eq!(kit::tenant(&world, "acme").await, before);
    let verdicts = verdicts(&world, "acme").await;
    assert_eq!(verdicts[GONE.len()..], ["stale TenantOffboarded", "refused TenantOffboarded"]);
}

/// A request that is not its publisher's to make: another registration, name,
/// address or tier under a live tenant's id, a field of the control plane's,
/// another plane's source. Each is refused in the tenant's history and changes
/// nothing.
#[tokio::test]
async fn a_forged_request_is_refused_in_the_tenants_history() {
    let world = world().await;
    onboard(&world, &onboarding_request("acme", "first"), 0).await;
    let before = kit::tenant(&world, "acme").await;
    let forge = |fields: Value| with(onboarding_request("acme", "forged"), &fields);
    let mut elsewhere = forge(json!({}));
    elsewhere["source"] = json!("sbt.application.plane");
    let forged = [
        (forge(json!({ "tenantName": "Mallory" })), "TenantExists"),
        (forge(json!({ "email": "mallory@acme.example" })), "TenantExists"),
        (forge(json!({ "tenantRegistrationId": "mallory" })), "TenantExists"),
        (forge(json!({ "outputs": { "apiUrl": "https://mallory" } })), "OwnedField"),
        (forge(json!({ "version": 7 })), "OwnedField"),
        (elsewhere, "WrongSource"),
    ];
    for (n, (payload, code)) in forged.iter().enumerate() {
        onboard(&world, payload, n + 1).await;
        let last = verdicts(&world, "acme").await.pop().unwrap();
        assert_eq!(last, format!("refused {code}"), "{payload}");
    }
    assert_eq!(kit::tenant(&world, "acme").await, before);
    assert_eq!(verdicts(&world, "acme").await.len(), 1 + forged.len());
}

/// A forged request for a tenant that nobody knows is put away with its reason.
#[tokio::test]
async fn a_forged_request_for_an_unknown_tenant_is_put_away() {
    let world = world().await;
    world.create_queue().await;
    let mut forged = onboarding_request("acme", "forged");
    forged["source"] = json!("aws.health");
    onboard(&world, &forged, 0).await;
    let (kept, why) = put_away(&world).await;
    assert_eq!((kept, why["ERROR_CODE"].as_str()), (forged, "WrongSource"));
    assert_eq!(
        why["ERROR_MESSAGE"],
        "`source` of onboardingRequest must be `sbt.control.plane`, was `aws.health`"
    );
    assert_eq!(world.items().await.len(), 1, "the tier");
}

/// A name may be a hundred characters of any script, also where comparing them
/// takes more.
#[tokio::test]
async fn the_longest_name_in_any_script_is_taken_and_compared() {
    for letter in ["a", "Ⅷ", "😀"] {
        let world = world().await;
        let name = json!({ "tenantName": letter.repeat(100) });
        onboard(&world, &with(onboarding_request("acme", "first"), &name), 0).await;
        assert_eq!(verdicts(&world, "acme").await, ["accepted"], "{letter}");
        onboard(&world, &with(onboarding_request("rival", "second"), &name), 1).await;
        assert_eq!(verdicts(&world, "rival").await, ["refused NameTaken"], "{letter}");
        // The last character counts.
        let other = json!({ "tenantName": format!("{}b", letter.repeat(99)) });
        onboard(&world, &with(onboarding_request("other", "third"), &other), 2).await;
        assert_eq!(verdicts(&world, "other").await, ["accepted"], "{letter}");
    }
}

/// A publisher's own name for itself is kept, and cut.
#[tokio::test]
async fn a_producers_name_of_any_length_does_not_swell_the_history() {
    let world = world().await;
    let producer = json!({ "metadata": metadata("order 1", &"x".repeat(200_000)) });
    onboard(&world, &with(onboarding_request("acme", "first"), &producer), 0).await;
    let actor = kit::history(&world, "acme").await.remove(0).origin.actor;
    assert!(actor.starts_with("sbt.control.plane (xxx") && actor.chars().count() <= 200, "{}", actor.len());
}

/// Another transaction at the same items is no fault: it is decided anew, at
/// once, and only given up after many times.
#[tokio::test]
async fn a_transaction_that_meets_another_is_tried_again() {
    let conflict = |place| Plan::on("TransactWriteItems", place, Fault::Conflict, Span::Throughout);
    let world = world().await;
    world.faulty().start((0..3).map(conflict).collect());
    onboard(&world, &onboarding_request("acme", "first"), 0).await;
    assert!(world.faulty().all_met());
    assert_eq!(verdicts(&world, "acme").await, ["accepted"]);
    world.faulty().start((0..8).map(conflict).collect());
    let other = onboarding_request("other", "second");
    let refusal = kit::invoke(&world, Function::Onboarding, &other, at(1)).await.unwrap_err();
    assert_eq!((refusal.name, refusal.is_retryable), ("TenantContended", true));
}

/// A transaction that was done and not answered is the same one when the SDK
/// sends it again, by its token: no second line, and no race lost to oneself.
#[tokio::test]
async fn a_transaction_that_comes_again_is_the_same_one() {
    let world = world().await;
    world.faulty().start(vec![Plan::on("TransactWriteItems", 0, Fault::Unanswered, Span::Once)]);
    onboard(&world, &onboarding_request("acme", "first"), 0).await;
    let calls = world.faulty().calls();
    let sent: Vec<_> = calls.iter().filter(|call| call.operation == "TransactWriteItems").collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].request, sent[1].request);
    assert!(sent[0].request["ClientRequestToken"].is_string() && sent.iter().all(|call| call.is_done()));
    assert_eq!(verdicts(&world, "acme").await, ["accepted"]);
}
