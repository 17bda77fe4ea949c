//! schemathesis, which makes requests from the OpenAPI document, valid and not,
//! and holds every answer to it.

use std::path::PathBuf;
use std::process::Command;
use tenantry_tests::cloud::{cloud, run};
use tenantry_tests::workspace;

/// What it looks for: no 5xx, no status, content type or body that the document
/// does not have.
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Over the running API, with an administrator's token: no 500, and no answer
/// outside its schema. Left out is what would hand over other tests' letters.
#[test]
fn no_answer_is_outside_its_schema() {
    let program = program();
    let cloud = cloud();
    let api = cloud.api();
    let mut command = Command::new(program);
    command.args(["run", &format!("{}/openapi.json", api.url()), "--url", api.url()]);
    command.args(["--header", &format!("Authorization: Bearer {}", api.token("admin"))]);
    command.args(["--phases", "examples,coverage,fuzzing", "--checks", CHECKS, "--max-examples", "5"]);
    command.args([
        "--exclude-operation-id",
        "RedriveQueue",
        "--exclude-operation-id",
        "DiscardQueue",
        "--generation-deterministic",
        "--no-color",
    ]);
    // A busy machine answers when it can; that it answers wrong is what counts.
    command.args(["--request-timeout", "60", "--request-retries", "3", "--warnings", "off"]);
    command.args(["--suppress-health-check", "all", "--no-shrink"]);
    command.current_dir(std::env::temp_dir());
    let ran = run(&mut command);
    assert!(ran.code == Some(0), "{}\n{}", ran.stdout, ran.stderr);
}

/// schemathesis as `schemathesis.txt` pins it, in a virtual environment of its own.
fn program() -> PathBuf {
    let requirements = workspace::root().join("tests/e2e/schemathesis.txt");
    let venv = workspace::target().join("schemathesis");
    let (stamp, wanted) = (venv.join("requirements"), std::fs::read_to_string(&requirements).unwrap());
    if std::fs::read_to_string(&stamp).is_ok_and(|present| present == wanted) {
        return venv.join("bin/schemathesis");
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv)).exits(0);
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(Command::new(venv.join("bin/python")).args(install).arg(&requirements)).exits(0);
    std::fs::write(stamp, wanted).unwrap();
    venv.join("bin/schemathesis")
}
