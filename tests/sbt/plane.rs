//! SBT's `CoreApplicationPlane` with ScriptJobs, as `@cdklabs/sbt-aws` 0.5.25
//! makes it: its events have no prefix, and sources of their own.

use tenantry_tests::cloud::{Ask, cloud};
use tenantry_tests::external::{Field, Scripts, sbts_plane};

/// What the command is told of such a deployment.
const NAMES: &[(&str, &str)] = &[
    ("TENANTRY_DETAIL_TYPE_PREFIX", ""),
    ("TENANTRY_CONTROL_PLANE_SOURCE", "controlPlaneEventSource"),
    ("TENANTRY_APPLICATION_PLANE_SOURCE", "applicationPlaneEventSource"),
];

/// Twenty tenants of SBT's own plane live as they were asked to, each request
/// has one answer, and a page that the deployment names finds its settings.
#[test]
#[ignore = "needs npm and the network: .ci/sbt"]
fn twenty_tenants_of_sbts_own_plane_live_as_asked() {
    let cloud = cloud();
    let parameters = [
        ("ApplicationPlaneBus", "sbt-plane"),
        ("DetailTypePrefix", ""),
        ("ControlPlaneSource", "controlPlaneEventSource"),
        ("ApplicationPlaneSource", "applicationPlaneEventSource"),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    cloud.aws(&["events", "create-event-bus", "--name", "sbt-plane"]).exits(0);
    let plane = cloud.plane_with("sbt", &parameters).with_variables(NAMES);
    // A stack of the CDK's asks what bootstrapped the account.
    let bootstrap =
        ["ssm", "put-parameter", "--name", "/cdk-bootstrap/hnb659fds/version", "--type", "String"];
    cloud.aws(&[&bootstrap[..], &["--value", "30", "--overwrite"]].concat()).exits(0);
    cloud.deploy_template("sbt-plane", &sbts_plane("sbt-plane", Scripts::AsTold), &[]);
    let mut field = Field::new(plane, plane.tier("basic"));
    field.onboard();
    let config = plane.api().send_patiently(&Ask::new("GET", "/tenant-config?tenantName=External%200"));
    assert_eq!(config.expect(200).json()["theme"]["dark"], true);
    field.cancel_and_retry();
    field.suspend_and_resume();
    field.offboard();
    field.every_request_was_answered_once();
}
