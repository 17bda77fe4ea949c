//! A request to onboard a tenant.

use super::{Capacity, Change, Claims, Code, Decision, Note};
use crate::tenant::{Changes, Deployed, DesiredState, Due, Heard, Request, Status, Tenant, Unknown};
use crate::tier::Tier;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tenantry_events::ids::TenantId;
use tenantry_events::text::{Email, RegistrationId, TenantName, TierName, look_alike};

/// What an onboardingRequest asks for, once its identity and tier are looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct Onboard {
    /// The tenant to be.
    pub tenant_id: TenantId,
    /// Its registration.
    pub tenant_registration_id: RegistrationId,
    /// Its name.
    pub tenant_name: TenantName,
    /// Its administrator's address.
    pub email: Email,
    /// The tier that was asked for.
    pub tier_name: TierName,
    /// That tier as the registry has it; `None` if it has none of that name.
    pub tier: Option<Tier>,
    /// What else the publisher sent.
    pub attributes: Map<String, Value>,
    /// The event that carried the request.
    pub request: Request,
}

pub(super) fn decide(tenant: Option<&Tenant>, request: &Onboard, now: DateTime<Utc>) -> Decision {
    match tenant {
        None => create(request, now),
        Some(tenant) => repeat(tenant, request),
    }
}

fn create(request: &Onboard, now: DateTime<Utc>) -> Decision {
    let Some(tier) = &request.tier else {
        return Decision::Refused(unknown_tier(&request.tier_name));
    };
    let tenant = Tenant {
        tenant_id: request.tenant_id,
        tenant_registration_id: request.tenant_registration_id.clone(),
        tenant_name: request.tenant_name.clone(),
        email: request.email.clone(),
        tier: tier.name.clone(),
        plan: tier.plan,
        attributes: request.attributes.clone(),
        desired: DesiredState::Active,
        revision: 1,
        deployed: Deployed::default(),
        generation: 1,
        attempt: 0,
        due: Some(Due::new(now, false)),
        request: request.request,
        open_requests: Vec::new(),
        cancel: None,
        heard: Heard::default(),
        changed_by: None,
        changes: Changes::default(),
        onboarded_by: request.request.event_id,
        status: Status::Pending,
        operation: None,
        last_operation: None,
        failure: None,
        outputs: BTreeMap::new(),
        registration: BTreeMap::new(),
        release: None,
        created_at: now,
        updated_at: now,
        version: 1,
        unknown: Unknown::default(),
    };
    Decision::Change(Box::new(Change {
        tenant,
        operation: None,
        answers: Vec::new(),
        overtaken: Vec::new(),
        hand_over: false,
        claims: Claims::Take,
        capacity: Capacity::Keep,
        // A person looks at it; a program cannot know whose name it poses as.
        summary: match look_alike(request.tenant_name.as_str()) {
            None => "onboarding accepted".to_owned(),
            Some(warning) => format!("onboarding accepted; beware: {warning}"),
        },
    }))
}

fn repeat(tenant: &Tenant, request: &Onboard) -> Decision {
    let same_event = tenant.onboarded_by == request.request.event_id;
    let same_content = tenant.tenant_registration_id == request.tenant_registration_id
        && tenant.tenant_name == request.tenant_name
        && tenant.email == request.email
        && tenant.tier.key() == request.tier_name.key();
    let offboarded = tenant.desired == DesiredState::Deprovisioned;
    if offboarded && same_event {
        return Decision::Stale(Note {
            code: Code::TenantOffboarded,
            reason: "the request that once onboarded the tenant came again after its offboarding".to_owned(),
        });
    }
    if offboarded {
        return Decision::Refused(Note {
            code: Code::TenantOffboarded,
            reason: "`tenantId` is of a tenant that was offboarded; ids are never reused, ask with a new one"
                .to_owned(),
        });
    }
    if same_event || same_content {
        return Decision::Duplicate(Note {
            code: Code::AlreadyOnboarded,
            reason: format!("the tenant was accepted before and is {}", tenant.status),
        });
    }
    Decision::Refused(Note {
        code: Code::TenantExists,
        reason: "`tenantId` is of a tenant with another registration, name, e-mail address or tier"
            .to_owned(),
    })
}

/// What is said of a tier that the registry does not have.
#[must_use]
pub fn unknown_tier(name: &TierName) -> Note {
    Note {
        code: Code::UnknownTier,
        reason: format!("`tier` must be one that the registry has, and it has no `{name}`"),
    }
}
