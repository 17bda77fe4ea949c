//! The invariants themselves: a healthy control plane has nothing wrong with
//! it, and each violation is seen.

use chrono::TimeDelta;
use tenantry_events::ids::{EventId, TenantId};
use tenantry_events::name::EventName;
use tenantry_registry::audit::{AuditEntry, Origin, Verdict};
use tenantry_registry::lifecycle::{Decision, Input, decide};
use tenantry_registry::notices;
use tenantry_registry::tenant::{Due, Operation, OperationKind, OperationState, Status, Tenant};
use tenantry_tests::builders::{
    begin, deferred, ending, failure, foreign, noon, offboarding, onboard as asks, onboarding, origin,
    request, success,
};
use tenantry_tests::invariants::{Answered, Execution, Line, Picture, PlaneSeen, Published, Stage, broken};

/// What happens next, and the event that asks for it.
type Happens = fn(Option<&Tenant>) -> (Input, EventName);

/// What a control plane writes, does and says about one tenant.
struct Story {
    tenant: Option<Tenant>,
    operations: Vec<Operation>,
    history: Vec<Line>,
    published: Vec<Published>,
    executions: Vec<Execution>,
}

impl Story {
    fn of(steps: &[Happens]) -> Self {
        let mut story = Self {
            tenant: None,
            operations: Vec::new(),
            history: Vec::new(),
            published: Vec::new(),
            executions: Vec::new(),
        };
        for step in steps {
            let (input, action) = step(story.tenant.as_ref());
            story.take(&input, action);
        }
        story
    }

    fn take(&mut self, input: &Input, action: EventName) {
        let Decision::Change(change) = decide(self.tenant.as_ref(), input, noon()) else {
            panic!("nothing changes: {input:?}")
        };
        let (event_id, action) = match input {
            Input::Begin(begin) => {
                let name = begin.id.execution_name(change.tenant.tenant_id);
                self.executions.push(Execution { name, status: "RUNNING".to_owned() });
                (EventId::derive("begin"), "begin".to_owned())
            }
            Input::Outcome(_) => {
                self.executions.last_mut().unwrap().status = "SUCCEEDED".to_owned();
                (EventId::derive("end"), "recordOutcome".to_owned())
            }
            _ => (change.tenant.request.event_id, action.as_str().to_owned()),
        };
        let entry = AuditEntry {
            tenant_id: change.tenant.tenant_id,
            at: noon(),
            origin: Origin { event_id, action, ..origin("") },
            verdict: Verdict::Accepted,
            code: None,
            reason: change.summary.clone(),
            tenant_registration_id: None,
            tenant_version: Some(change.tenant.version),
        };
        self.history.push(Line { entry, outbox: Vec::new() });
        let notices = notices::of_change(self.tenant.as_ref(), &change).unwrap();
        self.published.extend(notices.iter().map(|n| Published::of(n.name.detail_type(), &n.detail)));
        if let Some(operation) = change.operation {
            self.operations.retain(|known| known.id != operation.id);
            self.operations.push(operation);
        }
        self.tenant = Some(change.tenant);
    }

    fn picture(self, stage: Stage, has_stack: bool) -> Picture {
        let tenant = self.tenant.unwrap();
        let id = tenant.tenant_id;
        let open = u32::from(tenant.operation.is_some());
        Picture {
            now: noon() + TimeDelta::hours(1),
            sweep: Some(TimeDelta::minutes(5)),
            stage,
            counts: [(None, open), (Some("platinum".to_owned()), open)].into(),
            tenants: vec![tenant],
            operations: self.operations.into_iter().map(|operation| (id, operation)).collect(),
            history: self.history,
            executions: self.executions,
            users: None,
            stacks: Some(has_stack.then_some(id).into_iter().collect()),
            published: Some(self.published),
            plane: None,
        }
    }
}

fn onboard(_: Option<&Tenant>) -> (Input, EventName) {
    (onboarding("acme"), EventName::OnboardingRequest)
}

fn start(tenant: Option<&Tenant>) -> (Input, EventName) {
    (begin(tenant.unwrap()), EventName::OnboardingRequest)
}

fn succeed(tenant: Option<&Tenant>) -> (Input, EventName) {
    (ending(tenant.unwrap(), success()), EventName::OnboardingRequest)
}

fn fail(tenant: Option<&Tenant>) -> (Input, EventName) {
    (ending(tenant.unwrap(), failure()), EventName::OnboardingRequest)
}

fn suspend(_: Option<&Tenant>) -> (Input, EventName) {
    (Input::Suspend(request("suspend")), EventName::DeactivateRequest)
}

fn leave(_: Option<&Tenant>) -> (Input, EventName) {
    (offboarding("leave"), EventName::OffboardingRequest)
}

