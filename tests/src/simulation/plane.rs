//! An external application plane. It takes requests from a bus of its own, or
//! from the tenant bus, where it sees what publishers send; and it answers at
//! once, before its turn, hours late, twice, with a failure or never, and says
//! what nobody has asked.

use super::engine::{Engine, Event};
use super::lambda::From;
use super::random::Random;
use crate::events::event;
use crate::functions::Function;
use crate::invariants::Answered;
use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tenantry_events::ids::{EventId, TenantId};
use tenantry_events::name::EventName;
use tenantry_registry::tenant::OperationKind as Kind;

/// The tenant bus, as the publisher calls it.
pub(super) const TENANT_BUS: &str = "default";
/// The plane's own bus, if it has one.
pub(super) const OWN_BUS: &str = "application-plane";

const KINDS: [Kind; 4] = [Kind::Provision, Kind::Suspend, Kind::Resume, Kind::Deprovision];

/// Chances are in percent.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    pub(super) has_own_bus: bool,
    /// Of a request, to get no answer.
    silence: i64,
    /// Of a job, to fail.
    failure: i64,
    /// Of an answer, to take hours.
    late: i64,
    /// Of an answer, to be published once more.
    again: i64,
    /// Of a request, to make it say something else, too.
    stray: i64,
    /// Those whose onboarding it has seen.
    known: BTreeSet<TenantId>,
    answers: u32,
}

impl Plane {
    pub(super) fn new(random: &mut Random) -> Self {
        // Each trouble is absent from half of the histories.
        let mut up_to = |most: i64| match random.chance(50) {
            true => random.between(0, most + 1),
            false => 0,
        };
        let (silence, failure, late) = (up_to(40), up_to(50), up_to(50));
        let (again, stray) = (up_to(50), up_to(30));
        let has_own_bus = random.chance(50);
        Self { has_own_bus, silence, failure, late, again, stray, known: BTreeSet::new(), answers: 0 }
    }
}

impl Engine {
    /// The bus has taken an event of the publisher's.
    pub(super) fn published(&mut self, bus: &str, name: EventName, detail: Value) {
        let asked = kind_of(name).is_some();
        let right = if asked && self.plane.has_own_bus { OWN_BUS } else { TENANT_BUS };
        if bus != right {
            self.history.wrong.push(format!("{name} is published on the bus {bus}: {detail}"));
        }
        if asked {
            self.ask_plane(name, detail);
        }
    }

    /// A request is on its way to the plane, at least once.
    pub(super) fn ask_plane(&mut self, name: EventName, detail: Value) {
        let copies = 1 + usize::from(self.weather.repeats(&mut self.random, self.now));
        for _ in 0..copies {
            let at = self.now + self.weather.way(&mut self.random, self.now);
            self.at(at, Event::Asked { name, detail: detail.clone() });
        }
    }

    /// The plane takes a request, if it is one for a tenant of its own.
    pub(super) fn asked(&mut self, name: EventName, detail: &Value) {
        let Some((kind, tenant)) = kind_of(name).zip(tenant_of(detail)) else { return };
        if kind == Kind::Provision && is_its_own(detail) {
            self.plane.known.insert(tenant);
        }
        if !self.plane.known.contains(&tenant) {
            return;
        }
        self.note(&format!("the plane is asked to {kind} {tenant}"));
        let fair = self.now >= self.weather.end;
        let Plane { silence, failure, late, again, stray, .. } = self.plane.clone();
        let happens = |this: &mut Self, percent: i64| !fair && this.random.chance(percent);
        if happens(self, stray) {
            let (kind, succeeded) = (*self.random.one(&KINDS), self.random.chance(50));
            // Of this tenant, or of one that may not be its own.
            let other = TenantId::derive(&format!("tenant {}", self.random.between(0, 5)));
            let whose = if self.random.chance(50) { tenant } else { other };
            self.answer(whose, kind, succeeded, 3_600_000);
        }
        if happens(self, silence) {
            return;
        }
        let succeeded = !happens(self, failure);
        let within = if happens(self, late) { 18_000_000 } else { 3_000 };
        self.answer(tenant, kind, succeeded, within);
        if happens(self, again) {
            self.answer(tenant, kind, succeeded, 7_200_000);
        }
    }

    /// The plane answers, within so many milliseconds, by an event of its own.
    fn answer(&mut self, tenant: TenantId, kind: Kind, succeeded: bool, within: i64) {
        let at = self.now + TimeDelta::milliseconds(self.random.between(1, within));
        self.plane.answers += 1;
        let seed = format!("answer {}", self.plane.answers);
        let mut detail = json!({ "tenantRegistrationId": format!("registration-{tenant}") });
        if self.random.chance(50) {
            detail["tenantId"] = json!(tenant);
        }
        if matches!(kind, Kind::Provision | Kind::Deprovision) {
            detail["jobOutput"] = match succeeded {
                true => json!({
                    "tenantData": { "apiUrl": "https://api", "tenantConfig": "{\"apiGatewayUrl\":\"https://api\"}" },
                    "tenantRegistrationData": { "registrationStatus": "made" },
                }),
                false => json!({ "tenantStatus": "It can not." }),
            };
        }
        // SBT's planes send no metadata.
        if self.random.chance(40) {
            let event_id = EventId::derive(&seed);
            detail["metadata"] = json!({
                "eventId": event_id,
                "schemaVersion": 1,
                "occurredAt": at.to_rfc3339_opts(SecondsFormat::Millis, true),
                "correlationId": event_id,
                "producer": "plane",
            });
        }
        let mut payload = event(answer_of(kind, succeeded), &seed, &detail);
        payload["time"] = json!(at.to_rfc3339_opts(SecondsFormat::Secs, true));
        self.answered.push(Answered { tenant, kind, succeeded, at });
        let arrives = at + self.weather.way(&mut self.random, at);
        let function = Function::ApplicationEvents;
        self.at(arrives, Event::Invoke { function, payload, from: From::Bus { attempt: 0 } });
    }
}

/// What a request asks of the plane.
fn kind_of(name: EventName) -> Option<Kind> {
    match name {
        EventName::OnboardingRequest => Some(Kind::Provision),
        EventName::OffboardingRequest => Some(Kind::Deprovision),
        EventName::DeactivateRequest => Some(Kind::Suspend),
        EventName::ActivateRequest => Some(Kind::Resume),
        _ => None,
    }
}

fn answer_of(kind: Kind, succeeded: bool) -> EventName {
    match (kind, succeeded) {
        (Kind::Provision, true) => EventName::ProvisionSuccess,
        (Kind::Provision, false) => EventName::ProvisionFailure,
        (Kind::Deprovision, true) => EventName::DeprovisionSuccess,
        (Kind::Deprovision, false) => EventName::DeprovisionFailure,
        (Kind::Suspend, true) => EventName::DeactivateSuccess,
        (Kind::Suspend, false) => EventName::DeactivateFailure,
        (Kind::Resume, true) => EventName::ActivateSuccess,
        (Kind::Resume, false) => EventName::ActivateFailure,
        (Kind::Update | Kind::CleanUp, _) => unreachable!("no plane is asked for a {kind}"),
    }
}

/// Of a tier that the plane serves.
fn is_its_own(detail: &Value) -> bool {
    matches!(detail["tier"].as_str(), Some("foreign" | "shared"))
}

fn tenant_of(detail: &Value) -> Option<TenantId> {
    let registration = detail["tenantRegistrationId"].as_str();
    let id = detail["tenantId"].as_str().or(registration?.strip_prefix("registration-"));
    id?.parse().ok()
}
