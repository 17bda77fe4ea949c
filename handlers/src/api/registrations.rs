//! `/tenant-registrations`: SBT's way to ask for a tenant. Here a registration
//! is the tenant under the publisher's own id.

use super::Deps;
use super::answer::Answer;
use super::call::Call;
use super::command::{Command, Key, repeated, submit};
use super::problem::Problem;
use super::tenants::{check_version, dry_run, page};
use serde_json::{Map, Value, json};
use tenantry_events::attributes::OWNED;
use tenantry_events::details::{ChangeRequest, OnboardingRequest};
use tenantry_events::ids::{EventId, TenantId};
use tenantry_events::name::EventName;
use tenantry_events::receive::parse;
use tenantry_events::text::RegistrationId;
use tenantry_registry::lifecycle::{ChangeData, Input, Onboard};
use tenantry_registry::tenant::{Request, Tenant};
use uuid::Uuid;

/// What no client sets, beside what no publisher sets.
const OWNED_HERE: [&str; 6] =
    ["metadata", "requestedBy", "sbtaws_active", "tenantConfig", "tenantId", "outputs"];
/// What an update does not change.
const FIXED: [&str; 3] = ["tenantName", "tenantRegistrationId", "tier"];
/// The id of the registration, which a body may have in several places.
const REGISTRATION: &str = "tenantRegistrationId";
/// SBT's two parts of a body: what is the registration's, and the tenant's.
const PARTS: [&str; 2] = ["tenantRegistrationData", "tenantData"];

/// The fields of a body: flat, or in SBT's two parts, of which the later wins.
pub(super) fn fields(body: &Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    let in_parts = PARTS.iter().any(|part| body.contains_key(*part));
    let mut fields = Map::new();
    for part in PARTS {
        match body.get(part) {
            None => {}
            Some(Value::Object(part)) => fields.extend(part.clone()),
            Some(_) => return Err(Problem::field(part, "must be an object")),
        }
    }
    let flat = body.iter().filter(|(name, _)| !PARTS.contains(&name.as_str()));
    for (name, value) in flat {
        // SBT has nothing beside its two parts but, here, the registration's id.
        if in_parts && name != "tenantRegistrationId" && !is_owned(name) {
            return Err(Problem::field(name.clone(), "must be in `tenantData` or `tenantRegistrationData`"));
        }
        fields.insert(name.clone(), value.clone());
    }
    let named = PARTS.iter().filter_map(|part| body.get(*part)?.get(REGISTRATION));
    let mut named = named.chain(body.get(REGISTRATION));
    if let Some(first) = named.next()
        && named.any(|other| other != first)
    {
        return Err(Problem::field(REGISTRATION, "must be the same wherever it is given"));
    }
    match fields.keys().find(|name| is_owned(name)) {
        Some(owned) => Err(Problem::OwnedField(owned.clone())),
        None => Ok(fields),
    }
}

fn is_owned(name: &str) -> bool {
    OWNED.contains(&name) || OWNED_HERE.contains(&name)
}

pub(super) async fn create(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let body = call.object()?;
    let mut detail = fields(&body)?;
    // Whatever is wrong with the fields is said before anything is looked up.
    let wanted: OnboardingRequest = parse(&Value::Object(detail.clone()))?;
    let registration = wanted.tenant_registration_id.as_ref().map(ToString::to_string);
    let key = match (call.idempotency_key()?, &registration) {
        (Some(text), _) => Some(Key::new(call, text, false, &body)),
        (None, Some(text)) => Some(Key::new(call, text, true, &body)),
        (None, None) => None,
    };
    if let Some(answer) = repeated(deps, call, key.as_ref()).await? {
        return Ok(answer);
    }
    let tenant_id = match (&registration, &key) {
        (Some(text), _) => {
            let known = deps.registry.tenant_of_registration(text).await?;
            known.unwrap_or_else(|| TenantId::derive(text))
        }
        (None, Some(key)) => TenantId::of_key(&key.seed()),
        (None, None) => TenantId::from(Uuid::now_v7()),
    };
    let registration = registration.unwrap_or_else(|| tenant_id.to_string());
    detail.insert("tenantId".to_owned(), json!(tenant_id));
    detail.insert("tenantRegistrationId".to_owned(), json!(registration));
    let wanted: OnboardingRequest = parse(&Value::Object(detail.clone()))?;
    check_onboarding(deps, call, tenant_id, &wanted).await?;
    let data = json!({
        "tenantRegistrationId": registration,
        "tenantId": tenant_id,
        "message": "Tenant registration initiated",
    });
    let answer = Answer::new(202, &json!({ "data": data })).with("location", location(&registration));
    submit(deps, call, key.as_ref(), Command { name: EventName::OnboardingRequest, detail, answer }).await
}

/// What can be known at once of a request that will be refused.
async fn check_onboarding(
    deps: &Deps,
    call: &Call,
    tenant_id: TenantId,
    wanted: &OnboardingRequest,
) -> Result<(), Problem> {
    let holder = deps.registry.tenant_of_name(&wanted.tenant_name).await?;
    if holder.is_some_and(|holder| holder != tenant_id) {
        return Err(Problem::Conflict {
            code: "NameTaken",
            field: Some("tenantName"),
            reason: "`tenantName` must differ from every live tenant's, and the name that was asked for is another one's, in this spelling or one that counts as the same".to_owned(),
        });
    }
    let tier = deps.registry.tier(&wanted.tier).await?;
    let Some(registration) = wanted.tenant_registration_id.clone() else { return Err(Problem::Internal) };
    let event_id = EventId::from(Uuid::new_v4());
    let input = Input::Onboard(Box::new(Onboard {
        tenant_id,
        tenant_registration_id: registration,
        tenant_name: wanted.tenant_name.clone(),
        email: wanted.email.clone(),
        tier_name: wanted.tier.clone(),
        tier,
        attributes: Map::new(),
        request: Request { event_id, correlation_id: event_id.into(), at: call.now },
    }));
    dry_run(deps.registry.tenant(tenant_id).await?.as_ref(), &input, call.now)
}

