//! A control plane whose stack has the longest name that is taken works like any
//! other, and one character more is refused before anything is built.

use serde_json::json;
use tenantry_tests::cloud::cloud;

/// The longest name: a tenant is onboarded, and each of its names is one that AWS
/// takes (the local cloud refuses the others as AWS does).
#[test]
fn the_longest_stack_name_onboards_a_tenant() {
    let cloud = cloud();
    let stack = "a-control-plane-with-the-longest-name-x";
    assert_eq!(stack.len(), 39);
    cloud.deploy(stack);
    let onboard = ["tenant", "onboard", "--stack", stack, "--name", "Long", "--tier", "platinum"];
    let onboard = [&onboard[..], &["--email", "a@b.example", "--wait", "--output", "json"]].concat();
    let shown = cloud.tenantry(&onboard).exits(0).json();
    assert_eq!(shown["tenant"]["status"], json!("Active"));
    let id = shown["tenant"]["tenantId"].as_str().expect("an id");
    let functions = cloud.aws(&["lambda", "list-functions"]).exits(0).json();
    let names = functions["Functions"].as_array().expect("functions").iter();
    let own: Vec<&str> =
        names.filter_map(|found| found["FunctionName"].as_str()).filter(|name| name.contains(id)).collect();
    assert!(!own.is_empty() && own.iter().all(|name| name.len() <= 64), "{own:?}");
    cloud.tenantry(&["tenant", "offboard", id, "--stack", stack, "--wait"]).exits(0);
}

/// One more: the command says the option and the limit, and deploys nothing; also
/// a name that would pass for a tenant's.
#[test]
fn a_longer_name_is_refused_before_anything_is_built() {
    let cloud = cloud();
    for (stack, said) in
        [("a-control-plane-with-a-name-that-is-too-x", "at most 39"), ("acme-tenant-x", "must not contain")]
    {
        for command in [&["deploy", "--bucket", "tenantry-artefacts"][..], &["local", "up", "--detach"]] {
            let refused = cloud.tenantry(&[command, &["--stack", stack]].concat()).exits(6);
            assert!(
                refused.stderr.contains("`--stack`") && refused.stderr.contains(said),
                "{}",
                refused.stderr
            );
        }
        assert_eq!(cloud.stack_named(stack), None);
    }
}
