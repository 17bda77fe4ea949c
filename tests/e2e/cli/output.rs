//! Data on standard output, progress on standard error, colour only for people.

use tenantry_tests::cloud::{cloud, run, tenantry};

/// With `--output json`, standard output is one JSON value, whatever the
/// command says meanwhile.
#[test]
fn json_is_all_there_is_on_standard_output() {
    let cloud = cloud();
    let tier = cloud.guest_tier();
    let onboard = ["tenant", "onboard", "--name", "Json", "--email", "a@b.example", "--tier", tier];
    let ran = cloud.tenantry(&[&onboard[..], &["--output", "json"]].concat()).exits(0);
    let asked = ran.json();
    let id = asked["tenantId"].as_str().expect("an id");
    assert!(
        ran.stderr.contains("onboarding of Json requested") && ran.stderr.contains("follow it"),
        "{}",
        ran.stderr
    );
    tenantry_tests::cloud::until("the tenant", || cloud.show(id));
    let home = cloud.home().to_str().expect("a plain path");
    let commands: [&[&str]; 9] = [
        &["tenant", "list"],
        &["tenant", "list", "--prefix", "nobody is called so"],
        &["tenant", "show", id],
        &["tenant", "history", id],
        &["execution", "list"],
        &["event", "catalog"],
        &["event", "catalog", "ingestUsage"],
        &["event", "catalog", "ingestUsage", "--schema"],
        &["local", "status", "--home", home],
    ];
    for arguments in commands {
        let ran = cloud.tenantry(&[arguments, &["--output", "json"]].concat()).exits(0);
        let _ = ran.json();
        assert_eq!(ran.stderr, "", "{arguments:?}");
    }
}

/// Colours are for terminals: not in a pipe, unless they are forced, and then
/// `NO_COLOR` has the last word. Data never has any.
#[test]
fn colours_are_for_terminals() {
    let cloud = cloud();
    let onboard = ["tenant", "onboard", "--name", "Colours", "--email", "a@b.example", "--tier", "tin"];
    let coloured = |variables: &[(&str, &str)]| {
        let ran = run(cloud.command().envs(variables.to_vec()).args(onboard)).exits(0);
        assert!(!ran.stdout.contains('\u{1b}'), "{}", ran.stdout);
        ran.stderr.contains('\u{1b}')
    };
    assert!(!coloured(&[]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    let help = run(tenantry().env("NO_COLOR", "1").arg("--help")).exits(0);
    assert!(!help.stdout.contains('\u{1b}'));
}
