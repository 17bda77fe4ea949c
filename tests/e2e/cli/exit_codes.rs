//! Exit codes, which scripts use.

use tenantry_tests::cloud::{cloud, run, run_with, start, tenantry};
use uuid::Uuid;

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// What is named is not there (3), is wrong (6), or the call is (2): each with
/// an error that says so, and nothing on standard output.
#[test]
fn what_is_wrong_has_a_code_of_its_own() {
    let cloud = cloud();
    let cases: [(i32, &str, &[&str]); 16] = [
        (2, "unrecognized subcommand", &["tenants"]),
        (2, "required arguments", &["tenant", "onboard", "--name", "Acme"]),
        (2, "--wait", &["tenant", "offboard", NOBODY, "--timeout", "5"]),
        (2, "1..=100", &["tenant", "list", "--limit", "101"]),
        (2, "cannot be used with", &["tenant", "list", "--tier", "platinum", "--status", "Active"]),
        (3, "there is no tenant", &["tenant", "show", NOBODY]),
        (3, "nothing is known", &["tenant", "history", NOBODY]),
        (3, "there is no tenant", &["tenant", "offboard", NOBODY]),
        (3, "has had no execution", &["execution", "show", NOBODY]),
        (3, "there is no tenant", &["execution", "watch", NOBODY]),
        (3, "/no/such/file", &["event", "validate", "onboardingRequest", "/no/such/file"]),
        (6, "expected a UUID", &["tenant", "show", "acme"]),
        (6, "is not a status", &["tenant", "list", "--status", "Sleeping"]),
        (6, "--status", &["execution", "list", "--status", "sleeping"]),
        (6, "is not an event", &["event", "catalog", "onbordingRequest"]),
        (6, "tenantName", &["tenant", "onboard", "--name", "", "--email", "a@b.example", "--tier", "x"]),
    ];
    for (code, said, arguments) in cases {
        let ran = cloud.tenantry(arguments).exits(code);
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

/// A command that waits exits with 4 when what it waits for ends badly, and
/// with 5 when it does not end in time.
#[test]
fn waiting_has_two_bad_ends() {
    let cloud = cloud();
    let onboard = ["tenant", "onboard", "--email", "a@b.example", "--wait"];
    let refused = cloud.tenantry(&[&onboard[..], &["--name", "Refused", "--tier", "tin"]].concat()).exits(4);
    assert!(refused.stderr.contains("refused (UnknownTier): `tier` must be"), "{}", refused.stderr);
    let guest = ["--name", "Never Done", "--tier", cloud.guest_tier(), "--timeout", "1"];
    let late = cloud.tenantry(&[&onboard[..], &guest].concat()).exits(5);
    assert!(late.stderr.contains("is not settled after 1 s"), "{}", late.stderr);
}

/// Ctrl-C while waiting is 130, and the operation goes on without the command.
#[test]
fn an_interrupted_wait_is_130() {
    let cloud = cloud();
    let id = Uuid::new_v4().to_string();
    let onboard = ["tenant", "onboard", "--name", "Not Awaited", "--email", "a@b.example", "--wait", "--id"];
    let mut waiting = start(cloud.command().args(onboard).args([&id, "--tier", cloud.guest_tier()]));
    waiting.says("Provisioning");
    waiting.interrupt();
    let ran = waiting.end().exits(130);
    assert!(ran.stderr.ends_with("error: interrupted\n"), "{}", ran.stderr);
    assert_eq!(cloud.show(&id).expect("the tenant")["tenant"]["status"], "Provisioning");
}

/// Where no cloud answers, the error has a hint (1), and it comes soon.
#[test]
fn a_cloud_that_does_not_answer_is_1_with_a_hint() {
    let nowhere = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
    ];
    let asks = |arguments: &[&str]| {
        let ran = run(tenantry().envs(nowhere).args(arguments)).exits(1);
        assert!(ran.stderr.contains("hint: check"), "{arguments:?}: {}", ran.stderr);
    };
    std::thread::scope(|scope| {
        for arguments in [&["tenant", "list"][..], &["execution", "list"], &["event", "tail"]] {
            scope.spawn(move || asks(arguments));
        }
    });
}

/// A reader that has enough is no failure: `tenantry event catalog | head`.
#[test]
fn a_closed_pipe_is_no_failure() {
    let pipe = format!("'{}' event catalog --output json | head -n 1", tenantry().get_program().display());
    let mut shell = std::process::Command::new("bash");
    let ran = run(shell.args(["-o", "pipefail", "-c", &pipe])).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("[\n", ""));
}

/// A file that is far too long is called that, not "no JSON".
#[test]
fn a_file_that_is_far_too_long_is_refused_for_that() {
    let detail = format!("{{\"note\": \"{}\"}}", "x".repeat(17_000_000));
    let ran = run_with(tenantry().args(["event", "validate", "onboardingRequest", "-"]), &detail).exits(6);
    assert!(
        ran.stderr.contains("refused (TooLarge): the event must be at most 262144 bytes"),
        "{}",
        ran.stderr
    );
}
