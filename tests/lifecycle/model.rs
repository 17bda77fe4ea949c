//! The lifecycle, model-checked: the real `decide` and `next_step`, two tenants
//! at once, every order of requests, duplicates, operations, crashes and
//! recordings, with stateright.

use crate::model_world::{Act, Budget, World};
use stateright::{Checker, Expectation, Model, Property};

#[derive(Clone, Debug)]
struct Lifecycle {
    tenants: u8,
    budget: Budget,
}

impl Model for Lifecycle {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self.tenants, self.budget)]
    }

    fn actions(&self, world: &World, acts: &mut Vec<Act>) {
        world.acts(acts);
    }

    fn next_state(&self, world: &World, act: Act) -> Option<World> {
        let next = world.after(act);
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            // What a step must never do: a version that does not grow, a
            // tombstone that changes, an operation that runs twice, two
            // executions at one stack, a request that is not answered once.
            Property::always("no step breaks a promise", |_, world: &World| world.broken.is_none()),
            // What is said of a tenant is true of its stack.
            Property::always("registry and stack agree", |_, world: &World| world.agree()),
            // Faults are finite here: when nothing more can happen, everything
            // that was wished is so, or a person is told why not.
            Property::always("everything ends as wished or explained", |_, world: &World| {
                !world.is_over() || world.is_settled()
            }),
            // The model is not empty: these are reached.
            Property::sometimes("a tenant is suspended", |_, world: &World| world.some_suspended()),
            Property::sometimes("both tenants are gone", |_, world: &World| world.all_gone()),
        ]
    }
}

/// How many states are looked at, at the most: a mutation run, which needs only
/// the first ones, says so in `TENANTRY_MODEL_STATES`.
pub(crate) fn most() -> Option<usize> {
    std::env::var("TENANTRY_MODEL_STATES").ok().map(|states| states.parse().expect("a number of states"))
}

/// Two tenants at once, every request twice, a crash and a deferral each, in
/// every order, breadth first to a million states: no promise is ever broken.
#[test]
fn the_lifecycle_keeps_its_promises_in_every_order() {
    let budget = Budget { deliveries: [2; 5], crashes: 1, deferrals: 1 };
    let lifecycle = Lifecycle { tenants: 2, budget };
    let states = most().unwrap_or(3_900_000);
    let checker = lifecycle.checker().threads(2).target_state_count(states).spawn_bfs().join();
    println!("{} states, {} of them unique", checker.state_count(), checker.unique_state_count());
    checker.assert_no_discovery("no step breaks a promise");
    checker.assert_no_discovery("registry and stack agree");
    checker.assert_no_discovery("everything ends as wished or explained");
    assert!(
        most().is_some() || checker.unique_state_count() >= 1_000_000,
        "{}",
        checker.unique_state_count()
    );
}

/// One tenant, to the very end of every order: all is as wished or explained.
#[test]
fn one_tenant_ends_as_wished_or_explained_in_every_order() {
    let budget = Budget { deliveries: [2, 1, 1, 1, 2], crashes: 1, deferrals: 0 };
    let walk = |checker: stateright::CheckerBuilder<Lifecycle>| match most() {
        None => checker,
        Some(states) => checker.target_state_count(states),
    };
    let checker = walk(Lifecycle { tenants: 1, budget }.checker()).threads(2).spawn_bfs().join();
    println!("{} states, {} of them unique", checker.state_count(), checker.unique_state_count());
    for property in checker.model().properties() {
        if property.expectation == Expectation::Always {
            checker.assert_no_discovery(property.name);
        }
    }
    if most().is_none() {
        checker.assert_properties();
    }
}
