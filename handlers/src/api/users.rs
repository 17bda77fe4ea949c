//! `/users`: the control plane's own users.

use super::Deps;
use super::access::Group;
use super::answer::Answer;
use super::call::Call;
use super::command::{Claim, Key, claim, close};
use super::directory::{Directory, EXISTS, User};
use super::problem::Problem;
use super::roles::{Role, shown};
use super::routes::Route;
use lambda_runtime::tracing;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tenantry_events::text::Email;
use uuid::Uuid;

/// What a body may have.
const FIELDS: [&str; 3] = ["email", "userName", "userRole"];
/// The most users of a page: what Cognito gives at once.
const PAGE_MAX: u32 = 60;
/// What changes of users take turns by.
const LEASE: &str = "users";
/// How often one that is not free is asked for.
const TRIES: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_millis(300);
/// The longest name.
const NAME_MAX: usize = 64;

fn directory(deps: &Deps) -> Result<&Directory, Problem> {
    deps.directory.as_ref().ok_or(Problem::UsersElsewhere)
}

fn view(user: &User) -> Value {
    json!({
        "userId": user.name,
        "userName": user.name,
        "email": user.email,
        "userRole": shown(&user.role, user.group),
        "group": user.group.map(Group::as_str),
        "status": user.status,
        "enabled": user.enabled,
        "createdAt": user.created_at,
        "updatedAt": user.updated_at,
    })
}

fn said(status: u16, name: &str, message: &str) -> Answer {
    Answer::new(status, &json!({ "data": { "userId": name, "userName": name, "message": message } }))
}

/// Changes users: one request at a time, and by somebody who is an administrator
/// at that moment. Nobody takes their own access away, so that whoever was let in
/// is still one when the next is: there is always an administrator left, also
/// where two take each other's access away at once.
pub(super) async fn change(deps: &Deps, call: &Call, route: Route) -> Result<Answer, Problem> {
    let directory = directory(deps)?;
    take_turn(deps, call).await?;
    let changed = changed(deps, call, directory, route).await;
    if let Err(error) = deps.registry.give_back(LEASE, call.request_id()).await {
        // It ends by itself, and who comes meanwhile is asked to come again.
        tracing::warn!("the lease on the users is not given back: {error}");
    }
    changed
}

