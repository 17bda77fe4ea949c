//! SBT's own command line client and its test (`scripts/sbt-aws.sh`,
//! `scripts/test-sbt-aws.sh` of awslabs/sbt-aws), unchanged. The npm package does
//! not ship them: `.ci/sbt` fetches them, and names their folder in
//! `TENANTRY_SBT_SCRIPTS`. Where they cannot be fetched, `tests/e2e/api/sbt.rs`
//! sends their requests.
//!
//! Two programs stand between the scripts and the cloud:
//!
//! * `curl`, as the API's host name exists on AWS only: its address is rewritten;
//! * `aws`, as the test looks into SBT's own table of registrations, which is no
//!   part of SBT's interface: `dynamodb list-tables` and `get-item` are answered
//!   from `GET /tenant-registrations/{id}`. Everything else is the AWS CLI.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tenantry_tests::cloud::{PASSWORD, cloud, run, run_with};
use tenantry_tests::external::own_plane;
use tenantry_tests::venv;

const CURL: &str = r#"#!/bin/bash
# The host name of the API, which only AWS's DNS knows.
args=()
for arg in "$@"; do
    args+=("${arg/#$API_ENDPOINT/$API_ADDRESS/}")
done
exec /usr/bin/env -i PATH=/usr/bin:/bin curl "${args[@]}"
"#;

const AWS: &str = r#"#!/bin/bash
# SBT's table of registrations, as the API has them.
case "$1 $2" in
"dynamodb list-tables") echo '["TenantRegistrationTable"]' ;;
"dynamodb get-item")
    id=$(printf '%s\n' "$@" | sed -n 's/.*"tenantRegistrationId":{"S":"\([^"]*\)"}.*/\1/p')
    field=$(printf '%s\n' "$@" | sed -n 's/^Item\.\([A-Za-z_]*\)\..*/\1/p')
    . "$HOME/.sbt-aws-config"
    curl --silent --header "Authorization: Bearer $ACCESS_TOKEN" --url "${CONTROL_PLANE_API_ENDPOINT}tenant-registrations/$id" |
        jq --raw-output --arg field "$field" '.data[$field] | if . == true then "True" elif . == false then "False" else . end'
    ;;
*) exec "$AWS_CLI" "$@" ;;
esac
"#;

fn program(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// SBT's own test of its client passes, line by line.
#[test]
#[ignore = "needs SBT's scripts: .ci/sbt"]
fn sbts_own_client_and_its_test_pass() {
    let Some(scripts) = std::env::var_os("TENANTRY_SBT_SCRIPTS").map(PathBuf::from) else {
        eprintln!("left out: TENANTRY_SBT_SCRIPTS names no folder with SBT's scripts");
        return;
    };
    let cloud = cloud();
    let plane = cloud.plane("client");
    let tier = plane.tier("basic");
    let template = cloud.home().join("client-plane.json");
    std::fs::write(&template, own_plane("client", tier, false).to_string()).unwrap();
    cloud.deploy_template("client-plane", &template, &[]);
    let api = plane.api();
    // The first administrator, who has signed in.
    let _ = api.token("admin");
    let folder = cloud.home().join("sbt-client");
    let (bin, home) = (folder.join("bin"), folder.join("home"));
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::create_dir_all(&home).unwrap();
    program(&bin, "curl", CURL);
    program(&bin, "aws", AWS);
    for script in ["sbt-aws.sh", "test-sbt-aws.sh"] {
        program(&folder, script, &std::fs::read_to_string(scripts.join(script)).unwrap());
    }
    let in_place = |command: &mut Command| {
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        command.current_dir(&folder).env("PATH", path).env("HOME", &home);
        command.env("AWS_CLI", venv::programs().join("aws"));
        command.env("API_ENDPOINT", plane.output("controlPlaneAPIEndpoint")).env("API_ADDRESS", api.url());
    };
    let mut configure = plane.command_of("./sbt-aws.sh");
    in_place(configure.args(["configure", "client", "ops@sbt.example"]));
    run_with(&mut configure, &format!("{PASSWORD}\n")).exits(0);
    let mut test = plane.command_of("./test-sbt-aws.sh");
    in_place(test.arg("client"));
    let ran = run(&mut test);
    println!("{}", ran.stdout);
    assert!(!ran.stdout.contains("[FAIL]"), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout.matches("[PASS]").count(), 21, "{}", ran.stdout);
}