pub(super) async fn list(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    page(deps, call).await
}

pub(super) async fn get(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let tenant = find(deps, call).await?;
    super::tenants::shown(deps, &tenant).await
}

/// SBT's update: what its two parts have in common counts once. Names and tiers
/// stay; an attribute that is null is removed.
pub(super) async fn update(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let body = call.object()?;
    let mut attributes = fields(&body)?;
    if let Some(fixed) = FIXED.iter().find(|name| attributes.contains_key(**name)) {
        return Err(Problem::field(*fixed, "must not change"));
    }
    let mut detail = Map::new();
    if let Some(email) = attributes.remove("email") {
        detail.insert("email".to_owned(), email);
    }
    if !attributes.is_empty() || detail.is_empty() {
        detail.insert("attributes".to_owned(), Value::Object(attributes));
    }
    detail.insert("tenantRegistrationId".to_owned(), json!(registration(call)?));
    let wanted: ChangeRequest = parse(&Value::Object(detail.clone()))?;
    let key = call.idempotency_key()?.map(|text| Key::new(call, text, false, &body));
    if let Some(answer) = repeated(deps, call, key.as_ref()).await? {
        return Ok(answer);
    }
    let tenant = find(deps, call).await?;
    check_version(call, &tenant)?;
    let expected = call.if_match()?;
    let event_id = EventId::from(Uuid::new_v4());
    let input = Input::ChangeData(Box::new(ChangeData {
        request: Request { event_id, correlation_id: event_id.into(), at: call.now },
        email: wanted.email,
        attributes: wanted.attributes.unwrap_or_default().into(),
        expected_version: expected,
    }));
    dry_run(Some(&tenant), &input, call.now)?;
    let registration = tenant.tenant_registration_id.to_string();
    detail.insert("tenantId".to_owned(), json!(tenant.tenant_id));
    detail.insert("tenantRegistrationId".to_owned(), json!(registration));
    detail.insert("requestedBy".to_owned(), json!(call.who()));
    if let Some(expected) = expected {
        detail.insert("expectedVersion".to_owned(), json!(expected));
    }
    let data = json!({
        "tenantId": tenant.tenant_id,
        "tenantRegistration": asked(&body, PARTS[0], &tenant),
        "tenant": asked(&body, PARTS[1], &tenant),
        "message": "Tenant registration update initiated",
    });
    let answer = Answer::new(202, &json!({ "data": data })).with("location", location(&registration));
    submit(deps, call, key.as_ref(), Command { name: EventName::ChangeRequest, detail, answer }).await
}

pub(super) async fn delete(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let body = call.object()?;
    if let Some(field) = fields(&body)?.keys().next() {
        return Err(Problem::field(field.clone(), "is not a field of this request, which has no body"));
    }
    let key = call.idempotency_key()?.map(|text| Key::new(call, text, false, &body));
    if let Some(answer) = repeated(deps, call, key.as_ref()).await? {
        return Ok(answer);
    }
    let tenant = find(deps, call).await?;
    check_version(call, &tenant)?;
    let event_id = EventId::from(Uuid::new_v4());
    let input = Input::Offboard(Request { event_id, correlation_id: event_id.into(), at: call.now });
    dry_run(Some(&tenant), &input, call.now)?;
    let registration = tenant.tenant_registration_id.to_string();
    let detail = Map::from_iter([
        ("tenantId".to_owned(), json!(tenant.tenant_id)),
        ("tenantRegistrationId".to_owned(), json!(registration)),
    ]);
    let data = json!({
        "tenantRegistrationId": registration,
        "tenantId": tenant.tenant_id,
        "message": "Tenant registration deletion initiated",
    });
    let answer = Answer::new(202, &json!({ "data": data })).with("location", location(&registration));
    submit(deps, call, key.as_ref(), Command { name: EventName::OffboardingRequest, detail, answer }).await
}

/// What is answered of one of SBT's two parts: the ids, and the fields as they
/// will be. SBT shows the record after its update.
///
/// Source: awslabs/sbt-aws, `resources/functions/tenant-registrations/index.py`
/// (`update_tenant_registration`).
fn asked(body: &Map<String, Value>, part: &str, tenant: &Tenant) -> Value {
    let fields = body.get(part).and_then(Value::as_object).cloned().unwrap_or_default();
    let ids = [
        ("tenantId".to_owned(), json!(tenant.tenant_id)),
        (REGISTRATION.to_owned(), json!(tenant.tenant_registration_id)),
    ];
    Value::Object(fields.into_iter().chain(ids).collect())
}

/// The tenant of the registration that the path names.
async fn find(deps: &Deps, call: &Call) -> Result<Tenant, Problem> {
    let registration = registration(call)?;
    let none = || Problem::Absent(format!("Tenant registration not found for id {registration}"));
    let id = deps.registry.tenant_of_registration(registration.as_str()).await?.ok_or_else(none)?;
    deps.registry.tenant(id).await?.ok_or_else(none)
}

fn registration(call: &Call) -> Result<RegistrationId, Problem> {
    call.parameter("tenantRegistrationId").parse().map_err(|_| Problem::NotFound("registration"))
}

fn location(registration: &str) -> String {
    // A registration's id has nothing in it that a path would have to escape.
    format!("/tenant-registrations/{registration}")
}
