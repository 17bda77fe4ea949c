//! Text that comes from elsewhere reaches the terminal as text: whatever is in
//! it, it can neither steer the terminal nor hide. The command is given nothing
//! but hostile answers, by a server of the test's own.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use tenantry_tests::cloud::{Ran, run, run_with, tenantry};
use tenantry_tests::server::{Reply, Server};

const TENANT: &str = "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11";
const EXECUTION: &str = "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11-1-1";
/// A window title, a cleared screen, C1's CSI, a deletion, a return, a lie of
/// direction, a filler, a tag, and an invisible operator.
const HOSTILE: &str =
    "<\u{1b}]0;pwned\u{7}\u{1b}[2J\u{9b}1A\u{7f}\r\n✓ done\t\u{202e}\u{2066}\u{3164}\u{ad}\u{e0041}\u{2062}>";

/// Panics if something in `text` could steer a terminal or is unseen.
fn assert_clean(what: &str, text: &str) {
    let bites = |char: &char| {
        let code = u32::from(*char);
        (char.is_control() && *char != '\n')
            || matches!(code, 0xad | 0x61c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfeff)
            || matches!(code, 0xe0000..=0xe0fff)
    };
    let found = text.chars().find(bites);
    assert_eq!(found, None, "{what}: U+{:04X} in {text:?}", found.map_or(0, u32::from));
    // A line of its own would pass for one of the command.
    assert!(!text.lines().any(|line| line.starts_with("✓ done")), "{what}: {text}");
}

fn assert_ran_clean(ran: &Ran, what: &str) {
    assert_clean(&format!("{what}, standard output"), &ran.stdout);
    assert_clean(&format!("{what}, standard error"), &ran.stderr);
}

/// Every command that there is, by its help; those of one word, too.
fn commands() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![String::new()];
    while let Some(path) = open.pop() {
        let help = run(tenantry().args(path.split_whitespace()).arg("--help")).exits(0).stdout;
        let below: Vec<String> = help
            .lines()
            .skip_while(|line| *line != "Commands:")
            .skip(1)
            .take_while(|line| !line.is_empty())
            .filter(|line| !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| *name != "help")
            .map(|name| format!("{path} {name}").trim().to_owned())
            .collect();
        match below.is_empty() {
            true => drop(found.insert(path)),
            false => open.extend(below),
        }
    }
    found
}

/// How each command is called against the hostile API; those that only AWS
/// serves are below.
const OF_API: [(&str, &[&str]); 23] = [
    ("tenant onboard", &["--name", HOSTILE_NAME, "--email", "a@b.example", "--tier", "t"]),
    ("tenant offboard", &[TENANT]),
    ("tenant retry", &[TENANT]),
    ("tenant cancel", &[TENANT]),
    ("tenant suspend", &[TENANT]),
    ("tenant resume", &[TENANT]),
    ("tenant list", &[]),
    ("tenant show", &[TENANT]),
    ("tenant history", &[TENANT]),
    ("execution list", &[]),
    ("execution show", &[EXECUTION]),
    ("execution watch", &[TENANT, "--timeout", "1"]),
    ("queue list", &[]),
    ("queue show", &["m"]),
    ("queue redrive", &["m"]),
    ("queue discard", &["m", "--reason", "a test"]),
    ("user create", &["--email", "a@b.example", "--group", "viewers", "--name", HOSTILE_NAME]),
    ("user list", &[]),
    ("user show", &[HOSTILE_NAME]),
    ("user update", &["ada", "--group", "viewers"]),
    ("user disable", &["ada"]),
    ("user enable", &["ada"]),
    ("user delete", &["ada", "--yes"]),
];
/// As an argument, which has no NUL and no line's end that a shell would keep.
const HOSTILE_NAME: &str = "<\u{1b}[2J\u{9b}1A\u{202e}\u{3164}>";
/// How each command is called against the hostile AWS.
const OF_AWS: [(&str, &[&str]); 10] = [
    ("execution logs", &[EXECUTION]),
    ("sweep", &[]),
    ("event tail", &["--count", "1"]),
    ("event replay", &["--from", "2026-11-25T08:00:00Z"]),
    ("event publish", &["onboardingRequest", "events/examples/onboardingRequest/valid/full.json"]),
    ("event validate", &["onboardingRequest", HOSTILE_NAME]),
    ("event catalog", &[HOSTILE_NAME]),
    ("tenant list", &["--next", HOSTILE_NAME]),
    ("deploy", &["--no-package", "--bucket", HOSTILE_NAME]),
    ("completions", &[HOSTILE_NAME]),
];
/// These print nothing that comes from elsewhere than this machine, or need a
/// terminal or a running cloud; `output.rs` is their way out as well.
const OTHERS: [&str; 10] = [
    "demo",
    "local up",
    "local down",
    "local status",
    "local env",
    "local prepare",
    "package",
    "login",
    "logout",
    "tenant watch",
];

