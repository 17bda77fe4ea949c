//! Who waits for build capacity says so, with since when and how often.

use tenantry_registry::store::tenant_item;
use tenantry_registry::tenant::Tenant;
use tenantry_tests::lives::{Step, at, imagined};

fn attention(tenant: &Tenant) -> Option<String> {
    tenant_item(tenant).unwrap().get("attention").map(|text| text.as_s().unwrap().clone())
}

/// Put off again and again, whichever operation it is: waiting or begun again,
/// the record says since when it was first wanted and how often it was put off;
/// once it is done, nothing of it is left.
#[test]
fn what_is_put_off_says_since_when_and_how_often() {
    use Step::{Begin, Defer, Offboard, Onboard, Resume, Succeed, Suspend};
    let active: &[Step] = &[Onboard, Begin, Succeed];
    for before in [
        vec![Onboard],
        [active, &[Suspend]].concat(),
        [active, &[Suspend, Begin, Succeed, Resume]].concat(),
        [active, &[Offboard]].concat(),
    ] {
        let since = at(before.len() - 1);
        let mut steps = before;
        assert_eq!(imagined("acme", &steps).waits_for_capacity(), None);
        for times in 1..=3 {
            for step in [&[Begin, Defer][..], &[Begin]] {
                steps.extend(step);
                let tenant = imagined("acme", &steps);
                let wait = tenant.waits_for_capacity().expect("a wait");
                assert_eq!((wait.since, wait.deferrals), (since, times), "{steps:?}");
                let said = attention(&tenant).expect("a reason");
                assert!(said.starts_with("waiting for build capacity since 2026-01-02T12:"), "{said}");
                let count =
                    if times == 1 { "put off once".to_owned() } else { format!("put off {times} times") };
                assert!(said.ends_with(&count), "{said}");
            }
            // The attempt that has begun is put off by the next round.
            steps.pop();
        }
        steps.extend([Begin, Succeed]);
        let done = imagined("acme", &steps);
        assert_eq!((done.waits_for_capacity(), attention(&done)), (None, None), "{steps:?}");
    }
}
