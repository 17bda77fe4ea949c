//! Every state of every machine, generated from the definitions: it fails with
//! each kind of error that it tells apart, its answer is lost and it is called
//! again, it never answers, and the execution ends in it. Nobody adds a case: a
//! new state or a new machine is tried, or this test fails for want of a way.

mod cases;
pub(crate) mod control;
mod definition;
mod lane;

use cases::Case;
use control::Control;
use lane::{Lane, Shared, lock};
use std::collections::BTreeSet;
use std::sync::Arc;
use tenantry_events::ids::OperationId;
use tenantry_events::name::EventName;
use tenantry_registry::tenant::Status;
use tenantry_tests::cloud::cloud;
use tokio::task::JoinSet;

/// How many executions at once.
const LANES: usize = 6;

/// Whatever happens at whichever task, the injected state is the one that
/// failed, the tenant's record says so, a clean slate is left or what is left is
/// said, and from there the tenant can be tried again or offboarded.
#[test]
#[allow(clippy::print_stdout)]
fn every_state_of_every_machine_fails_repeats_and_times_out() {
    let cloud = cloud();
    let control = Control::of(&cloud, "tenantry");
    let mut machines = definition::all();
    // Those that onboard first: the others use their tenants.
    machines.sort_by_key(|machine| {
        (!machine.name.starts_with("provision"), machine.name.starts_with("deprovision"))
    });
    let states = machines
        .iter()
        .flat_map(|it| it.states().into_iter().map(move |state| (it.name.clone(), state.to_owned())));
    let states: BTreeSet<(String, String)> = states.collect();
    let shared = Arc::new(Shared::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, async {
        for machine in machines.into_iter().map(Arc::new) {
            let cases: Vec<Case> = cases::of(&machine);
            lock(&shared.cases).extend(cases);
            let mut lanes = JoinSet::new();
            for _ in 0..LANES {
                let (control, machine, shared) = (control.clone(), Arc::clone(&machine), Arc::clone(&shared));
                lanes.spawn_local(Lane { control, machine, shared }.drive());
            }
            while let Some(lane) = lanes.join_next().await {
                lane.expect("a lane does not panic");
            }
        }
        everybody_leaves(&control, &shared).await;
    });
    let (done, wrong) = (lock(&shared.done).clone(), lock(&shared.wrong).clone());
    println!("{}\n{} cases, {} wrong", done.join("\n"), done.len(), wrong.len());
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), done.len(), wrong.join("\n"));
    let untried: Vec<_> = states.difference(&lock(&shared.entered)).cloned().collect();
    assert!(untried.is_empty(), "no case enters {untried:?}");
}

/// All tenants, whatever happened to them, can be offboarded to a clean end.
async fn everybody_leaves(control: &Control, shared: &Shared) {
    let all = lock(&shared.all).clone();
    let mut leaving = Vec::new();
    for id in &all {
        let Some(tenant) = control.tenant(*id).await else { continue };
        if tenant.status == Status::Deprovisioned {
            continue;
        }
        let again = tenant.status == Status::DeprovisionFailed;
        let after = match again {
            true => OperationId { generation: tenant.generation, attempt: tenant.attempt + 1 },
            false => OperationId { generation: tenant.generation + 1, attempt: 1 },
        };
        control.ask(if again { EventName::RetryRequest } else { EventName::OffboardingRequest }, *id).await;
        leaving.push((*id, after));
    }
    for (id, after) in leaving {
        let status = control.rests(id, after).await.status;
        if status != Status::Deprovisioned {
            lock(&shared.wrong).push(format!("{id} can not be offboarded: it is {status}"));
        }
    }
    let stacks = control.stacks().await;
    let left = all.iter().filter(|id| stacks.contains(&id.to_string()));
    lock(&shared.wrong).extend(left.map(|id| format!("the stack of {id} is left")));
}
