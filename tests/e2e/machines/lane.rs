//! A lane: one tenant after the other (most cases leave theirs for the next),
//! and one case after the other.

use super::cases::{Case, cause};
use super::control::{Control, Ended};
use super::definition::{Machine, TIMEOUT, Walk};
use serde_json::Value;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use tenantry_events::ids::{OperationId, TenantId};
use tenantry_events::name::EventName;
use tenantry_registry::tenant::{DesiredState, OperationKind, OperationState, Status, Tenant};
use tenantry_tests::machine_faults::plan;
use uuid::Uuid;

/// What the lanes of a machine share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) cases: Mutex<VecDeque<Case>>,
    /// Tenants in use, for whoever needs one.
    pub(super) active: Mutex<Vec<TenantId>>,
    /// Every tenant there ever was.
    pub(super) all: Mutex<BTreeSet<TenantId>>,
    pub(super) entered: Mutex<BTreeSet<(String, String)>>,
    pub(super) done: Mutex<Vec<String>>,
    pub(super) wrong: Mutex<Vec<String>>,
}

pub(super) struct Lane {
    pub(super) control: Control,
    pub(super) machine: Arc<Machine>,
    pub(super) shared: Arc<Shared>,
}

/// What an execution has to do with its tenant.
struct Run {
    tenant: TenantId,
    operation: OperationId,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lane {
    /// Takes cases until there are none.
    pub(super) async fn drive(self) {
        let mut last = None;
        loop {
            let Some(case) = lock(&self.shared.cases).pop_front() else { break };
            let name = format!("{:<16} {:<14} {}", self.machine.name, case.state, case.what);
            let found = self.case(&case, last.take()).await;
            lock(&self.shared.done).push(name.clone());
            match found {
                Ok(tenant) => last = Some(tenant),
                Err(wrong) => lock(&self.shared.wrong).push(format!("{name}: {wrong}")),
            }
        }
        // What the last case left is whatever the next machine begins with.
        if let Some(tenant) = last
            && matches!(tenant.status, Status::Active | Status::Suspended)
        {
            lock(&self.shared.active).push(tenant.tenant_id);
        }
    }

    /// One execution with its faults, on the tenant of the case before it if
    /// that fits, and everything that has to be true of it.
    async fn case(&self, case: &Case, last: Option<Tenant>) -> Result<Tenant, String> {
        let mut walk = self.machine.walk(&case.faults);
        let before = self.subject(last).await;
        let (run, deployed) = (self.next_run(before.as_ref()), self.control.machine(&self.machine.name));
        let stays = plan(&self.control.faults, &deployed, &run.tenant.to_string(), case.plan(&self.machine));
        let had_stack = self.control.stacks().await.contains(&run.tenant.to_string());
        self.ask(before.as_ref(), run.tenant).await;
        let tenant = self.control.rests(run.tenant, run.operation).await;
        let arn = self.control.execution(&self.machine.name, run.tenant, run.operation);
        let ended = self.control.ended(&arn).await;
        drop(stays);
        let entered = ended.states.iter().map(|(state, _)| (self.machine.name.clone(), state.clone()));
        lock(&self.shared.entered).extend(entered);
        self.went_as_planned(case, &walk, &ended)?;
        // An update does nothing but to invite and to say so: what could not be recorded
        // is not known to be done.
        let done = case.faults.iter().any(|fault| fault.does);
        if self.machine.name == "update-silo" && ended.status != "SUCCEEDED" && !done {
            walk.recorded = walk.recorded.filter(|payload| payload["outcome"] != "succeeded");
        }
        self.recorded(&walk, &run, &tenant, &ended).await?;
        // What was deployed without a fault is there too, when its administrator could not be invited.
        let is_up = self.machine.name == "provision-silo" && walk.path.iter().any(|state| state == "Record");
        let made = had_stack || is_up || case.faults.iter().any(|fault| fault.does);
        self.left_nothing_unsaid(case, &walk, &tenant, made).await?;
        Ok(tenant)
    }

    /// A tenant on which the machine can run; `None` is one that is to be.
    async fn subject(&self, last: Option<Tenant>) -> Option<Tenant> {
        let fits = |tenant: &Tenant| match self.machine.name.as_str() {
            "provision-silo" => tenant.status == Status::ProvisionFailed,
            _ => !matches!(tenant.status, Status::Deprovisioned | Status::ProvisionFailed),
        };
        if let Some(tenant) = last {
            if fits(&tenant) {
                return Some(tenant);
            }
            if tenant.status == Status::Active {
                lock(&self.shared.active).push(tenant.tenant_id);
            }
        }
        if self.machine.name == "provision-silo" {
            return None;
        }
        let ready = lock(&self.shared.active).pop();
        let id = match ready {
            Some(id) => id,
            None => {
                let id = self.new_tenant();
                self.control.onboard(id).await;
                self.control.rests(id, OperationId { generation: 1, attempt: 1 }).await;
                id
            }
        };
        self.control.tenant(id).await
    }

    fn new_tenant(&self) -> TenantId {
        let id: TenantId = Uuid::new_v4().to_string().parse().expect("an id");
        lock(&self.shared.all).insert(id);
        id
    }

    /// The operation that the machine will run next.
    fn next_run(&self, before: Option<&Tenant>) -> Run {
        match before {
            None => Run { tenant: self.new_tenant(), operation: OperationId { generation: 1, attempt: 1 } },
            Some(tenant) if tenant.status.is_failed() => {
                let (generation, attempt) = (tenant.generation, tenant.attempt + 1);
                Run { tenant: tenant.tenant_id, operation: OperationId { generation, attempt } }
            }
            // What is known of a tenant changes without a new generation.
            Some(tenant) if self.machine.name == "update-silo" => {
                let (generation, attempt) = (tenant.generation, tenant.attempt + 1);
                Run { tenant: tenant.tenant_id, operation: OperationId { generation, attempt } }
            }
            Some(tenant) => {
                let operation = OperationId { generation: tenant.generation + 1, attempt: 1 };
                Run { tenant: tenant.tenant_id, operation }
            }
        }
    }

    /// Asks for what the machine does; after a failure, for another try.
    async fn ask(&self, before: Option<&Tenant>, id: TenantId) {
        let Some(tenant) = before else { return self.control.onboard(id).await };
        let name = match (self.machine.name.as_str(), tenant.status) {
            (_, status) if status.is_failed() => EventName::RetryRequest,
            ("update-silo", _) => return self.control.readdress(id).await,
            ("suspend-silo", Status::Suspended) => EventName::ActivateRequest,
            ("suspend-silo", _) => EventName::DeactivateRequest,
            ("deprovision-silo", _) => EventName::OffboardingRequest,
            (other, _) => panic!("no operation runs {other}: say here which one does"),
        };
        self.control.ask(name, id).await;
    }

    /// The execution entered the states that the definition leads it to, and
    /// exactly the states that were to fail have failed, as they were to.
    fn went_as_planned(&self, case: &Case, walk: &Walk, ended: &Ended) -> Result<(), String> {
        let entered: Vec<&String> = ended.states.iter().map(|(name, _)| name).collect();
        same("the states", &entered, &walk.path.iter().collect())?;
        same("the execution's error", &ended.error, &walk.error)?;
        let status = if walk.error.is_some() { "FAILED" } else { "SUCCEEDED" };
        same("the execution's status", &ended.status.as_str(), &status)?;
        for (state, errors) in &ended.states {
            let planned = case.faults.iter().find(|fault| fault.state == *state);
            let (error, times) = match planned {
                None => ("", 0),
                Some(fault) => {
                    let all = if walk.path.last() == Some(state) {
                        1
                    } else {
                        1 + self.machine.retries(state, &fault.error)
                    };
                    (fault.error.as_str(), fault.times.unwrap_or(all))
                }
            };
            let cause = if error == TIMEOUT { String::new() } else { cause(state) };
            let times = usize::try_from(times).expect("few");
            same(&format!("what failed at {state}"), errors, &vec![(error.to_owned(), cause); times])?;
        }
        Ok(())
    }

    /// The tenant's status and failure say what became of the operation.
    async fn recorded(&self, walk: &Walk, run: &Run, tenant: &Tenant, ended: &Ended) -> Result<(), String> {
        let operation = self.control.operation(run.tenant, run.operation).await;
        let outcome = walk.recorded.as_ref().map(|payload| payload["outcome"].as_str().expect("an outcome"));
        let state = match outcome {
            Some("succeeded") => OperationState::Succeeded,
            Some("deferred") => OperationState::Deferred,
            Some("failed") | None => OperationState::Failed,
            Some(other) => return Err(format!("an outcome that this test does not know: {other}")),
        };
        same("the operation's end", &operation.state, &state)?;
        if state != OperationState::Failed {
            same("the status", &tenant.status, &self.wished(tenant))?;
            return same("the failure", &tenant.failure, &None);
        }
        same("the status", &tenant.status, &self.failed())?;
        let failure = operation.failure.ok_or("the operation has no failure")?;
        let told = tenant.failure.as_ref().ok_or("the tenant has no failure")?;
        let said = (&failure.code, &failure.step, &failure.reason, failure.attempt);
        same("the tenant's failure", &(&told.code, &told.step, &told.reason, told.attempt), &said)?;
        let (code, step, reason) = match &walk.recorded {
            Some(payload) => {
                let first = walk.first.clone().ok_or("nothing failed")?;
                let code = if first == TIMEOUT { "TimedOut".to_owned() } else { first.clone() };
                let reason =
                    if first == TIMEOUT { "no reason was given".to_owned() } else { cause(&walk.caught[0]) };
                // A machine that can fail in several places says in which.
                let step = match text(&payload["step"]) {
                    step if step.starts_with("{%") => {
                        walk.failed.clone().ok_or("nothing says what failed")?
                    }
                    step => step,
                };
                (code, step, reason)
            }
            None => (
                "ExecutionFailed".to_owned(),
                operation.kind.to_string(),
                ended.error.clone().unwrap_or_default(),
            ),
        };
        same(
            "the failure's code and step",
            &(failure.code.as_str(), &failure.step),
            &(code.as_str(), &step),
        )?;
        same("the attempt", &failure.attempt, &run.operation.attempt)?;
        if failure.reason.contains(&reason) && !reason.is_empty() {
            return Ok(());
        }
        Err(format!("the reason does not say `{reason}`: {}", failure.reason))
    }

    /// There is a stack or there is none, as the record says; what may be left
    /// is said.
    async fn left_nothing_unsaid(
        &self,
        case: &Case,
        walk: &Walk,
        tenant: &Tenant,
        made: bool,
    ) -> Result<(), String> {
        let has_stack = self.control.stacks().await.contains(&tenant.tenant_id.to_string());
        let left = tenant.failure.as_ref().and_then(|failure| failure.left_behind.as_deref());
        let cleaner = walk.caught.iter().skip(1).find(|state| self.machine.is_build(state));
        let unclean =
            walk.recorded.as_ref().is_some_and(|payload| payload["outcome"] == "failed") && cleaner.is_some();
        same("whether something is left", &left.is_some(), &unclean)?;
        if let (Some(left), Some(cleaner)) = (left, cleaner) {
            let fault = case.faults.iter().find(|fault| fault.state == *cleaner).ok_or("a fault")?;
            if !left.contains("the clean-up failed") || !left.contains(&fault.error) {
                return Err(format!("it does not say why something is left: {left}"));
            }
            same("a call for a person", &tenant.needs_a_person(), &true)?;
        }
        match tenant.status {
            Status::Active | Status::Suspended | Status::UpdateFailed => same("a stack", &has_stack, &true),
            Status::Deprovisioned => same("a stack", &has_stack, &false),
            Status::DeprovisionFailed => same("a call for a person", &tenant.needs_a_person(), &true),
            // Clean, by the machine itself or by the operation that followed.
            Status::ProvisionFailed if left.is_none() => {
                if walk.recorded.is_none() {
                    let last = tenant.last_operation.as_ref().map(|last| (last.kind, last.state));
                    same("what followed", &last, &Some((OperationKind::CleanUp, OperationState::Succeeded)))?;
                }
                same("a stack", &has_stack, &false)
            }
            Status::ProvisionFailed => same("a stack", &has_stack, &made),
            other => Err(format!("{other} is no status to rest in")),
        }
    }

    fn wished(&self, tenant: &Tenant) -> Status {
        match tenant.desired {
            DesiredState::Active => Status::Active,
            DesiredState::Suspended => Status::Suspended,
            DesiredState::Deprovisioned => Status::Deprovisioned,
        }
    }

    fn failed(&self) -> Status {
        match self.machine.name.as_str() {
            "provision-silo" => Status::ProvisionFailed,
            "update-silo" | "suspend-silo" => Status::UpdateFailed,
            _ => Status::DeprovisionFailed,
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn same<T: std::fmt::Debug + PartialEq>(what: &str, is: &T, should: &T) -> Result<(), String> {
    if is == should { Ok(()) } else { Err(format!("{what}: {is:?}, not {should:?}")) }
}
