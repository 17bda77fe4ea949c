//! External application planes on a bus of their own: one in SBT's shape, with
//! today's names, and the example of the documentation.

use std::sync::OnceLock;
use tenantry_tests::cloud::{Cloud, Plane, cloud};
use tenantry_tests::external::{Field, own_plane};
use tenantry_tests::workspace;

const STACK: &str = "outside";
const BUS: &str = "outside-plane";

/// A control plane that publishes admitted requests on another bus.
fn outside(cloud: &Cloud) -> Plane<'_> {
    static DEPLOYED: OnceLock<()> = OnceLock::new();
    DEPLOYED.get_or_init(|| {
        cloud.aws(&["events", "create-event-bus", "--name", BUS]).exits(0);
        cloud.deploy_with(STACK, &[("ApplicationPlaneBus".to_owned(), BUS.to_owned())]);
    });
    cloud.deployed(STACK)
}

/// Twenty tenants live as they were asked to: provisioned at once, late, never or
/// with a failure; cancelled, retried, suspended, resumed, offboarded; and each
/// request has one answer.
#[test]
fn twenty_tenants_of_an_external_plane_live_as_asked() {
    let cloud = cloud();
    let plane = outside(&cloud);
    let tier = plane.tier("Basic");
    let template = cloud.home().join("own-plane.json");
    std::fs::write(&template, own_plane(BUS, tier, true).to_string()).expect("a template");
    cloud.deploy_template("own-plane", &template, &[]);
    let mut field = Field::new(plane, tier);
    field.onboard();
    field.cancel_and_retry();
    field.suspend_and_resume();
    field.offboard();
    field.every_request_was_answered_once();
}

/// The application plane of `docs/bring-your-application-plane.md`, deployed as
/// it says: its tier is there, and a tenant of it lives its whole life.
#[test]
fn the_documentations_own_plane_works() {
    let cloud = cloud();
    let plane = outside(&cloud);
    let template = workspace::root().join("docs/examples/application-plane.yaml");
    let parameters =
        [format!("TiersFunctionArn={}", plane.output("TiersFunctionArn")), format!("BusName={BUS}")];
    cloud.deploy_template("workspaces", &template, &parameters);
    let onboard =
        ["tenant", "onboard", "--name", "Documented", "--email", "a@b.example", "--tier", "workspace"];
    let made = plane.json(&[&onboard[..], &["--wait"]].concat());
    let id = made["tenantId"].as_str().or(made["tenant"]["tenantId"].as_str()).expect("an id").to_owned();
    let shown = plane.is(&id, "Active");
    assert!(
        shown["tenant"]["outputs"]["tenantConfig"].as_str().is_some_and(|text| text.contains(&id)),
        "{shown:#}"
    );
    for (verb, status) in [("suspend", "Suspended"), ("resume", "Active"), ("offboard", "Deprovisioned")] {
        plane.tenantry(&["tenant", verb, &id]).exits(0);
        let _ = plane.is(&id, status);
    }
}