/// No command is left out of the tables above: a new one must be put into them.
#[test]
fn every_command_is_tried() {
    let tried: BTreeSet<&str> = OF_API.iter().chain(&OF_AWS).map(|(name, _)| *name).chain(OTHERS).collect();
    let left: Vec<String> = commands().into_iter().filter(|name| !tried.contains(name.as_str())).collect();
    assert_eq!(left, Vec::<String>::new());
}

/// What the API gives, success or problem, is clean in both formats.
#[test]
fn what_the_api_says_is_shown_as_text() {
    let good = Server::start(|request| Reply::Json(200, good(&request.path).to_string()));
    let problem = json!({
        "detail": HOSTILE, "code": HOSTILE, "field": HOSTILE, "limit": HOSTILE, "requestId": HOSTILE,
    });
    let message = json!({ "message": HOSTILE });
    let bad = [400, 403, 404, 409, 500].map(|status| {
        let body = if status == 403 { message.to_string() } else { problem.to_string() };
        Server::start(move |_| Reply::Json(status, body.clone()))
    });
    for (name, arguments) in OF_API {
        for server in std::iter::once(&good).chain(&bad) {
            for format in ["table", "json"] {
                let mut it = tenantry();
                it.args(name.split(' ')).args(arguments).args(["--output", format]);
                it.arg(format!("--api={}", server.url)).env("TENANTRY_TOKEN", "token");
                let ran = run(&mut it);
                assert_ran_clean(&ran, &format!("{name} ({format})"));
                if format == "json" && !ran.stdout.is_empty() {
                    let _ = ran.json();
                }
            }
        }
    }
    // What was hostile is there to be seen, and unchanged for programs.
    let mut it = tenantry();
    it.args(["tenant", "show", TENANT]).arg(format!("--api={}", good.url)).env("TENANTRY_TOKEN", "token");
    let shown = run(&mut it).exits(0).stdout;
    assert!(shown.contains("\\u{1b}]0;pwned") && shown.contains("\\u{9b}1A"), "{shown}");
    let shown = run(it.args(["--output", "json"])).exits(0).json();
    assert_eq!(shown["tenant"]["outputs"]["apiUrl"], HOSTILE);
}

