//! What is delivered again has no effect again: the archive, the dead letters,
//! and a sweep.

use crate::foreign::done;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{Plane, cloud, request, until};
use uuid::Uuid;

const INTAKE: [&str; 4] = ["onboarding", "offboarding", "lifecycle", "application-events"];
/// What the story puts on the bus that a function decides on.
const DECIDED: usize = 12;

/// Tenants that lived, were suspended, refused and offboarded; requests that
/// were refused; poison, and a request about nobody. Then the whole archive
/// three times, one tenant's once more, every dead letter three times, and two
/// sweeps: nothing is written, no execution starts, no event is sent.
#[test]
fn everything_delivered_three_times_more_changes_nothing() {
    let cloud = cloud();
    let plane = cloud.plane("archived");
    let ears = plane.listen();
    let begun = Utc::now() - TimeDelta::seconds(5);
    let kept = story(&plane);
    let ended = Utc::now() + TimeDelta::seconds(1);
    assert_eq!(plane.letters(2).len(), 2);
    let before = plane.picture(&ears);
    assert!(
        before.items.len() > 20 && before.executions.len() == 2 && before.events.len() > 20,
        "{before:#?}"
    );
    plane.picture(&ears).assert_is(&before);

    let moment = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let (from, to) = (moment(begun), moment(ended));
    let replay = ["event", "replay", "--from", &from, "--to", &to];
    for time in 1..=3 {
        plane.tenantry(&replay).exits(0);
        until("everything to be delivered again", || {
            (plane.logged(&INTAKE, "replayed, and") >= time * DECIDED).then_some(())
        });
        // The request about nobody is given up once more.
        assert_eq!(plane.letters(2 + time).len(), 2 + time);
    }
    plane.picture(&ears).assert_is(&before);
    let one = plane.tenantry(&[&replay[..], &["--tenant", &kept]].concat()).exits(0);
    let handed = |function: &str| one.stderr.matches(&format!("delivered to {function}")).count();
    assert_eq!(INTAKE.map(handed), [1, 0, 3, 0], "{}", one.stderr);
    assert_eq!(plane.logged(&INTAKE, "replayed, and"), 3 * DECIDED + 4);
    plane.picture(&ears).assert_is(&before);

    for _ in 0..3 {
        plane.tenantry(&["queue", "redrive", "--all"]).exits(1);
        assert_eq!(plane.letters(5).len(), 5);
    }
    plane.picture(&ears).assert_is(&before);

    for _ in 0..2 {
        assert_eq!(swept(&plane, 0), 0);
    }
    let said = plane.tenantry(&["sweep"]).exits(0);
    assert!(said.stderr.contains("0 repairs"), "{}", said.stderr);
    plane.picture(&ears).assert_is(&before);
    ears.interrupt();
    ears.end().exits(0);
}

/// Everything that can become of a request; the id of the tenant that stays.
fn story(plane: &Plane<'_>) -> String {
    let tier = plane.guest_tier();
    let (kept, mut gone) = (request("Kept"), request("Gone"));
    gone["tier"] = json!(tier);
    let id = |detail: &Value| detail["tenantId"].as_str().expect("an id").to_owned();
    let (kept_id, gone_id) = (id(&kept), id(&gone));
    plane.put(&[(EventName::OnboardingRequest, &kept), (EventName::OnboardingRequest, &gone)]);
    let _ = plane.is(&gone_id, "Provisioning");
    let _ = plane.is(&kept_id, "Active");
    // One operation is under way, and all is well with it.
    assert_eq!(swept(plane, 1), 0);

    let (mut taken, mut poison) = (request("KEPT"), request("Poison"));
    taken["tier"] = json!(tier);
    poison["tenantName"] = json!(7);
    let nobody = json!({ "tenantId": Uuid::new_v4() });
    let about = json!({ "tenantId": kept_id, "requestedBy": "ops@saas.example" });
    let malformed = json!({ "tenantRegistrationId": gone["tenantRegistrationId"], "jobOutput": "done" });
    plane.put(&[
        (EventName::OnboardingRequest, &taken),
        (EventName::OnboardingRequest, &poison),
        (EventName::OffboardingRequest, &nobody),
        (EventName::RetryRequest, &about),
        (EventName::CancelRequest, &about),
        (EventName::ProvisionSuccess, &malformed),
    ]);
    for (id, action) in [
        (&id(&taken), "onboardingRequest"),
        (&kept_id, "tenantry_retryRequest"),
        (&kept_id, "tenantry_cancelRequest"),
        (&gone_id, "sbt_aws_provisionSuccess"),
    ] {
        assert_eq!(plane.lines(id, action, 1)[0]["verdict"], "refused", "{action}");
    }

    plane.put(&[
        (EventName::DeactivateRequest, &about),
        (EventName::ProvisionSuccess, &done(&gone, "created", json!({}))),
    ]);
    let _ = plane.is(&gone_id, "Active");
    plane.put(&[(EventName::OffboardingRequest, &json!({ "tenantId": gone_id }))]);
    let _ = plane.is(&gone_id, "Deprovisioning");
    // A late outcome, and the right one.
    plane.put(&[(
        EventName::ProvisionFailure,
        &json!({
            "tenantRegistrationId": gone["tenantRegistrationId"],
            "jobOutput": { "tenantStatus": "Failed to provision tenant." },
        }),
    )]);
    assert_eq!(plane.lines(&gone_id, "provisionFailure", 1)[0]["verdict"], "stale");
    plane.put(&[(EventName::DeprovisionSuccess, &done(&gone, "deleted", json!({})))]);
    let _ = plane.is(&gone_id, "Deprovisioned");
    let _ = plane.is(&kept_id, "Suspended");
    kept_id
}

/// How much a sweep repairs that finds `open` operations under way.
fn swept(plane: &Plane<'_>, open: u64) -> u64 {
    let sweep = plane.json(&["sweep"]);
    assert_eq!(sweep["open"], open, "{sweep}");
    let repairs = ["started", "recorded", "stopped", "published", "begun"];
    repairs.iter().map(|repair| sweep[repair].as_u64().expect("a number")).sum()
}
