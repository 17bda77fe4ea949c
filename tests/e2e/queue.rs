//! The dead-letter queue, as an operator looks at it and empties it.

use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{Ask, cloud, request};
use uuid::Uuid;

/// Poison is in the queue after its first attempt, with its reason, and holds
/// up nobody; what comes too early, after its third. Both can be looked at by
/// event, target, reason and number of attempts. Handing over again fails as
/// long as the reason is there, as often as one likes, and then happens once,
/// however many letters ask for it.
#[test]
fn dead_letters_can_be_read_and_handed_over_again() {
    let cloud = cloud();
    let plane = cloud.plane("letters");
    let tier = plane.guest_tier();
    let (mut poison, mut healthy, mut late) = (request("Poison"), request("Healthy"), request("Late"));
    poison["tenantName"] = json!(7);
    for detail in [&mut healthy, &mut late] {
        detail["tier"] = json!(tier);
    }
    let id = |detail: &Value| detail["tenantId"].as_str().expect("an id").to_owned();
    // The same request three times, before its tenant: it is one event.
    let early = json!({ "tenantId": late["tenantId"], "metadata": metadata() });
    plane.put(&[
        (EventName::OnboardingRequest, &poison),
        (EventName::OnboardingRequest, &healthy),
        (EventName::OffboardingRequest, &early),
        (EventName::OffboardingRequest, &early),
        (EventName::OffboardingRequest, &early),
    ]);
    let _ = plane.is(&id(&healthy), "Provisioning");

    let letters = plane.letters(4);
    let of = |function: &str| -> Vec<&Value> {
        letters.iter().filter(|l| l["function"].as_str().is_some_and(|f| f.ends_with(function))).collect()
    };
    let (poisoned, stuck) = (of("onboarding"), of("offboarding"));
    assert_eq!((poisoned.len(), stuck.len()), (1, 3), "{letters:#?}");
    let of_poison = poisoned[0];
    assert_eq!(of_poison["about"], "sbt_aws_onboardingRequest");
    assert_eq!((&of_poison["code"], &of_poison["attempts"]), (&json!("InvalidField"), &json!(1)));
    assert!(
        of_poison["reason"].as_str().is_some_and(|reason| reason.contains("tenantName")),
        "{of_poison:#}"
    );
    assert_eq!(of_poison["tenantId"], poison["tenantId"]);
    for letter in &stuck {
        assert_eq!(letter["about"], "sbt_aws_offboardingRequest");
        assert_eq!((&letter["code"], &letter["attempts"]), (&json!("UnknownTenant"), &json!(3)));
        assert_eq!(letter["tenantId"], late["tenantId"]);
    }
    let short: String = of_poison["id"].as_str().expect("an id").chars().take(8).collect();
    let table = plane.tenantry(&["queue", "list"]).exits(0).stdout;
    let row = table.lines().find(|line| line.starts_with(&short)).expect("the letter's row");
    assert!(row.contains("onboarding") && row.contains("InvalidField"), "{row}");
    let shown = plane.json(&["queue", "show", &short]);
    assert_eq!((&shown["id"], &shown["payload"]["detail"]), (&of_poison["id"], &poison));
    plane.tenantry(&["queue", "show", "no-such-id"]).exits(3);
    plane.tenantry(&["queue", "redrive", "no-such-id"]).exits(3);

    let api = plane.api();
    let operator = api.token("operator");
    for _ in 0..3 {
        let first = stuck[0]["id"].as_str().expect("an id");
        let failed = plane.tenantry(&["queue", "redrive", first]).exits(1);
        assert!(failed.stderr.contains("failed again (UnknownTenant)"), "{}", failed.stderr);
        // Poison stays poison, and stays where it is.
        let all = plane.tenantry(&["queue", "redrive", "--all"]).exits(1);
        assert!(all.stderr.contains("4 failed again"), "{}", all.stderr);
        assert_eq!(plane.letters(4).len(), 4);
        // The same by HTTP, where it is said letter by letter.
        let redrive = Ask::new("POST", "/queues/dead-letters/redrive").by(operator);
        let answer = api.send_patiently(&redrive.with(&json!({ "all": true }))).expect(200).json();
        assert_eq!(answer["data"]["redriven"], 0, "{answer}");
        let errors: Vec<_> = answer["data"]["failed"].as_array().expect("a list").iter().collect();
        let named = |name: &str| {
            errors.iter().filter(|e| e["error"].as_str().is_some_and(|error| error.starts_with(name))).count()
        };
        assert_eq!((named("InvalidField"), named("UnknownTenant")), (1, 3), "{answer}");
        assert_eq!(plane.letters(4).len(), 4);
    }
    plane.tenantry(&["tenant", "show", &id(&late)]).exits(3);

    plane.put(&[(EventName::OnboardingRequest, &late)]);
    let _ = plane.is(&id(&late), "Provisioning");
    for _ in 0..3 {
        let all = plane.tenantry(&["queue", "redrive", "--all"]).exits(1);
        assert!(all.stderr.contains("1 failed again"), "{}", all.stderr);
    }
    let left = plane.letters(1);
    assert_eq!((left.len(), &left[0]["code"]), (1, &json!("InvalidField")), "{left:#?}");
    let _ = plane.is(&id(&late), "Deprovisioning");
    // One of the three was it; for the others nothing was left to do or to say.
    let lines = plane.lines(&id(&late), "offboardingRequest", 1);
    assert_eq!(lines.iter().map(|line| &line["verdict"]).collect::<Vec<_>>(), ["accepted"]);
    assert_eq!(lines[0]["eventId"], early["metadata"]["eventId"]);
}

fn metadata() -> Value {
    let id = Uuid::new_v4();
    json!({
        "eventId": id,
        "schemaVersion": 1,
        "occurredAt": "2026-01-02T12:00:00Z",
        "correlationId": id,
        "producer": "tests",
    })
}
