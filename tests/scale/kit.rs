//! What the tests of scale share: their sizes, their turns, a crowd of
//! tenants, and looks at the registry that are cheap at any size.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tenantry_events::ids::TenantId;
use tenantry_events::name::EventName;
use tenantry_events::sources::Sources;
use tenantry_registry::store::{Filter, ListQuery, Queue, Registry};
use tenantry_registry::tenant::Status;
use tenantry_tests::cloud::{Cloud, request};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// An event to publish, and its detail.
pub(crate) type Event = (EventName, Value);

/// How long nothing at all may happen before a test gives up.
pub(crate) const STANDSTILL: Duration = Duration::from_secs(300);

/// A test's size: `small`, or `full` with `TENANTRY_SCALE=full`, or what that
/// says.
pub(crate) fn size(small: usize, full: usize) -> usize {
    match std::env::var("TENANTRY_SCALE").as_deref() {
        Ok("full") => full,
        Ok(number) => number.parse().expect("TENANTRY_SCALE is `full` or a number"),
        Err(_) => small,
    }
}

/// A turn: no other test of this binary is at work.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A cloud, and clients that need no process for each look.
pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) registry: Registry,
    events: aws_sdk_eventbridge::Client,
    runtime: Runtime,
}

impl World {
    pub(crate) fn new(cloud: Cloud) -> Self {
        let config = cloud.access().config();
        let registry = Registry::new(aws_sdk_dynamodb::Client::new(&config), "tenantry-registry");
        let events = aws_sdk_eventbridge::Client::new(&config);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        Self { cloud, registry, events, runtime: runtime.expect("a runtime") }
    }

    /// Waits for what the SDK does.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Publishes events at once, ten a request; those that were not accepted.
    /// Where the connection is lost nobody knows, and all of a request count as
    /// not accepted.
    pub(crate) fn publish(&self, events: &[Event]) -> Vec<Event> {
        let send = |batch: &[Event]| {
            let (client, batch) = (self.events.clone(), batch.to_vec());
            self.runtime.spawn(async move {
                let call = client.put_events().set_entries(Some(batch.iter().map(entry).collect()));
                let results = call.send().await.map(|answer| answer.entries.unwrap_or_default());
                let results = results.unwrap_or_default();
                let accepted = |at: usize| results.get(at).is_some_and(|result| result.event_id.is_some());
                let refused = batch.into_iter().enumerate().filter(|(at, _)| !accepted(*at));
                refused.map(|(_, event)| event).collect::<Vec<_>>()
            })
        };
        let under_way: Vec<_> = events.chunks(10).map(send).collect();
        let refused = under_way.into_iter().map(|sent| self.wait(sent).expect("it does not panic"));
        refused.flatten().collect()
    }

    /// Everyone who waits for a turn, in order.
    pub(crate) fn line(&self) -> Vec<TenantId> {
        self.wait(async {
            let (mut line, mut after) = (Vec::new(), None);
            loop {
                let page = self
                    .registry
                    .waiting(Queue::Limited, 100, after.as_ref())
                    .await
                    .expect("the registry answers");
                line.extend(page.tenants.into_iter().map(|waits| waits.tenant_id));
                after = page.next;
                if after.is_none() {
                    return line;
                }
            }
        })
    }

    /// How many tenants there are in each status.
    pub(crate) fn statuses(&self) -> HashMap<Status, usize> {
        self.wait(async {
            let mut found = HashMap::new();
            for status in Status::ALL {
                let mut after = None;
                loop {
                    let query =
                        ListQuery { filter: Filter::Status(status), name_prefix: None, limit: 100, after };
                    let page = self.registry.list(&query).await.expect("the registry answers");
                    *found.entry(status).or_insert(0) += page.tenants.len();
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
            }
            found.retain(|_, count| *count > 0);
            found
        })
    }

    /// Waits until there are `count` tenants and none of them waits or works,
    /// for as long as something happens; `meanwhile` is called after each look.
    /// What became of them.
    pub(crate) fn settle(&self, count: usize, mut meanwhile: impl FnMut()) -> HashMap<Status, usize> {
        let mut last = HashMap::new();
        let (mut changed, mut told) = (Instant::now(), Instant::now());
        loop {
            let under_way =
                self.wait(self.registry.operations_under_way(None)).expect("the registry answers");
            let statuses = self.statuses();
            if under_way == 0 && statuses.values().sum::<usize>() == count && self.line().is_empty() {
                return statuses;
            }
            if statuses != last {
                (last, changed) = (statuses, Instant::now());
            }
            assert!(
                changed.elapsed() < STANDSTILL,
                "nothing happens any more: {last:?}, {under_way} under way"
            );
            if told.elapsed() > Duration::from_secs(30) {
                println!("  … {last:?}");
                told = Instant::now();
            }
            meanwhile();
            // A look costs the emulator a page of its index for each hundred tenants.
            std::thread::sleep(Duration::from_millis(500 + 5 * count as u64));
        }
    }
}

/// Requests for `count` new tenants, called so.
pub(crate) fn crowd(called: &str, count: usize) -> Vec<Event> {
    let onboarding = |number| ask(EventName::OnboardingRequest, request(&format!("{called} {number:04}")));
    (1..=count).map(onboarding).collect()
}

/// An event with an id of its own, which is the same whenever it is sent again.
pub(crate) fn ask(name: EventName, mut detail: Value) -> Event {
    detail["metadata"] = json!({
        "eventId": Uuid::new_v4(),
        "schemaVersion": 1,
        "occurredAt": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "correlationId": Uuid::new_v4(),
        "producer": "tests of scale",
    });
    (name, detail)
}

/// The same for a tenant that is there.
pub(crate) fn ask_of(name: EventName, tenant: TenantId) -> Event {
    ask(name, json!({ "tenantId": tenant }))
}

/// The tenant that a request is about.
pub(crate) fn id((_, detail): &Event) -> TenantId {
    detail["tenantId"].as_str().expect("an id").parse().expect("a UUID")
}

fn entry((name, detail): &Event) -> PutEventsRequestEntry {
    let source = Sources::default().of(*name).to_owned();
    let entry = PutEventsRequestEntry::builder().event_bus_name("tenantry").source(source);
    entry.detail_type(name.detail_type()).detail(detail.to_string()).build()
}
