//! What a server answers without end does not keep the command for ever, and
//! does not fill the memory.

use serde_json::{Value, json};
use std::process::Command;
use tenantry_tests::cloud::{run, tenantry};
use tenantry_tests::server::{Reply, Server};

const TENANT: &str = "00000000-0000-4000-8000-000000000000";
/// What may be taken of one answer, and what is on its way meanwhile.
const TAKEN_MAX: usize = 64 << 20;

/// The command through the API at `server`.
fn of_api(server: &Server, arguments: &[&str]) -> Command {
    let mut command = tenantry();
    command.args(arguments).arg(format!("--api={}", server.url)).env("TENANTRY_TOKEN", "token");
    command.env("XDG_STATE_HOME", std::env::temp_dir().join("tenantry-nobody"));
    command
}

/// The command on an AWS that `server` plays.
fn of_aws(server: &Server, arguments: &[&str]) -> Command {
    let mut command = tenantry();
    command.args(arguments).env("AWS_ENDPOINT_URL", &server.url).env("AWS_REGION", "us-east-1");
    command.env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "s");
    command
}

/// Lists of the API whose page token comes again end with an error that says so.
#[test]
fn a_page_token_of_the_api_that_comes_again_is_an_error() {
    let server =
        Server::start(|_| Reply::Json(200, json!({ "data": [], "next_token": "again" }).to_string()));
    for arguments in [&["execution", "list"][..], &["tenant", "history", TENANT]] {
        let ran = run(&mut of_api(&server, arguments)).exits(1);
        assert!(ran.stderr.contains("page token that it gave before"), "{arguments:?}: {}", ran.stderr);
    }
    assert!(server.requests() < 20, "{} requests", server.requests());
}

/// The same of AWS's lists: state machines, an execution's history, a tenant's.
#[test]
fn a_page_token_of_aws_that_comes_again_is_an_error() {
    let server = Server::start(|request| {
        let answer = match request.action.as_str() {
            "DescribeExecution" => json!({
                "executionArn": "arn:aws:states:us-east-1:1:execution:m:e", "status": "RUNNING",
                "stateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:m", "startDate": 1.0,
            }),
            "Query" => {
                json!({ "Items": [], "Count": 0, "LastEvaluatedKey": { "tenantId": { "S": "again" } } })
            }
            "GetExecutionHistory" => json!({ "events": [], "nextToken": "again" }),
            _ => json!({ "stateMachines": [], "nextToken": "again" }),
        };
        Reply::Json(200, answer.to_string())
    });
    let show = ["execution", "show", "arn:aws:states:us-east-1:1:execution:m:e"];
    for arguments in [&["execution", "list"][..], &show] {
        let ran = run(&mut of_aws(&server, arguments)).exits(1);
        assert!(ran.stderr.contains("page token that it gave before"), "{arguments:?}: {}", ran.stderr);
    }
    let ran = run(&mut of_aws(&server, &["tenant", "history", TENANT])).exits(1);
    assert!(ran.stderr.contains("a page that it gave before"), "{}", ran.stderr);
}

/// Lists whose pages are always new ones are given up, with what was read.
#[test]
fn a_list_that_does_not_end_is_given_up() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |_| {
        let page = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let machine = json!({
            "stateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:m", "name": "m", "type": "STANDARD",
            "creationDate": 1.0,
        });
        let machines: Vec<Value> = vec![machine; 1_000];
        Reply::Json(200, json!({ "stateMachines": machines, "nextToken": page.to_string() }).to_string())
    });
    let ran = run(&mut of_aws(&server, &["execution", "list"])).exits(1);
    assert!(ran.stderr.contains("it does not end: 100000 items on 100 pages"), "{}", ran.stderr);
}

/// An answer without end, of the API or of AWS, is given up at its limit, which
/// the error names; no more than that is taken of it.
#[test]
fn an_answer_without_end_is_given_up_at_its_limit() {
    let server = Server::start(|_| Reply::Endless("{\"data\": [".to_owned()));
    for arguments in [&["tenant", "list"][..], &["queue", "list"], &["user", "list"], &["execution", "list"]]
    {
        let ran = run(&mut of_api(&server, arguments)).exits(1);
        assert!(ran.stderr.contains("longer than 10485760 bytes"), "{arguments:?}: {}", ran.stderr);
    }
    let taken = server.sent();
    assert!(taken < 4 * TAKEN_MAX, "{taken} bytes");
    let server = Server::start(|_| Reply::Endless("{".to_owned()));
    for arguments in [&["execution", "list"][..], &["sweep"], &["event", "tail"], &["tenant", "list"]] {
        let ran = run(&mut of_aws(&server, arguments)).exits(1);
        assert!(ran.stderr.contains("longer than 16777216 bytes"), "{arguments:?}: {}", ran.stderr);
    }
}

/// A file without end is read to its limit only, whatever it is for.
#[test]
fn a_file_without_end_is_read_to_its_limit() {
    let zeros = "/dev/zero";
    let ran = run(tenantry().args(["event", "validate", "onboardingRequest", zeros])).exits(6);
    assert!(ran.stderr.contains("(TooLarge)"), "{}", ran.stderr);
    let mut login = tenantry();
    login.args([
        "login",
        "--user",
        "ada",
        "--password-stdin",
        "--client-id",
        "c",
        "--api=http://127.0.0.1:9",
    ]);
    login.arg("--endpoint=http://127.0.0.1:9").stdin(std::fs::File::open(zeros).unwrap());
    login.env("XDG_STATE_HOME", std::env::temp_dir().join("tenantry-nobody"));
    let ran = run(&mut login).exits(2);
    assert!(ran.stderr.contains("password on standard input is longer than 4096 bytes"), "{}", ran.stderr);
}