/// Waits for those who change users right now; [`Problem::Unavailable`] if that
/// takes longer than such a change does.
async fn take_turn(deps: &Deps, call: &Call) -> Result<(), Problem> {
    for _ in 0..TRIES {
        if deps.registry.lease(LEASE, call.request_id(), call.now).await? {
            return Ok(());
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
    Err(Problem::Unavailable)
}

async fn changed(deps: &Deps, call: &Call, directory: &Directory, route: Route) -> Result<Answer, Problem> {
    check_present(call, directory).await?;
    match route {
        Route::CreateUser => create(deps, call, directory).await,
        Route::UpdateUser => update(call, directory).await,
        Route::DeleteUser => delete(call, directory).await,
        Route::DisableUser => enable(call, directory, false).await,
        Route::EnableUser => enable(call, directory, true).await,
        _ => Err(Problem::NotFound("route")),
    }
}

/// Whether the caller is now who the token says: a token lasts an hour, also that
/// of an administrator who was disabled, deleted or put into another group since.
async fn check_present(call: &Call, directory: &Directory) -> Result<(), Problem> {
    let caller = call.caller.as_ref().ok_or(Problem::Unauthenticated)?;
    let user = match directory.get(&caller.name).await {
        Err(Problem::NotFound(_)) => return Err(Problem::NoLongerAllowed),
        user => user?,
    };
    let is_admin = user.enabled && user.group == Some(Group::Admins);
    // Another user may have the name by now.
    if is_admin && user.subject == caller.id { Ok(()) } else { Err(Problem::NoLongerAllowed) }
}

async fn create(deps: &Deps, call: &Call, directory: &Directory) -> Result<Answer, Problem> {
    let body = body(call)?;
    let email = email(&body)?.ok_or_else(|| Problem::field("email", "must be given"))?;
    let role = role(&body)?.ok_or_else(|| Problem::field("userRole", "must be given"))?;
    let name = match body.get("userName") {
        // Of the address, so that a repetition is about the same user.
        None => Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("mailto:{email}").as_bytes()).to_string(),
        Some(name) => name.as_str().filter(|name| is_name(name)).map(str::to_owned).ok_or_else(|| {
            let rule = "letters, digits, `.`, `_` and `-`, and not only dots";
            Problem::field("userName", format!("must be 1 to {NAME_MAX} {rule}"))
        })?,
    };
    let key = call.idempotency_key()?.map(|text| Key::new(call, text, false, &body));
    let answer = said(201, &name, "New user created").with("location", format!("/users/{name}"));
    let again = match claim(deps, call, key.as_ref(), &answer).await? {
        Claim::Done(answer) => return Ok(answer),
        Claim::Open { again } => again,
    };
    let created = directory.create(&name, &email, &role, again).await;
    close(deps, key.as_ref(), &created).await;
    created.map_err(|problem| match problem {
        // Who gave no name does not know the one that is taken.
        Problem::Conflict { code: EXISTS, .. } if !body.contains_key("userName") => {
            Directory::taken("email", "another user has this address")
        }
        problem => problem,
    })?;
    Ok(answer)
}

pub(super) async fn list(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let limit = call.limit()?;
    let token = call.query("next_token");
    let (users, next) = directory(deps)?.list(limit.min(PAGE_MAX), token).await?;
    Ok(Answer::page(users.iter().map(view).collect(), next))
}

pub(super) async fn get(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    Ok(Answer::data(view(&found(call, directory(deps)?).await?)))
}

async fn update(call: &Call, directory: &Directory) -> Result<Answer, Problem> {
    let body = body(call)?;
    if body.contains_key("userName") {
        return Err(Problem::field("userName", "must not change"));
    }
    let (email, role) = (email(&body)?, role(&body)?);
    let user = found(call, directory).await?;
    if role.as_ref().is_some_and(|role| Some(role.group()) != user.group) {
        refuse_own(call, &user)?;
    }
    directory.update(&user, email.as_ref(), role.as_ref()).await?;
    Ok(said(200, &user.name, "User updated"))
}

async fn delete(call: &Call, directory: &Directory) -> Result<Answer, Problem> {
    no_body(call)?;
    let user = found(call, directory).await?;
    refuse_own(call, &user)?;
    directory.delete(&user.name).await?;
    Ok(said(200, &user.name, "User deleted"))
}

/// Lets the user sign in, or no longer.
async fn enable(call: &Call, directory: &Directory, enabled: bool) -> Result<Answer, Problem> {
    no_body(call)?;
    let user = found(call, directory).await?;
    if !enabled {
        refuse_own(call, &user)?;
    }
    directory.enable(&user.name, enabled).await?;
    Ok(said(200, &user.name, if enabled { "User enabled" } else { "User disabled" }))
}

/// Nobody takes away their own access: somebody else is always left who can
/// give it back.
fn refuse_own(call: &Call, user: &User) -> Result<(), Problem> {
    if user.subject != call.who() {
        return Ok(());
    }
    Err(Problem::Conflict {
        code: "OwnUser",
        field: Some("userId"),
        reason: "another administrator must do this to you".to_owned(),
    })
}

fn body(call: &Call) -> Result<Map<String, Value>, Problem> {
    let body = call.object()?;
    match body.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        Some(field) => Err(super::tenants::unknown(field, "`email`, `userName` and `userRole`")),
        None => Ok(body),
    }
}

pub(super) fn no_body(call: &Call) -> Result<(), Problem> {
    match call.object()?.keys().next() {
        Some(field) => Err(super::tenants::unknown(field, "no body")),
        None => Ok(()),
    }
}

/// An address; one that is empty counts as none, as SBT's client sends it.
fn email(body: &Map<String, Value>) -> Result<Option<Email>, Problem> {
    match body.get("email") {
        None => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => {
            text.parse().map(Some).map_err(|error| Problem::field("email", format!("{error}")))
        }
        Some(_) => Err(Problem::field("email", "must be a string")),
    }
}

/// A role: a group's name, or any other text.
fn role(body: &Map<String, Value>) -> Result<Option<Role>, Problem> {
    match body.get("userRole") {
        None => Ok(None),
        Some(Value::String(text)) => Role::read(text),
        Some(_) => Err(Problem::field("userRole", "must be a string")),
    }
}

/// Only dots would vanish from the user's path.
fn is_name(name: &str) -> bool {
    (1..=NAME_MAX).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && name.chars().any(|c| c != '.')
}

/// The user that the path names.
async fn found(call: &Call, directory: &Directory) -> Result<User, Problem> {
    let name = name(call)?;
    match directory.get(name).await {
        Err(Problem::NotFound(_)) => Err(Problem::Absent(format!("User {name} not found."))),
        user => user,
    }
}

/// The name of the user in the path.
fn name(call: &Call) -> Result<&str, Problem> {
    let name = call.parameter("userId");
    if is_name(name) { Ok(name) } else { Err(Problem::NotFound("user")) }
}
