//! `tenantry event`: catalogue, publishing, following.

use serde_json::{Value, json};
use tenantry_events::catalogue::kind;
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{Cloud, cloud, request, run, run_with, start, tenantry};
use tenantry_tests::{examples, workspace};

/// The catalogue has every event; its schemas are those that are checked in,
/// its examples the golden ones.
#[test]
fn the_catalogue_is_the_contract() {
    let catalogue = run(tenantry().args(["event", "catalog", "--output", "json"])).exits(0).json();
    let names: Vec<&str> = catalogue
        .as_array()
        .expect("a list")
        .iter()
        .map(|kind| kind["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, EventName::ALL.iter().map(|name| name.as_str()).collect::<Vec<_>>());
    for name in names {
        let printed = run(tenantry().args(["event", "catalog", name, "--schema"])).exits(0).json();
        let event: EventName = name.parse().expect("an event");
        let path = format!("schemas/events/{name}/v{}.json", kind(event).version);
        // As JSON: on a terminal, what is hidden in a pattern is spelt out.
        let checked_in: serde_json::Value = serde_json::from_str(&workspace::read(&path)).expect("JSON");
        assert_eq!(printed, checked_in, "{path}");
        let example = run(tenantry().args(["event", "catalog", name, "--example"])).exits(0).json();
        assert_eq!(example, examples::of(event, "full").detail());
    }
}

/// Every valid example passes `validate`, and every invalid one is refused by
/// the code and with the field that its name promises.
#[test]
fn validate_says_what_is_wrong_with_every_example() {
    let file = |example: &examples::Example, folder: &str| {
        format!("events/examples/{}/{folder}/{}.json", example.event, example.name)
    };
    for example in examples::valid() {
        let path = file(&example, "valid");
        run(tenantry().args(["event", "validate", example.event.as_str(), &path])).exits(0);
    }
    for example in examples::invalid() {
        let path = file(&example, "invalid");
        let validate = ["event", "validate", example.event.as_str(), &path, "--output", "json"];
        let said = run(tenantry().args(validate)).exits(6).json();
        assert_eq!((&said["valid"], &said["code"]), (&json!(false), &json!(example.code())), "{path}");
        assert_eq!(said["field"].as_str(), example.field().as_deref(), "{path}");
    }
}

/// An event goes to the bus from a file or from standard input, as it is; one
/// that its receiver would refuse is not sent.
#[test]
fn publish_sends_what_is_valid() {
    let cloud = cloud();
    let detail = json!({ "tenantRegistrationId": uuid::Uuid::new_v4(), "count": 3 });
    let id = detail["tenantRegistrationId"].as_str().expect("an id");
    let file = cloud.home().join("published.json");
    std::fs::write(&file, detail.to_string()).expect("a file");
    let publish = ["event", "publish", "billingFailure"];
    let sent = run(cloud.command().args(publish).arg(&file).args(["--output", "json"])).exits(0).json();
    let heard = cloud.hears(EventName::BillingFailure, id);
    assert_eq!((&heard["id"], &heard["detail"]), (&sent["id"], &detail));
    assert_eq!(heard["source"], "sbt.control.plane");

    let mut bad = request("Not Sent");
    bad["tier"] = json!(7);
    let ran =
        run_with(cloud.command().args(["event", "publish", "onboardingRequest", "-"]), &bad.to_string());
    assert!(ran.exits(6).stderr.contains("`tier` must be"));
    let last = json!({ "after": bad["tenantId"] });
    run_with(cloud.command().args(["event", "publish", "billingSuccess", "-"]), &last.to_string()).exits(0);
    let id = bad["tenantId"].as_str().expect("an id");
    cloud.hears(EventName::BillingSuccess, id);
    assert_eq!(cloud.heard(id).len(), 1);
}

/// `tail` prints what it was asked for and nothing else, stops after so many,
/// and takes its rule and its queue with it; also after Ctrl-C.
#[test]
fn tail_follows_the_bus_and_leaves_nothing_there() {
    let cloud = cloud();
    let before = rules(&cloud);
    let tail = ["event", "tail", "--name", "ingestUsage"];
    let mut two = start(cloud.command().args(tail).args(["--count", "2", "--output", "json"]));
    let mut table = start(cloud.command().args(tail));
    two.says("listening to the bus tenantry");
    table.says("listening to the bus tenantry");
    assert_eq!(rules(&cloud).len(), before.len() + 2);
    let usage = examples::of(EventName::IngestUsage, "full").detail();
    let tenant = usage["tenantId"].as_str().expect("an id");
    cloud.put(&[
        (EventName::IngestUsage, &usage),
        (EventName::BillingSuccess, &json!({})),
        (EventName::IngestUsage, &usage),
    ]);
    let ran = two.end().exits(0);
    let events: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect("an event a line")).collect();
    assert_eq!(events.len(), 2, "{}", ran.stdout);
    assert!(
        events.iter().all(|event| event["detail-type"] == "sbt_aws_ingestUsage" && event["detail"] == usage)
    );

    tenantry_tests::cloud::until("both events", || (table.stdout().lines().count() == 2).then_some(()));
    table.interrupt();
    let ran = table.end().exits(0);
    assert!(ran.stdout.lines().all(|line| line.contains("sbt_aws_ingestUsage") && line.contains(tenant)));
    assert_eq!(rules(&cloud), before);
    let queues = cloud.aws(&["sqs", "list-queues", "--endpoint-url", cloud.endpoint()]).exits(0).stdout;
    assert_eq!(queues.matches("tenantry-tail-").count(), before.len(), "{queues}");
}

/// The rules that listeners have on the bus.
fn rules(cloud: &Cloud) -> Vec<String> {
    let list = ["events", "list-rules", "--event-bus-name", "tenantry", "--name-prefix", "tenantry-tail-"];
    let found = cloud.aws(&list).exits(0).json();
    let names = found["Rules"].as_array().expect("a list").iter().filter_map(|rule| rule["Name"].as_str());
    names.map(str::to_owned).collect()
}
