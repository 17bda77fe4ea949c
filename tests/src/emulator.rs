//! The local cloud's emulator with its overlay, bare: no control plane in it.
//! One per test binary; each test makes a table of its own.

use crate::access::{Access, REGION};
use crate::{machine_faults, venv, workspace};
use aws_config::SdkConfig;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Ends the emulator with the test process: its standard input is a pipe that
/// closes when the process is gone, however that happens.
const BOOTSTRAP: &str = "
import os, runpy, signal, sys, threading
def end_with_parent():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=end_with_parent, daemon=True).start()
runpy.run_module('tenantry_local', run_name='__main__', alter_sys=True)
";

struct Emulator {
    access: Access,
    faults: PathBuf,
    _child: Child,
}

static EMULATOR: OnceLock<Emulator> = OnceLock::new();

/// The emulator's address; it is started by the first who asks.
#[must_use]
pub fn endpoint() -> &'static str {
    &access().endpoint
}

/// Where [`machine_faults::plan`] has to put plans for it.
#[must_use]
pub fn faults() -> &'static Path {
    &EMULATOR.get_or_init(start).faults
}

/// Its address and credentials.
#[must_use]
pub fn access() -> &'static Access {
    &EMULATOR.get_or_init(start).access
}

/// SDK settings for the emulator, as a function has them on AWS.
#[must_use]
pub fn config() -> SdkConfig {
    access().config()
}

fn start() -> Emulator {
    let root = workspace::root();
    let venv = venv::programs();
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let random = || Uuid::new_v4().simple().to_string();
    let (key, secret) = (format!("LKIA{}", &random().to_uppercase()[..16]), random() + &random());
    let access = Access { endpoint: endpoint.clone(), key, secret };
    let log = std::env::temp_dir().join(format!("tenantry-emulator-{port}.log"));
    let log = std::fs::File::create(log).expect("a log file");
    let faults = std::env::temp_dir().join(format!("tenantry-faults-{port}"));
    let path = format!("{}:{}", venv.display(), std::env::var("PATH").unwrap_or_default());
    let child = Command::new(venv.join("python"))
        .args(["-c", BOOTSTRAP])
        .env_clear()
        .envs([
            ("PATH", path.as_str()),
            ("HOME", std::env::temp_dir().to_str().expect("a folder with a plain name")),
            ("PYTHONPATH", root.join("infra/local").to_str().expect("a folder with a plain name")),
            ("BIND_HOST", "127.0.0.1"),
            ("MINISTACK_HOST", "127.0.0.1"),
            ("GATEWAY_PORT", &port.to_string()),
            ("AWS_ENDPOINT_URL", &endpoint),
            ("AWS_ACCESS_KEY_ID", &access.key),
            ("AWS_SECRET_ACCESS_KEY", &access.secret),
            ("AWS_DEFAULT_REGION", REGION),
            ("MINISTACK_REGION", REGION),
            ("MINISTACK_ACCOUNT_ID", "000000000000"),
            ("SFTP_ENABLED", "0"),
            ("IOT_MTLS_ENABLED", "0"),
            ("TENANTRY_LOCAL_BUILD_SLOTS", "10"),
            ("TENANTRY_LOCAL_WORK", std::env::temp_dir().to_str().expect("a folder with a plain name")),
        ])
        .env("TENANTRY_LOCAL_PLUGIN", machine_faults::plugin())
        .env("TENANTRY_LOCAL_FAULTS", &faults)
        .stdin(Stdio::piped())
        .stdout(log.try_clone().expect("a log file"))
        .stderr(log)
        .spawn()
        .expect("the emulator starts");
    let deadline = Instant::now() + Duration::from_secs(30);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < deadline, "the emulator does not answer on {endpoint}");
        std::thread::sleep(Duration::from_millis(20));
    }
    make_role(&access);
    Emulator { access, faults, _child: child }
}

/// The role that machines and builds of tests act under: it may do everything,
/// as what they may do on AWS is the end-to-end tests' to see.
pub(crate) const ROLE: &str = "arn:aws:iam::000000000000:role/anything";

fn make_role(access: &Access) {
    let statement = |statement: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
    let trust = r#"{"Effect":"Allow","Principal":{"Service":["states.amazonaws.com","codebuild.amazonaws.com"]},"Action":"sts:AssumeRole"}"#;
    let everything = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let (trust, everything) = (statement(trust), statement(everything));
    let make = ["create-role", "--role-name", "anything", "--assume-role-policy-document", &trust];
    let allow = [
        "put-role-policy",
        "--role-name",
        "anything",
        "--policy-name",
        "own",
        "--policy-document",
        &everything,
    ];
    for arguments in [&make[..], &allow[..]] {
        let mut aws = venv::command("aws");
        aws.arg("iam").args(arguments).envs([
            ("AWS_ENDPOINT_URL", access.endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", access.key.as_str()),
            ("AWS_SECRET_ACCESS_KEY", access.secret.as_str()),
            ("AWS_DEFAULT_REGION", REGION),
        ]);
        let done =
            aws.env_remove("AWS_SESSION_TOKEN").env_remove("AWS_PROFILE").output().expect("aws starts");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}
