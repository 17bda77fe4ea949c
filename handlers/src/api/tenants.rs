//! `/tenants`: lists, one tenant, what happened to it, and what can be asked of
//! it.

use super::Deps;
use super::answer::Answer;
use super::call::Call;
use super::command::{Command, Key, repeated, submit};
use super::pages::page as page_of;
use super::problem::Problem;
use super::routes::Route;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tenantry_events::details::TenantRequest;
use tenantry_events::ids::EventId;
use tenantry_events::name::EventName;
use tenantry_events::receive::parse;
use tenantry_events::text::TierName;
use tenantry_operations::view;
use tenantry_registry::lifecycle::{Cancel, Decision, Input, decide};
use tenantry_registry::store::{Filter, ListQuery};
use tenantry_registry::tenant::{Request, Status, Tenant};
use uuid::Uuid;

/// The longest text that a list is filtered by.
const FILTER_MAX: usize = 200;

pub(super) async fn list(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    page(deps, call).await
}

/// One page of tenants, as the query's parameters ask for it.
pub(super) async fn page(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let query = ListQuery {
        filter: filter(call)?,
        name_prefix: bounded(call, "name")?,
        limit: call.limit()?,
        after: call.page_token()?,
    };
    let page = deps.registry.list(&query).await?;
    let items = page.tenants.iter().map(view::summary).collect();
    Ok(Answer::page(items, page.next.map(|next| next.to_string())))
}

fn filter(call: &Call) -> Result<Filter, Problem> {
    let status: Option<Status> = call.query_as("status")?;
    let tier: Option<TierName> = call.query_as("tier")?;
    match (status, tier, bounded(call, "release")?) {
        (None, None, None) => Ok(Filter::Live),
        (Some(status), None, None) => Ok(Filter::Status(status)),
        (None, Some(tier), None) => Ok(Filter::Tier(tier)),
        (None, None, Some(release)) => Ok(Filter::Release(release)),
        _ => Err(Problem::field(
            "status",
            "must not be given with `tier` or `release`, nor these with each other",
        )),
    }
}

