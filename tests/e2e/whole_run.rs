//! What the whole run has left in the logs. Tests begin in the order of their
//! names, so that this one is the last.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{Cloud, PASSWORD, alone, cloud, request};

/// The control plane has written of thousands of requests, with tokens, of
/// hundreds of people; no line of any of its functions, machines and builds, nor
/// of the local cloud itself, holds a token, an e-mail address or a password.
#[test]
fn no_log_line_holds_a_token_an_address_or_a_password() {
    // Nobody else is at work any more.
    drop(alone());
    let cloud = cloud();
    // Addresses, good and bad ones, where a careless function would log them.
    let good = request("Canary");
    let mut bad = request("Canary");
    bad["email"] = "canary@@tenant.example".into();
    bad["tenantName"] = "canary@tenant.example".into();
    // A name may look like an address, and another one asks for the same.
    let (mut named, mut namesake) = (request("Canary"), request("Canary"));
    named["tenantName"] = "canary@b".into();
    namesake["tenantName"] = "CANARY@b".into();
    let all = [&good, &bad, &named, &namesake];
    cloud.put(&all.map(|request| (EventName::OnboardingRequest, request)));
    cloud.settles(good["tenantId"].as_str().expect("an id"), "Active");
    let mut lines = lines(&cloud);
    let own = std::fs::read_to_string(cloud.home().join("cloud.log")).expect("the cloud's own log");
    lines.extend(own.lines().map(|line| ("cloud.log".to_owned(), line.to_owned())));
    for (group, line) in &lines {
        assert_eq!(secret(line), None, "{group}: {line}");
    }
    let groups: BTreeSet<_> = lines.iter().map(|(group, _)| group.as_str()).collect();
    for part in ["onboarding", "lifecycle", "reconciler", "publisher", "record-outcome", "api"] {
        assert!(groups.iter().any(|group| group.ends_with(part)), "{part} has written nothing: {groups:?}");
    }
    assert!(lines.len() > 100, "only {} lines", lines.len());
}

/// What a line must not hold, if it does: an e-mail address, a token (a JWT) or
/// the password of the tests' users.
fn secret(line: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "@.+-_".contains(c);
    let address = |word: &&str| {
        let parts = word.trim_matches('.').split_once('@');
        parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
    };
    let token = |word: &&str| word.starts_with("eyJ") && word.len() > 40;
    let mut words = line.split(|c| !is_part(c));
    words.find(|word| address(word) || token(word)).or(line.contains(PASSWORD).then_some(PASSWORD))
}

/// The check itself sees what it is there for, and only that.
#[test]
fn each_secret_is_seen() {
    let token = format!("Bearer eyJ{}.x", "a".repeat(40));
    for line in ["from ops@saas.example.", "<a.b+c@d-e.f>", "a@b", &token, &format!("x{PASSWORD}x")] {
        assert!(secret(line).is_some(), "{line}");
    }
    for line in ["@ no address", "arn:aws:lambda:us-east-1:000000000000:function:x", "eyJ"] {
        assert_eq!(secret(line), None, "{line}");
    }
}

/// Every line of every log group, with its group.
fn lines(cloud: &Cloud) -> Vec<(String, String)> {
    let groups = cloud.aws(&["logs", "describe-log-groups"]).exits(0).json();
    let groups = groups["logGroups"].as_array().expect("a list").clone();
    let of = |group: &Value| {
        let name = group["logGroupName"].as_str().expect("a name").to_owned();
        let request = json!({ "logGroupName": name });
        let events = cloud.api().call("Logs_20140328", "FilterLogEvents", &request);
        assert_eq!(events["nextToken"], Value::Null, "{name} has another page");
        let events = events["events"].as_array().expect("a list").clone();
        let line = |event: &Value| event["message"].as_str().unwrap_or_default().to_owned();
        events.iter().map(|event| (name.clone(), line(event))).collect::<Vec<_>>()
    };
    groups.iter().flat_map(of).collect()
}
