//! `tenantry local`: starting and stopping.

use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde_json::Value;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;
use tenantry_tests::access::REGION;
use tenantry_tests::cloud::{cloud, run, start, tenantry, until};
use tenantry_tests::{venv, workspace};

/// `status` and `env` say where it runs, and a second start in the same folder
/// is refused with what to do instead, whatever the first is doing.
#[test]
fn one_folder_has_one_cloud() {
    let cloud = cloud();
    let home = cloud.home().to_str().expect("a plain path");
    let status =
        run(tenantry().args(["local", "status", "--output", "json", "--home", home])).exits(0).json();
    assert_eq!(status["endpoint"], cloud.endpoint());
    let printed = run(tenantry().args(["local", "env"]).env("TENANTRY_HOME", home)).exits(0).stdout;
    let names: Vec<&str> =
        printed.lines().filter_map(|line| line.strip_prefix("export ")?.split('=').next()).collect();
    let all = [
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "TENANTRY_API_URL",
    ];
    assert_eq!(names, all);
    let again = run(tenantry().args(["local", "up", "--no-deploy", "--port", "0", "--home", home])).exits(1);
    assert!(again.stderr.contains("running already") && again.stderr.contains("hint: "), "{}", again.stderr);
    cloud.tenantry(&["tenant", "list"]).exits(0);
}

/// The credentials are the user's alone, are printed for a shell and nowhere
/// else, and what would lead the shell's tools elsewhere is unset.
#[test]
fn the_credentials_are_the_users_alone() {
    let cloud = cloud();
    let file = cloud.home().join("credentials");
    let mode = std::fs::metadata(&file).expect("the credentials").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let access = cloud.access();
    let kept = std::fs::read_to_string(file).expect("text");
    assert!(kept.contains(&access.key) && kept.contains(&access.secret));
    for shown in ["state.json", "cloud.log", "talk"] {
        let shown = std::fs::read_to_string(cloud.home().join(shown)).expect("text");
        assert!(!shown.contains(&access.secret));
    }
    let status = ["local", "status", "--output", "json", "--home"];
    let status = run(tenantry().args(status).arg(cloud.home())).exits(0);
    assert!(!(status.stdout + &status.stderr).contains(&access.secret));
    let mut env = tenantry();
    env.args(["local", "env", "--home"]).arg(cloud.home());
    env.env("AWS_SESSION_TOKEN", "x").env("AWS_ENDPOINT_URL_SQS", "x").env("AWS_PROFILE", "x");
    let printed = run(&mut env).exits(0).stdout;
    assert_eq!(
        printed.lines().next(),
        Some("unset AWS_ENDPOINT_URL_SQS AWS_PROFILE AWS_SESSION_TOKEN"),
        "{printed}"
    );
}

/// From any folder, `local env`, `status` and `down` find the local cloud that
/// was started last in a clone.
#[test]
fn the_local_cloud_is_found_from_anywhere() {
    let (clone, state, elsewhere) = (tempdir(), tempdir(), tempdir());
    std::os::unix::fs::symlink(workspace::root().join("infra"), clone.path().join("infra")).expect("a link");
    std::fs::create_dir(clone.path().join(".tenantry")).expect("a folder");
    let venv = workspace::root().join(".tenantry/venv");
    std::os::unix::fs::symlink(venv, clone.path().join(".tenantry/venv")).expect("a link");
    let local = |folder: &TempDir, arguments: &[&str]| {
        let mut command = tenantry();
        command.arg("local").args(arguments).current_dir(folder.path());
        run(command.env("XDG_STATE_HOME", state.path()))
    };
    let nowhere = local(&elsewhere, &["env"]).exits(1).stderr;
    assert!(nowhere.contains("no local cloud is known here") && nowhere.contains("--home"), "{nowhere}");
    local(&clone, &["up", "--no-deploy", "--detach", "--port", "0"]).exits(0);
    let inside = local(&clone, &["env"]).exits(0).stdout;
    assert_eq!(local(&elsewhere, &["env"]).exits(0).stdout, inside);
    assert!(local(&elsewhere, &["status"]).exits(0).stdout.contains("http://127.0.0.1:"));
    local(&elsewhere, &["down"]).exits(0);
    assert!(local(&elsewhere, &["status"]).exits(1).stderr.contains("no local cloud is running"));
}