fn resume(_: Option<&Tenant>) -> (Input, EventName) {
    (Input::Resume(request("resume")), EventName::ActivateRequest)
}

fn defer(tenant: Option<&Tenant>) -> (Input, EventName) {
    (ending(tenant.unwrap(), deferred()), EventName::OnboardingRequest)
}

fn provisioning() -> Picture {
    Story::of(&[onboard, start]).picture(Stage::Quiet, false)
}

fn active() -> Picture {
    Story::of(&[onboard, start, succeed]).picture(Stage::Over, true)
}

fn failed() -> Picture {
    Story::of(&[onboard, start, fail]).picture(Stage::Over, false)
}

fn suspended() -> Picture {
    Story::of(&[onboard, start, succeed, suspend, start, succeed]).picture(Stage::Over, true)
}

fn gone() -> Picture {
    Story::of(&[onboard, start, succeed, leave, start, succeed]).picture(Stage::Over, false)
}

/// Nothing is wrong with a control plane that does what it should.
#[test]
fn a_healthy_control_plane_breaks_nothing() {
    for picture in [provisioning(), active(), failed(), suspended(), gone(), outside()] {
        assert_eq!(broken(&picture), Vec::<String>::new());
    }
}

/// Whatever takes a request's place, or makes it needless, the request has its
/// one outcome.
#[test]
fn every_request_has_one_outcome() {
    let stories: &[(&[Happens], bool)] = &[
        // Offboarded before it was provisioned.
        (&[onboard, leave], false),
        (&[onboard, start, leave, defer], false),
        // Suspended before, and while, it is provisioned; and again open by then.
        (&[onboard, suspend, start, succeed, start, succeed], true),
        (&[onboard, start, suspend, succeed, start, succeed], true),
        (&[onboard, start, suspend, resume, succeed], true),
        // The provisioning that a suspension waits for fails, or is deferred.
        (&[onboard, start, suspend, fail], false),
        (&[onboard, start, suspend, defer, start, succeed, start, succeed], true),
        // Replaced before it began, while it ran, and when there was no room.
        (&[onboard, start, succeed, suspend, resume], true),
        (&[onboard, start, succeed, suspend, start, resume, succeed, start, succeed], true),
        (&[onboard, start, succeed, suspend, start, resume, defer], true),
        (&[onboard, start, succeed, suspend, leave, start, succeed], false),
        (&[onboard, start, succeed, suspend, start, leave, succeed, start, succeed], false),
    ];
    for (steps, has_stack) in stories {
        let picture = Story::of(steps).picture(Stage::Over, *has_stack);
        assert_eq!(broken(&picture), Vec::<String>::new(), "{:#?}", picture.history);
    }
}

fn onboard_outside(_: Option<&Tenant>) -> (Input, EventName) {
    let mut request = asks("acme");
    (request.tier_name, request.tier) = (foreign().name, Some(foreign()));
    (Input::Onboard(Box::new(request)), EventName::OnboardingRequest)
}

fn hand_over(tenant: Option<&Tenant>) -> (Input, EventName) {
    let Input::Begin(mut begin) = begin(tenant.unwrap()) else { unreachable!("a beginning") };
    begin.hand_over = true;
    (Input::Begin(begin), EventName::OnboardingRequest)
}

/// An external plane has provisioned a tenant, and is at rest.
fn outside() -> Picture {
    let mut picture = Story::of(&[onboard_outside, hand_over, succeed]).picture(Stage::Over, false);
    let tenant = picture.tenants[0].tenant_id;
    let answer = Answered { tenant, kind: OperationKind::Provision, succeeded: true, at: noon() };
    picture.plane = Some(PlaneSeen { has_own_bus: true, answers: vec![answer] });
    picture.executions.clear();
    // Nothing else begins and ends within a moment.
    let operation = &mut picture.operations[0].1;
    operation.ended_at = Some(operation.started_at + TimeDelta::seconds(1));
    picture
}

