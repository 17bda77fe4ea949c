//! Every status event is lost: EventBridge drops what Step Functions and
//! CodeBuild say of executions and builds, and the sweeper alone hears of
//! endings that no machine records.

use aws_sdk_eventbridge::Client as Events;
use aws_sdk_sfn::Client as States;
use aws_sdk_sfn::types::ExecutionStatus;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tenantry_events::ids::{OperationId, TenantId};
use tenantry_events::name::EventName;
use tenantry_registry::audit::Verdict;
use tenantry_registry::lifecycle::{Step, next_step};
use tenantry_registry::store::Registry;
use tenantry_registry::tenant::{OperationState, Status, Tenant};
use tenantry_tests::access::REGION;
use tenantry_tests::cloud::{Cloud, cloud, request};

/// How many tenants live and go in a normal run, and in a full one.
const FEW: usize = 20;
const MANY: usize = 200;
/// Of so many executions one is aborted by hand, which only a status event or a
/// sweep tells.
const ONE_IN: usize = 4;
/// Between two sweeps; on AWS it is minutes.
const PAUSE: Duration = Duration::from_secs(3);
const STATUS_EVENTS: [&str; 2] = ["Step Functions Execution Status Change", "CodeBuild Build State Change"];

/// With every Step Functions and CodeBuild status event dropped, all onboardings
/// and offboardings end, each within one sweep of the end of its execution:
/// those that their machines record, and those that were aborted by hand. What
/// was aborted half way is taken down, says why it failed, and can be tried
/// again. Nothing is left.
#[test]
fn with_every_status_event_dropped_all_end_within_one_sweep() {
    let cloud = cloud();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let count = if std::env::var("TENANTRY_SCALE").is_ok_and(|size| size == "full") { MANY } else { FEW };
        let mut run = Run::new(&cloud, count).await;
        let all: Vec<TenantId> = run.requests.keys().copied().collect();

        let onboarding = Instant::now();
        run.ask(EventName::OnboardingRequest, &all);
        run.until(&all, &[Status::Active, Status::ProvisionFailed], Some("provision-silo")).await;
        let failed = run.aborted(&all, Status::ProvisionFailed).await;
        let onboarding = onboarding.elapsed();

        let offboarding = Instant::now();
        run.ask(EventName::OffboardingRequest, &all);
        run.until(&all, &[Status::Deprovisioned, Status::DeprovisionFailed], Some("deprovision-silo")).await;
        let stuck = run.aborted(&all, Status::DeprovisionFailed).await;
        run.ask(EventName::OffboardingRequest, &stuck);
        run.until(&all, &[Status::Deprovisioned], None).await;
        let offboarding = offboarding.elapsed();

        let longest = run.check(&all, failed.len() + stuck.len()).await;
        // Not captured: whoever runs the tests wants to see it.
        writeln!(
            std::io::stderr(),
            "status events dropped: {count} onboardings in {:.1} s ({} aborted), {count} offboardings in {:.1} s \
             ({} aborted and asked for again), {} sweeps recorded {} ends, the last {:.1} s after its execution's",
            onboarding.as_secs_f64(),
            failed.len(),
            offboarding.as_secs_f64(),
            stuck.len(),
            run.sweeps,
            run.recorded,
            longest.to_std().unwrap_or_default().as_secs_f64(),
        )
        .expect("standard error");
    });
}

/// The tenants, and what is done to them.
struct Run<'a> {
    cloud: &'a Cloud,
    registry: Registry,
    states: States,
    requests: BTreeMap<TenantId, Value>,
    /// How many executions of a machine are to be aborted by hand.
    victims: usize,
    /// The executions that were, by their ARNs, and whose they were.
    cut: Arc<Mutex<BTreeMap<String, TenantId>>>,
    sweeps: usize,
    recorded: u64,
}