/// With what `local env` prints, the AWS CLI asks the local cloud and nobody
/// else, whatever the service.
#[test]
fn the_aws_cli_asks_no_public_address() {
    let cloud = cloud();
    for call in [
        &["apigatewayv2", "get-apis"][..],
        &["cloudformation", "list-stacks"],
        &["cloudwatch", "describe-alarms"],
        &["codebuild", "list-projects"],
        &["cognito-idp", "list-user-pools", "--max-results", "1"],
        &["dynamodb", "list-tables"],
        &["dynamodbstreams", "list-streams"],
        &["events", "list-event-buses"],
        &["iam", "list-roles"],
        &["lambda", "list-functions"],
        &["logs", "describe-log-groups"],
        &["s3", "ls"],
        &["s3api", "list-buckets"],
        &["sns", "list-topics"],
        &["sqs", "list-queues"],
        &["stepfunctions", "list-state-machines"],
        &["sts", "get-caller-identity"],
    ] {
        let said = cloud.aws(&[call, &["--debug"]].concat()).exits(0).stderr;
        let asked = said.split("Sending http request").skip(1);
        let asked: Vec<&str> =
            asked.filter_map(|rest| rest.split("url=").nth(1)?.split(',').next()).collect();
        assert!(!asked.is_empty(), "{call:?}");
        assert!(asked.iter().all(|url| url.starts_with(cloud.endpoint())), "{call:?}: {asked:?}");
    }
    // Version 1 of the CLI knows public addresses of single services by region.
    let check = format!(
        "from awscli.customizations.overridesslcommonname import SSL_COMMON_NAMES as names; \
         assert 'us-east-1' in names['sqs']; \
         print([service for service in names if '{REGION}' in names[service]])"
    );
    assert_eq!(run(venv::command("python").args(["-c", &check])).exits(0).stdout, "[]\n");
}

/// Without a cloud there is no status, no environment and nothing to stop, and
/// each says how to get one, or that there is none.
#[test]
fn without_a_cloud_the_way_to_one_is_told() {
    let home = tempfile::tempdir().expect("a folder");
    for command in ["status", "env"] {
        let ran = run(tenantry().args(["local", command, "--home"]).arg(home.path())).exits(1);
        assert!(ran.stderr.contains("hint: start one: tenantry local up --detach"), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    let ran = run(tenantry().args(["local", "down", "--home"]).arg(home.path())).exits(0);
    assert!(ran.stderr.contains("no local cloud was running"), "{}", ran.stderr);
}

/// A port that is taken is said to be, and nothing is left of the attempt.
#[test]
fn a_taken_port_is_named() {
    let home = tempfile::tempdir().expect("a folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its number").port().to_string();
    let up = ["local", "up", "--no-deploy", "--port", &port, "--home"];
    let ran = run(tenantry().args(up).arg(home.path())).exits(1);
    let said = format!("port {port} on 127.0.0.1 cannot be used: Address already in use");
    assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: choose another one with --port"), "{}", ran.stderr);
    assert!(!home.path().join("state.json").exists());
}

/// Ctrl-C stops the cloud that `local up` holds, with all of its processes.
#[test]
fn an_interrupt_leaves_no_process() {
    let home = tempfile::tempdir().expect("a folder");
    let up = ["local", "up", "--no-deploy", "--port", "0", "--home"];
    let mut up = start(tenantry().args(up).arg(home.path()));
    up.says("Ctrl-C stops it");
    let (pid, port) = state(home.path());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    up.interrupt();
    let ran = up.end().exits(130);
    assert!(ran.stderr.contains("the local cloud is stopped"), "{}", ran.stderr);
    gone(pid, port);
}

/// A detached cloud outlives the command that started it, and `local down`
/// stops it; one that was killed is no cloud any more.
#[test]
fn a_detached_cloud_is_stopped_by_down() {
    let home = tempfile::tempdir().expect("a folder");
    let up = ["local", "up", "--no-deploy", "--detach", "--port", "0", "--home"];
    run(tenantry().args(up).arg(home.path())).exits(0);
    let (pid, port) = state(home.path());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    run(tenantry().args(["local", "down", "--home"]).arg(home.path())).exits(0);
    gone(pid, port);

    run(tenantry().args(up).arg(home.path())).exits(0);
    let (pid, port) = state(home.path());
    kill(Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).expect("it runs");
    gone(pid, port);
    run(tenantry().args(["local", "status", "--home"]).arg(home.path())).exits(1);
    run(tenantry().args(["local", "down", "--home"]).arg(home.path())).exits(0);
}

fn tempdir() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Process and port of the cloud that runs from `home`.
fn state(home: &std::path::Path) -> (i32, u16) {
    let state = std::fs::read_to_string(home.join("state.json")).expect("a state");
    let state: Value = serde_json::from_str(&state).expect("JSON");
    let number = |name: &str| state[name].as_i64().expect("a number");
    (i32::try_from(number("pid")).expect("a process id"), u16::try_from(number("port")).expect("a port"))
}

/// Waits until neither the process, nor one of its group, nor its port is there.
fn gone(pid: i32, port: u16) {
    until(&format!("the process group {pid} to be gone"), || {
        let left = kill(Pid::from_raw(-pid), None).is_ok() || TcpStream::connect(("127.0.0.1", port)).is_ok();
        (!left).then_some(())
    });
}
