//! What a person sees of an operation: while it runs, and afterwards.

use tenantry_tests::cloud::{cloud, until};

/// `--wait` shows states, phases and the build's log as they come, then the
/// tenant; `execution list`, `show` and `watch` have the same execution.
#[test]
fn an_operation_can_be_followed_and_looked_up() {
    let cloud = cloud();
    let onboard = ["tenant", "onboard", "--name", "Followed", "--email", "a@b.example", "--tier", "platinum"];
    let key = uuid::Uuid::new_v4().to_string();
    let onboard = [&onboard[..], &["--idempotency-key", &key, "--registration-id", &key]].concat();
    let ran = cloud.tenantry(&[&onboard[..], &["--wait"]].concat()).exits(0);
    let said = [
        "onboarding of Followed requested",
        "onboarding accepted",
        "Provisioning",
        "state Deploy",
        "build tenantry-provision-silo:",
        "DOWNLOAD_SOURCE",
        "the stack is CREATE_COMPLETE",
        "state Deploy done",
        "state Record",
        "execution succeeded",
        "✓ Active",
    ];
    let mut rest = ran.stderr.as_str();
    for text in said {
        let at = rest.find(text).unwrap_or_else(|| panic!("`{text}` does not follow:\n{}", ran.stderr));
        rest = &rest[at + text.len()..];
    }
    let field = |name: &str| {
        let line = ran.stdout.lines().find(|line| line.starts_with(name)).expect(name);
        line[name.len()..].trim().to_owned()
    };
    let id = field("Tenant ");
    assert_eq!(field("Status"), "Active");
    assert_eq!(field("Registration"), key);
    assert_eq!(field("Stack"), format!("tenantry-tenant-{id}"));
    for name in ["apiUrl", "userPoolId", "userPoolClientId", "Build", "Log", "Release"] {
        assert!(field(name).len() > 5, "{}", ran.stdout);
    }
    assert!(field("Operation").starts_with("provision 1-1 (succeeded, took "), "{}", ran.stdout);
    // There is no console here: the command that shows the log is named, and does.
    assert!(!ran.stdout.contains("console.aws.amazon.com"), "{}", ran.stdout);
    assert_eq!(field("Log"), format!("tenantry execution logs {id}-1-1"));
    let log: Vec<String> = field("Log").split(' ').skip(1).map(str::to_owned).collect();
    let log: Vec<&str> = log.iter().map(String::as_str).collect();
    let printed = cloud.tenantry(&log).exits(0).stdout;
    let heading = format!("── {} (SUCCEEDED)\n", field("Build"));
    assert!(printed.starts_with(&heading) && printed.contains("the stack is CREATE_COMPLETE"), "{printed}");
    let tail = cloud.json(&["execution", "logs", &id, "--tail", "1"]);
    assert_eq!(tail[0]["lines"].as_array().map(Vec::len), Some(1), "{tail}");
    assert!(printed.trim_end().ends_with(tail[0]["lines"][0].as_str().expect("a line")), "{printed}{tail}");

    // The same key is the same request: no second tenant, and nothing to wait for.
    let again = cloud.tenantry(&[&onboard[..], &["--wait"]].concat()).exits(0);
    assert_eq!(again.stdout, ran.stdout);
    until("the duplicate in the history", || {
        (cloud.verdicts(&id, "onboardingRequest") == ["accepted", "duplicate"]).then_some(())
    });

    let listed = cloud.tenantry(&["execution", "list", "--status", "succeeded", "--limit", "1000"]).exits(0);
    let line = listed.stdout.lines().find(|line| line.contains(&id)).expect("its execution");
    assert!(line.contains("provision-silo") && line.ends_with(" 1-1"), "{line}");
    let shown = cloud.json(&["execution", "show", &id]);
    assert_eq!((&shown["status"], &shown["executionArn"]), (&"SUCCEEDED".into(), &field("Execution").into()));
    let states = shown["states"].as_array().expect("states").iter();
    let states: Vec<_> = states.map(|run| (run["state"].as_str(), run["attempts"].as_u64())).collect();
    assert_eq!(states, [(Some("Deploy"), Some(1)), (Some("Record"), Some(1))]);
    let people = cloud.tenantry(&["execution", "show", &field("Execution")]).exits(0).stdout;
    assert!(people.contains("\nSTATE   ENTERED") && people.contains("\nDeploy  "), "{people}");
    let watched = cloud.tenantry(&["execution", "watch", &id]).exits(0);
    assert!(watched.stdout.contains("Active"), "{}", watched.stdout);

    let ran = cloud.tenantry(&["tenant", "offboard", &id, "--wait"]).exits(0);
    assert!(
        ran.stderr.contains("state Destroy") && ran.stderr.contains("the stack is deleted"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("Deprovisioned"), "{}", ran.stdout);
    let history = cloud.tenantry(&["tenant", "history", &id]).exits(0).stdout;
    for text in
        ["onboarding accepted", "duplicate", "provision 1-1", "offboarding accepted", "deprovision 2-1"]
    {
        assert!(history.contains(text), "{text}\n{history}");
    }
}
