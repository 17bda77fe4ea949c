//! What publishers ask for: several tenants, several publishers whose clocks
//! differ, every kind of request, in any order.

use super::random::Random;
use crate::events::event;
use crate::functions::Function;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use tenantry_events::ids::{EventId, TenantId};
use tenantry_events::name::EventName;

/// A request, and when its publisher sends it.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) at: DateTime<Utc>,
    pub(super) name: EventName,
    pub(super) function: Function,
    pub(super) payload: Value,
    /// The tenant's number and what is asked, for the trace.
    pub(super) what: String,
}

const LATER: [EventName; 10] = [
    EventName::OffboardingRequest,
    EventName::DeactivateRequest,
    EventName::DeactivateRequest,
    EventName::ActivateRequest,
    EventName::ActivateRequest,
    EventName::RetryRequest,
    EventName::RetryRequest,
    EventName::CancelRequest,
    EventName::ChangeRequest,
    EventName::OnboardingRequest,
];

/// The tiers that tenants are of, the plans of which differ; some have more.
const TIERS: [&str; 6] = ["platinum", "gold", "foreign", "platinum", "gold", "shared"];

/// The requests of one history, within `span` from `start`.
pub(super) fn requests(random: &mut Random, start: DateTime<Utc>, span: TimeDelta) -> Vec<Request> {
    let skews: Vec<_> = (0..3).map(|_| TimeDelta::seconds(random.between(-120, 121))).collect();
    let mut all = Vec::new();
    let tenants = random.between(1, 5);
    for tenant in 0..tenants {
        let tier = *random.one(&TIERS);
        let onboarded = start + TimeDelta::seconds(random.between(0, 1_200));
        all.push(request(random, EventName::OnboardingRequest, (tenant, tier), onboarded, &skews, 0));
        for place in 1..=random.between(0, 7) {
            let name = *random.one(&LATER);
            let at = start + TimeDelta::seconds(random.between(0, span.num_seconds()));
            all.push(request(random, name, (tenant, tier), at, &skews, place));
        }
    }
    all
}

fn request(
    random: &mut Random,
    name: EventName,
    (tenant, tier): (i64, &str),
    at: DateTime<Utc>,
    skews: &[TimeDelta],
    place: i64,
) -> Request {
    let id = TenantId::derive(&format!("tenant {tenant}"));
    let registration = format!("registration-{id}");
    let mut detail = json!({});
    // By its id, by its registration, or by both.
    let by = random.between(0, 4);
    if by != 0 {
        detail["tenantId"] = json!(id);
    }
    if by != 1 || name == EventName::OnboardingRequest {
        detail["tenantRegistrationId"] = json!(registration);
    }
    if name == EventName::OnboardingRequest {
        detail["tenantId"] = json!(id);
        detail["email"] = json!("admin@acme.example");
        detail["tier"] = json!(tier);
        // Some want a name that another one has.
        let named = if tenant > 0 && random.chance(20) { tenant - 1 } else { tenant };
        detail["tenantName"] = json!(format!("Tenant {named}"));
    }
    if name == EventName::ChangeRequest {
        detail["attributes"] = json!({ "plan": place });
        // An address is deployed, an attribute is only known.
        if random.chance(50) {
            detail["email"] = json!(format!("admin-{place}@acme.example"));
        }
    }
    let seed = format!("{tenant} {name} {place}");
    let says = at + *random.one(skews);
    // SBT's publishers send no metadata.
    if random.chance(60) {
        let event_id = EventId::derive(&seed);
        detail["metadata"] = json!({
            "eventId": event_id,
            "schemaVersion": 1,
            "occurredAt": moment(says),
            "correlationId": event_id,
            "producer": "simulation",
        });
    }
    let mut payload = event(name, &seed, &detail);
    payload["time"] = json!(moment(at));
    let function = match name {
        EventName::OnboardingRequest => Function::Onboarding,
        EventName::OffboardingRequest => Function::Offboarding,
        _ => Function::Lifecycle,
    };
    Request { at, name, function, payload, what: seed }
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