/// What AWS says, the errors of functions and an event on the bus included, is
/// clean; so is what the `aws` command prints.
#[test]
fn what_aws_says_is_shown_as_text() {
    let event = json!({ "detail-type": HOSTILE, "time": HOSTILE, "detail": {
        "tenantId": HOSTILE, "from": HOSTILE, "to": HOSTILE, "failure": { "reason": HOSTILE },
    } });
    let good = json!({
        "QueueUrl": "http://127.0.0.1:9/q", "RuleArn": "arn:r", "Arn": "arn:r", "Rules": [],
        "Attributes": { "QueueArn": "arn:q" }, "FailedEntryCount": 0, "Entries": [],
        "Messages": [{ "MessageId": "m", "ReceiptHandle": "r", "Body": event.to_string() }],
        "ArchiveArn": "arn:a", "EventSourceArn": "arn:b", "State": "FAILED", "StateReason": HOSTILE,
        "open": 1, "note": HOSTILE,
    });
    let servers = [
        Server::start(move |_| Reply::Json(200, good.to_string())),
        Server::start(|_| {
            Reply::Json(400, json!({ "__type": HOSTILE, "message": HOSTILE, "Message": HOSTILE }).to_string())
        }),
    ];
    let folder = std::env::temp_dir().join(format!("tenantry-hostile-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let aws = folder.join("aws");
    std::fs::write(
        &aws,
        format!("#!/bin/sh\nprintf '%s' '{HOSTILE}'\nprintf '%s' '{HOSTILE}' >&2\nexit 1\n"),
    )
    .unwrap();
    std::fs::set_permissions(&aws, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    for (name, arguments) in OF_AWS {
        for server in &servers {
            for format in ["table", "json"] {
                let mut it = tenantry();
                it.args(name.split(' ')).args(arguments).args(["--output", format]).env("PATH", &path);
                let ran = run(on_aws(&mut it, server));
                assert_ran_clean(&ran, &format!("{name} ({format})"));
            }
        }
    }
    let mut it = tenantry();
    let tail = run(on_aws(it.args(["event", "tail", "--count", "1"]), &servers[0])).exits(0);
    assert!(tail.stdout.contains("\\u{1b}]0;pwned"), "{}", tail.stdout);
    let mut it = tenantry();
    let tail =
        run(on_aws(it.args(["event", "tail", "--count", "1", "--output", "json"]), &servers[0])).exits(0);
    assert_eq!(tail.json(), event);
    let _ = std::fs::remove_dir_all(folder);
}

/// Arguments, variables and file names are quoted in errors and in the help as
/// text, too; so is what comes by standard input.
#[test]
fn what_is_quoted_of_the_call_is_shown_as_text() {
    let calls: [&[&str]; 6] = [
        &["deploy", "--no-package", "--bucket", "b", "--parameter", HOSTILE_NAME],
        &[HOSTILE_NAME],
        &["--output", HOSTILE_NAME],
        &["tenant", "show", HOSTILE_NAME],
        &["tenant", "list", "--status", HOSTILE_NAME],
        &["event", "validate", HOSTILE_NAME, "-"],
    ];
    for arguments in calls {
        let mut it = tenantry();
        let ran = run(it.args(arguments).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1"));
        assert_ran_clean(&ran, &format!("{arguments:?}"));
        assert_ne!(ran.code, Some(0));
    }
    let help = run(tenantry().arg("--help").env("TENANTRY_STACK", HOSTILE_NAME)).exits(0);
    assert_ran_clean(&help, "--help");
    let detail = json!({ "tenantName": HOSTILE, HOSTILE: HOSTILE, "tier": HOSTILE }).to_string();
    let ran = run_with(tenantry().args(["event", "validate", "onboardingRequest", "-"]), &detail);
    assert_ran_clean(&ran, "event validate");
    let home = std::env::temp_dir().join(format!("tenantry{HOSTILE_NAME}{}", std::process::id()));
    let ran = run(tenantry().args(["local", "status", "--home"]).arg(&home));
    assert_ran_clean(&ran, "local status");
    let _ = std::fs::remove_dir_all(home);
}

fn on_aws<'a>(command: &'a mut Command, server: &Server) -> &'a mut Command {
    command.env("AWS_ENDPOINT_URL", &server.url).env("AWS_REGION", "us-east-1");
    command.env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "s")
}

/// What an API with hostile tenants, users and dead-letter messages answers.
fn good(path: &str) -> Value {
    let path = path.split('?').next().unwrap_or_default();
    let at = "2026-11-25T08:00:00Z";
    let operation = json!({
        "type": "operation", "id": "1-1", "kind": "provision", "state": "failed", "correlationId": TENANT, "startedAt": at,
        "endedAt": at, "executionArn": HOSTILE, "buildId": HOSTILE, "logsUrl": HOSTILE, "failure": failure(),
    });
    let data = match path.split('/').skip(1).collect::<Vec<_>>()[..] {
        ["tenants"] => json!([]),
        ["tenants", _, "history"] | ["tenants", _, "operations"] => json!([operation]),
        ["tenants", _] => json!({
            "tenantId": TENANT, "tenantRegistrationId": HOSTILE, "tenantName": HOSTILE, "tier": HOSTILE,
            "status": "ProvisionFailed", "version": 3, "createdAt": at, "updatedAt": at, "release": HOSTILE,
            "outputs": { "apiUrl": HOSTILE, HOSTILE: HOSTILE }, "failure": failure(),
        }),
        ["executions"] => json!([{
            "executionId": HOSTILE, "machine": HOSTILE, "status": HOSTILE, "startedAt": at,
        }]),
        ["executions", _] => json!({
            "executionArn": HOSTILE, "status": HOSTILE, "startedAt": at, "operation": operation,
            "states": [{ "state": HOSTILE, "enteredAt": at, "attempts": 2, "error": HOSTILE }],
        }),
        ["queues", _, "redrive"] => json!({ "redriven": 0, "failed": [{ "id": "m", "error": HOSTILE }] }),
        ["queues", ..] => json!([{
            "id": "m", "sentAt": at, "function": HOSTILE, "about": HOSTILE, "tenantId": HOSTILE, "attempts": 1,
            "code": HOSTILE, "reason": HOSTILE, "payload": { "detail": { HOSTILE: HOSTILE } },
        }]),
        ["users"] => json!([user()]),
        ["users", ..] => user(),
        _ => json!({ "tenantId": TENANT }),
    };
    json!({ "data": data })
}

fn failure() -> Value {
    json!({ "code": "BuildFailed", "step": HOSTILE, "reason": HOSTILE, "attempt": 1, "retryable": true })
}

fn user() -> Value {
    json!({
        "userName": HOSTILE, "email": HOSTILE, "userRole": HOSTILE, "status": HOSTILE, "enabled": true,
        "createdAt": HOSTILE, "updatedAt": HOSTILE,
    })
}