fn bounded(call: &Call, name: &'static str) -> Result<Option<String>, Problem> {
    match call.query(name) {
        Some(text) if text.chars().count() > FILTER_MAX => {
            Err(Problem::field(name, format!("must be at most {FILTER_MAX} characters long")))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

pub(super) async fn get(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    shown(deps, &find(deps, call).await?).await
}

/// The answer with one tenant, and its version as an `ETag`.
pub(super) async fn shown(deps: &Deps, tenant: &Tenant) -> Result<Answer, Problem> {
    let place = deps.registry.place_in_line(tenant).await?;
    Ok(Answer::data(view::tenant(tenant, place)).with("etag", format!("\"{}\"", tenant.version)))
}

/// Also of one who never came to be: why its request was refused stands there.
pub(super) async fn history(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let timeline = deps.registry.history(call.tenant_id()?).await?.timeline();
    if timeline.is_empty() {
        return Err(Problem::NotFound("tenant"));
    }
    let place = call.query("next_token").map(str::parse).transpose()?;
    let (lines, next) = page_of(&timeline, place, usize::try_from(call.limit()?).unwrap_or(1));
    let items = lines.iter().map(|line| serde_json::to_value(line).unwrap_or_default()).collect();
    Ok(Answer::page(items, next.map(|next| next.to_string())))
}

pub(super) async fn operations(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let id = find(deps, call).await?.tenant_id;
    let operations = deps.registry.operations(id).await?;
    Ok(Answer::page(operations.iter().map(|operation| view::operation(id, operation)).collect(), None))
}

/// A request about a tenant that is there: an event, if the lifecycle would not
/// refuse it as things are.
pub(super) async fn request(deps: &Deps, call: &Call, route: Route) -> Result<Answer, Problem> {
    let body = call.object()?;
    let (fields, named) = fields(route);
    if let Some(field) = body.keys().find(|name| !fields.contains(&name.as_str())) {
        return Err(unknown(field, named));
    }
    let id = call.tenant_id()?;
    let mut detail = body.clone();
    detail.insert("tenantId".to_owned(), json!(id));
    detail.insert("requestedBy".to_owned(), json!(call.who()));
    let wanted: TenantRequest = parse(&Value::Object(detail.clone()))?;
    let key = call.idempotency_key()?.map(|text| Key::new(call, text, false, &body));
    if let Some(answer) = repeated(deps, call, key.as_ref()).await? {
        return Ok(answer);
    }
    let tenant = find(deps, call).await?;
    check_version(call, &tenant)?;
    let event_id = EventId::from(Uuid::new_v4());
    let asked = Request { event_id, correlation_id: event_id.into(), at: call.now };
    let (name, input) = match route {
        Route::RetryTenant if wanted.reprovision == Some(true) => {
            (EventName::RetryRequest, Input::Reprovision(asked))
        }
        Route::RetryTenant => (EventName::RetryRequest, Input::Retry(asked)),
        Route::SuspendTenant => (EventName::DeactivateRequest, Input::Suspend(asked)),
        Route::ResumeTenant => (EventName::ActivateRequest, Input::Resume(asked)),
        _ => {
            let cancel = Cancel { request: asked, operation: wanted.operation_id };
            (EventName::CancelRequest, Input::Cancel(cancel))
        }
    };
    dry_run(Some(&tenant), &input, call.now)?;
    // What SBT's jobs answer by.
    detail.insert("tenantRegistrationId".to_owned(), json!(tenant.tenant_registration_id));
    let data =
        json!({ "tenantId": id, "message": "Accepted: see the tenant's history for what becomes of it" });
    let answer = Answer::new(202, &json!({ "data": data })).with("location", format!("/tenants/{id}"));
    submit(deps, call, key.as_ref(), Command { name, detail, answer }).await
}

/// What the body of a request about a tenant may have, also in words.
fn fields(route: Route) -> (&'static [&'static str], &'static str) {
    match route {
        Route::CancelTenant => (&["operationId", "reason"], "`reason` and `operationId`"),
        Route::RetryTenant => (&["reason", "reprovision"], "`reason` and `reprovision`"),
        _ => (&["reason"], "`reason`"),
    }
}

/// A field that a request does not have.
pub(super) fn unknown(field: &str, known: &str) -> Problem {
    match field {
        "tenantId" | "metadata" | "requestedBy" | "sbtaws_active" => Problem::OwnedField(field.to_owned()),
        field if tenantry_events::attributes::OWNED.contains(&field) => Problem::OwnedField(field.to_owned()),
        _ => Problem::field(field.to_owned(), format!("is not a field of this request, which has {known}")),
    }
}

/// Refuses what the lifecycle would refuse as things are. They may change before
/// the event is taken in; then the tenant's history says so.
pub(super) fn dry_run(tenant: Option<&Tenant>, input: &Input, now: DateTime<Utc>) -> Result<(), Problem> {
    match decide(tenant, input, now) {
        Decision::Change(_) | Decision::Duplicate(_) | Decision::Noted(..) => Ok(()),
        Decision::Stale(note) | Decision::Refused(note) => Err(Problem::of_note(&note)),
    }
}

/// Refuses a request by someone who has read another version.
pub(super) fn check_version(call: &Call, tenant: &Tenant) -> Result<(), Problem> {
    match call.if_match()? {
        Some(version) if version != tenant.version => {
            Err(Problem::VersionMismatch { current: tenant.version })
        }
        _ => Ok(()),
    }
}

/// The tenant that the path names.
pub(super) async fn find(deps: &Deps, call: &Call) -> Result<Tenant, Problem> {
    let id = call.tenant_id()?;
    let tenant = deps.registry.tenant(id).await?;
    tenant.ok_or_else(|| Problem::Absent(format!("Tenant not found for id {id}")))
}