impl<'a> Run<'a> {
    async fn new(cloud: &'a Cloud, count: usize) -> Self {
        let config = cloud.access().config();
        drop_status_events(&Events::new(&config)).await;
        let request = |n: usize| {
            let detail = request(&format!("Dropped {n}"));
            (serde_json::from_value(detail["tenantId"].clone()).expect("an id"), detail)
        };
        let requests: BTreeMap<TenantId, Value> = (0..count).map(request).collect();
        Self {
            cloud,
            registry: Registry::new(aws_sdk_dynamodb::Client::new(&config), "tenantry-registry".to_owned()),
            states: States::new(&config),
            victims: count / ONE_IN,
            requests,
            cut: Arc::default(),
            sweeps: 0,
            recorded: 0,
        }
    }

    fn ask(&self, name: EventName, ids: &[TenantId]) {
        let detail = |id: &TenantId| match name {
            EventName::OnboardingRequest => self.requests[id].clone(),
            _ => json!({ "tenantId": id }),
        };
        for ids in ids.chunks(10) {
            let details: Vec<Value> = ids.iter().map(detail).collect();
            self.cloud.put(&details.iter().map(|detail| (name, detail)).collect::<Vec<_>>());
        }
    }

    /// Sweeps until all are in one of the statuses, with nothing more to do;
    /// meanwhile, aborts executions of the machine `cut`.
    async fn until(&mut self, all: &[TenantId], statuses: &[Status], cut: Option<&str>) {
        let deadline =
            Instant::now() + Duration::from_secs(300) + 20 * Duration::from_secs(self.requests.len() as u64);
        let hand = cut.map(|machine| {
            tokio::spawn(abort(self.states.clone(), machine.to_owned(), self.victims, self.cut.clone()))
        });
        let mut rest: Vec<TenantId> = all.to_vec();
        let mut swept = Instant::now();
        while !rest.is_empty() {
            assert!(Instant::now() < deadline, "{} of {} have not ended", rest.len(), all.len());
            if swept.elapsed() >= PAUSE {
                self.sweep().await;
                let mut open = Vec::new();
                for id in rest {
                    let tenant = self.registry.tenant(id).await.expect("the registry");
                    let over = tenant.is_some_and(|tenant| {
                        statuses.contains(&tenant.status) && next_step(&tenant) == Step::Rest
                    });
                    open.extend((!over).then_some(id));
                }
                rest = open;
                swept = Instant::now();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        if let Some(hand) = hand {
            hand.abort();
        }
    }

    /// One sweep, after which no operation is open whose execution had ended
    /// before it.
    async fn sweep(&mut self) {
        let began = Utc::now();
        let sweep = self.cloud.json(&["sweep"]);
        self.sweeps += 1;
        self.recorded += sweep["recorded"].as_u64().expect("a number");
        for id in self.registry.open_operations(10_000).await.expect("the registry") {
            let tenant = self.registry.tenant(id).await.expect("the registry").expect("a tenant");
            let Some(arn) = tenant.operation.and_then(|open| open.execution_arn) else { continue };
            if let Some(ended) = self.ended(&arn).await {
                assert!(ended >= began, "{id}: {arn} ended at {ended}, before the sweep of {began}: {sweep}");
            }
        }
    }

    /// When the execution ended; `None` if it has not, or has not begun.
    async fn ended(&self, arn: &str) -> Option<DateTime<Utc>> {
        let seen = self.states.describe_execution().execution_arn(arn).send().await.ok()?;
        let stopped = seen.stop_date?;
        DateTime::from_timestamp(stopped.secs(), stopped.subsec_nanos())
    }

    /// Those that ended in `status`, which each explains: all of them, and only
    /// they, had their executions aborted.
    async fn aborted(&self, all: &[TenantId], status: Status) -> Vec<TenantId> {
        let mut found = Vec::new();
        for id in all {
            let tenant: Tenant = self.registry.tenant(*id).await.expect("the registry").expect("a tenant");
            if tenant.status != status {
                assert_eq!(tenant.failure, None, "{id}");
                continue;
            }
            let cut = self.cut.lock().expect("no panic").values().any(|cut| cut == id);
            assert!(cut, "it was not aborted: {tenant:#?}");
            let failure = tenant.failure.expect("it says why");
            assert_eq!(failure.code.as_str(), "ExecutionAborted", "{id}: {failure:#?}");
            assert!(failure.reason.contains("aborted by hand"), "{}", failure.reason);
            // What was half made is taken down, or that is what failed.
            assert_eq!(failure.left_behind, None, "{id}");
            found.push(*id);
        }
        // Some may have been over when the hand got there.
        assert!(found.len() * 2 >= self.victims, "only {} were aborted", found.len());
        found
    }

    /// Looks back at all of it; how long after its execution's end the last of
    /// the aborted operations was recorded.
    async fn check(&self, all: &[TenantId], aborted: usize) -> TimeDelta {
        let mut longest = TimeDelta::zero();
        let (mut cut, mut by_sweeper) = (0, 0);
        for id in all {
            let history = self.registry.history(*id).await.expect("the registry");
            for line in &history.audit {
                assert_ne!(
                    line.origin.actor, "execution status event",
                    "an event was not dropped: {line:#?}"
                );
                let end = line.origin.action == "recordOutcome" && line.verdict == Verdict::Accepted;
                by_sweeper += usize::from(end && line.origin.actor == "reconciler");
            }
            for operation in history.operations {
                assert_ne!(operation.state, OperationState::Running, "{id}: {operation:#?}");
                let arn = operation.execution_arn.expect("an execution");
                if self.cut.lock().expect("no panic").contains_key(&arn)
                    && operation.state == OperationState::Failed
                {
                    let recorded = operation.ended_at.expect("it ended");
                    longest = longest.max(recorded - self.ended(&arn).await.expect("it ended"));
                    cut += 1;
                }
            }
        }
        // Every aborted execution needed a sweep (ours, or the schedule's), and no other did.
        assert_eq!((cut, by_sweeper), (aborted, aborted));
        let logs = ["logs", "filter-log-events", "--log-group-name", "/aws/lambda/tenantry-execution-ended"];
        let heard = self.cloud.aws(&logs).exits(0).json();
        assert_eq!(heard["events"], json!([]), "nobody heard of an ending");
        let names = ["cloudformation", "describe-stacks", "--query", "Stacks[].StackName"];
        let stacks = self.cloud.aws(&names).exits(0).json();
        let tenants = stacks.as_array().expect("a list").iter().filter_map(serde_json::Value::as_str);
        let left: Vec<_> = tenants.filter(|name| name.starts_with("tenantry-tenant-")).collect();
        assert!(left.is_empty(), "stacks are left: {left:?}");
        longest
    }
}

/// Aborts, by hand, what runs of the machine, until `most` tenants are hit, each
/// once; without a pause, as an execution is over soon.
async fn abort(states: States, machine: String, most: usize, cut: Arc<Mutex<BTreeMap<String, TenantId>>>) {
    let arn = format!("arn:aws:states:{REGION}:000000000000:stateMachine:tenantry-{machine}");
    let mut hit = BTreeSet::new();
    while hit.len() < most {
        let list = states.list_executions().state_machine_arn(&arn).max_results(1_000);
        let running = list.status_filter(ExecutionStatus::Running).send().await.expect("the executions");
        for execution in running.executions.into_iter().take(most - hit.len()) {
            let Some((tenant, _)) = OperationId::from_execution_name(&execution.name) else { continue };
            if hit.contains(&tenant) {
                continue;
            }
            let stop = states.stop_execution().execution_arn(&execution.execution_arn);
            // It may have ended since it was listed.
            if stop.error("Dropped").cause("aborted by hand").send().await.is_ok() {
                hit.insert(tenant);
                cut.lock().expect("no panic").insert(execution.execution_arn, tenant);
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Drops every status event: no rule that asks for one is enabled any more.
async fn drop_status_events(events: &Events) {
    let rules = events.list_rules().send().await.expect("the rules").rules.unwrap_or_default();
    let mut dropped = 0;
    for rule in rules {
        let (name, pattern) = (rule.name.unwrap_or_default(), rule.event_pattern.unwrap_or_default());
        if STATUS_EVENTS.iter().any(|kind| pattern.contains(kind)) {
            events.disable_rule().name(name).send().await.expect("it is disabled");
            dropped += 1;
        }
    }
    assert!(dropped > 0, "nobody asks for status events: there is nothing to drop");
}