type Violation = (&'static str, fn() -> Picture, fn(&mut Picture));

/// Each invariant, and what breaks it: it is seen, under its own words.
#[test]
fn each_violation_is_seen() {
    let violations: &[Violation] = &[
        ("is Active, and has no stack", active, |p| p.stacks = Some([].into())),
        ("is Deprovisioned, and has a stack", gone, |p| p.stacks = Some([p.tenants[0].tenant_id].into())),
        ("is ProvisionFailed, and has a stack", failed, |p| p.stacks = Some([p.tenants[0].tenant_id].into())),
        ("a stack of no tenant", gone, |p| p.stacks = Some([TenantId::derive("other")].into())),
        ("ran twice", provisioning, |p| p.executions.push(p.executions[0].clone())),
        ("which is not in the registry", active, |p| p.operations.clear()),
        ("is over, and its execution runs", active, |p| "RUNNING".clone_into(&mut p.executions[0].status)),
        ("no execution of it runs", provisioning, |p| "ABORTED".clone_into(&mut p.executions[0].status)),
        ("the open operation is none, and [1-1] run", active, |p| {
            p.operations[0].1.state = OperationState::Running;
        }),
        ("the open operation is 1-1, and [] run", provisioning, |p| p.operations.clear()),
        ("is not among the ended ones", active, |p| p.operations[0].1.state = OperationState::Failed),
        ("it is Active with provision open", provisioning, |p| p.tenants[0].status = Status::Active),
        ("version 3 has the history [1, 3]", active, |p| drop(p.history.remove(1))),
        ("version 3 has the history [1, 2, 3, 3]", active, |p| p.history.push(p.history[2].clone())),
        ("past its deadline", provisioning, |p| p.now += TimeDelta::hours(3)),
        ("it still needs", provisioning, |p| p.stage = Stage::Over),
        ("and nothing says why", failed, |p| p.tenants[0].failure = None),
        ("are counted as under way of all tiers", active, |p| p.counts.extend([(None, 1)])),
        ("are counted as under way of platinum", provisioning, |p| {
            p.counts.retain(|tier, _| tier.is_none());
        }),
        ("share the name acme", active, |p| {
            let other = Tenant { tenant_id: TenantId::derive("other"), ..p.tenants[0].clone() };
            p.tenants.push(other);
        }),
        ("share the registration", gone, |p| {
            let other = Tenant { tenant_id: TenantId::derive("other"), ..p.tenants[0].clone() };
            p.tenants.push(other);
        }),
        ("is unpublished", active, |p| {
            let Decision::Change(change) = decide(None, &onboarding("acme"), noon()) else { panic!() };
            p.history[2].outbox = notices::of_change(None, &change).unwrap();
        }),
        ("has two contents", active, |p| {
            let mut other = p.published.as_ref().unwrap()[0].clone();
            other.detail["to"] = "Suspended".into();
            p.published.as_mut().unwrap().push(other);
        }),
        ("follows from no line of the history", active, |p| {
            p.published.as_mut().unwrap()[0].metadata.event_id = EventId::derive("invented");
        }),
        ("has the outcomes [onboardingSuccess, onboardingFailure]", active, |p| {
            let events = p.published.as_mut().unwrap();
            let success = events.iter().find(|event| event.name == EventName::OnboardingSuccess);
            let mut other = success.unwrap().clone();
            other.name = EventName::OnboardingFailure;
            let (tenant, request) = (&p.tenants[0], other.metadata.causation_id.unwrap());
            other.metadata.event_id = EventId::of_answer(tenant.tenant_id, 3, other.name.as_str(), request);
            events.push(other);
        }),
        ("(onboardingRequest) has the outcomes []", active, |p| {
            p.published.as_mut().unwrap().retain(|event| event.name != EventName::OnboardingSuccess);
        }),
        ("an event says that it goes from", active, |p| {
            let events = p.published.as_mut().unwrap();
            events.retain(|event| event.metadata.tenant_version != Some(2));
        }),
        ("a clean-up is to follow that nobody runs", outside, |p| {
            p.tenants[0].due = Some(Due::new(noon(), true));
        }),
        ("of a tenant of the plan external-silo", outside, |p| {
            p.operations[0].1.kind = OperationKind::Update;
        }),
        ("and the plane has not said so", outside, |p| p.plane.as_mut().unwrap().answers.clear()),
        ("was handed over 0 times", outside, |p| {
            p.published.as_mut().unwrap().retain(|event| event.name != EventName::OnboardingRequest);
        }),
        ("was handed over 2 times", outside, |p| {
            let events = p.published.as_mut().unwrap();
            let asked = events.iter().find(|event| event.name == EventName::OnboardingRequest);
            let mut again = asked.unwrap().clone();
            again.metadata.event_id = EventId::derive("once more");
            events.push(again);
        }),
        ("are of operations", outside, |p| {
            let events = p.published.as_mut().unwrap();
            let asked = events.iter_mut().find(|event| event.name == EventName::OnboardingRequest);
            asked.unwrap().detail["tenantId"] = "nobody".into();
        }),
        ("and the last event says", active, |p| {
            let events = p.published.as_mut().unwrap();
            events
                .retain(|e| e.name != EventName::TenantStatusChanged || e.metadata.tenant_version != Some(3));
        }),
    ];
    for (words, healthy, violate) in violations {
        let mut picture = healthy();
        assert_eq!(broken(&picture), Vec::<String>::new(), "before: {words}");
        violate(&mut picture);
        let wrong = broken(&picture).join("\n");
        assert!(wrong.contains(words), "not seen: {words}; but:\n{wrong}");
    }
}
