//! A control plane in one process: the functions as Lambda calls them, on the
//! emulator's services, with a client that can have faults. Each world has a
//! table, a queue and machines of its own.

mod answers;
mod state;

pub use crate::functions::{Function, Invocation, Refusal, again, is_done};
pub use state::State;

use crate::faults::Faulty;
use crate::functions::{Arns, Functions};
use crate::memory::Memory;
use crate::{emulator, streams, table};
use answers::Answers;
use aws_config::SdkConfig;
use aws_sdk_codebuild::types::{
    ArtifactsType, Build, ComputeType, EnvironmentType, ProjectArtifacts, ProjectEnvironment, ProjectSource,
    SourceType,
};
use aws_sdk_cognitoidentityprovider::types::{AttributeDataType, SchemaAttributeType, UsernameAttributeType};
use aws_sdk_sfn::types::ExecutionStatus;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tenantry_handlers::shared::payload::Payload;
use tenantry_registry::store::Registry;
use tokio::sync::OnceCell;
use uuid::Uuid;

const ACCOUNT: &str = "eu-central-2:000000000000";
/// How many operations may be under way at once in a world.
const MAX_OPERATIONS: u32 = 4;

/// The control plane; clones are the same one.
#[derive(Clone, Debug)]
pub struct World(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    table: String,
    /// The table, if it is not the emulator's.
    memory: Option<Memory>,
    registry: Registry,
    faulty: Faulty,
    /// For the tests themselves: without faults, and not recorded.
    config: SdkConfig,
    answers: OnceCell<Answers>,
    has_machines: AtomicBool,
    /// Whether an external application plane has a bus of its own.
    has_plane_bus: AtomicBool,
    /// The control plane's own user pool, if it has one.
    operators: OnceLock<String>,
    /// The tenants' user pools.
    pools: Mutex<Vec<String>>,
}

/// All items of the registry by their keys, as a change stream has them.
pub type Items = BTreeMap<String, Value>;

impl World {
    /// An empty one, with its registry in memory. Its queue and machines are there
    /// once they are asked for.
    pub async fn new() -> Self {
        let memory = Memory::new();
        let config = emulator::config().into_builder().http_client(memory.clone()).build();
        let faulty = Faulty::over(SharedHttpClient::new(memory.clone()));
        Self::over(config, faulty, "registry".to_owned(), Some(memory))
    }

    /// The same with its registry in the emulator.
    pub async fn on_emulator() -> Self {
        let config = emulator::config();
        let table = table::create(&aws_sdk_dynamodb::Client::new(&config)).await;
        Self::over(config, Faulty::new(), table, None)
    }

    fn over(config: SdkConfig, faulty: Faulty, table: String, memory: Option<Memory>) -> Self {
        let registry = Registry::new(aws_sdk_dynamodb::Client::new(&config), table.clone());
        Self(Arc::new(Inner {
            name: format!("test-{}", Uuid::new_v4().simple()),
            table,
            memory,
            registry,
            faulty,
            config,
            answers: OnceCell::new(),
            has_machines: AtomicBool::new(false),
            has_plane_bus: AtomicBool::new(false),
            operators: OnceLock::new(),
            pools: Mutex::default(),
        }))
    }

    /// The client of its functions.
    #[must_use]
    pub fn faulty(&self) -> &Faulty {
        &self.0.faulty
    }

    /// Its registry, as the tests see it: without faults.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// The table of its registry.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.0.table
    }

    /// Creates its dead-letter queue; without it, putting an event away fails.
    pub async fn create_queue(&self) {
        let client = aws_sdk_sqs::Client::new(&self.0.config);
        client.create_queue().queue_name(&self.0.name).send().await.expect("the queue is created");
    }

    /// Gives its external application plane a bus of its own.
    pub async fn create_plane_bus(&self) {
        let client = aws_sdk_eventbridge::Client::new(&self.0.config);
        client.create_event_bus().name(&self.0.name).send().await.expect("the bus is created");
        self.0.has_plane_bus.store(true, Ordering::Relaxed);
    }

    /// Whether its external application plane has a bus of its own.
    #[must_use]
    pub fn has_plane_bus(&self) -> bool {
        self.0.has_plane_bus.load(Ordering::Relaxed)
    }

    /// Creates its three machines, which wait; without them, an execution is
    /// impossible.
    pub async fn create_machines(&self) {
        self.create_machines_of(&json!({ "Type": "Wait", "Seconds": 3600, "End": true })).await;
    }

    /// Creates its three machines with one state, which is `state`.
    pub async fn create_machines_of(&self, state: &Value) {
        let client = aws_sdk_sfn::Client::new(&self.0.config);
        let definition = json!({ "StartAt": "It", "States": { "It": state } });
        for kind in Arns::DO {
            let create =
                client.create_state_machine().name(self.machine(kind)).definition(definition.to_string());
            create.role_arn(emulator::ROLE).send().await.expect("the machine is created");
        }
        self.0.has_machines.store(true, Ordering::Relaxed);
    }

    /// Creates a tenant's user pool, as its template does; its id.
    pub async fn create_user_pool(&self) -> String {
        let pool = self.cognito().create_user_pool().pool_name(&self.0.name);
        let attribute = |name: &str| {
            let kind = AttributeDataType::String;
            SchemaAttributeType::builder().name(name).attribute_data_type(kind).mutable(false).build()
        };
        let pool = pool.username_attributes(UsernameAttributeType::Email);
        let pool = pool.schema(attribute("tenantId")).schema(attribute("userRole"));
        let created = pool.send().await.expect("the pool is created");
        let id = created.user_pool.and_then(|pool| pool.id).expect("an id");
        self.0.pools.lock().unwrap_or_else(PoisonError::into_inner).push(id.clone());
        id
    }

    /// What its tenants' user pools and their users are called, and for whom; one
    /// world's names are no other's.
    pub(crate) async fn tenants_users(&self) -> BTreeMap<String, String> {
        let pools = self.0.pools.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut found = BTreeMap::new();
        for pool in pools {
            let users = self.cognito().list_users().user_pool_id(&pool).send().await.expect("the users");
            for user in users.users.unwrap_or_default() {
                let mut attributes = user.attributes.unwrap_or_default().into_iter();
                let email = attributes.find(|one| one.name == "email").and_then(|one| one.value);
                found.insert(user.username.unwrap_or_default(), email.unwrap_or_default());
            }
            found.insert(pool, "pool".to_owned());
        }
        found
    }

    /// Creates the control plane's own user pool, with its groups.
    pub async fn create_operators(&self) {
        let client = self.cognito();
        let role = SchemaAttributeType::builder().name("userRole").mutable(true);
        let role = role.attribute_data_type(AttributeDataType::String).build();
        let create = client.create_user_pool().pool_name(&self.0.name).schema(role);
        let created = create.send().await.expect("the pool");
        let pool = created.user_pool.and_then(|pool| pool.id).expect("an id");
        for group in ["viewers", "operators", "admins"] {
            let create = client.create_group().user_pool_id(&pool).group_name(group);
            create.send().await.expect("the group is created");
        }
        self.0.operators.set(pool).expect("one pool");
    }

    /// Creates a user of it in `group`, who has signed in; the claims of their token.
    pub async fn operator(&self, name: &str, group: &str) -> Value {
        let (client, pool) = (self.cognito(), self.0.operators.get().expect("the pool"));
        let create = client.admin_create_user().user_pool_id(pool).username(name);
        let user = create.send().await.expect("the user is created").user.expect("a user");
        let join = client.admin_add_user_to_group().user_pool_id(pool).username(name).group_name(group);
        join.send().await.expect("the user joins the group");
        let sub = user.attributes.unwrap_or_default().into_iter().find(|one| one.name == "sub");
        let sub = sub.and_then(|sub| sub.value).expect("a subject");
        json!({ "sub": sub, "username": name, "cognito:groups": [group] })
    }

    /// The id of the control plane's own user pool.
    #[must_use]
    pub fn operators_pool(&self) -> &str {
        self.0.operators.get().expect("the pool")
    }

    /// The control plane's users, by name: their addresses and groups.
    pub async fn operators(&self) -> BTreeMap<String, (String, Vec<String>)> {
        let Some(pool) = self.0.operators.get() else { return BTreeMap::new() };
        let client = self.cognito();
        let listed = client.list_users().user_pool_id(pool).send().await.expect("the users");
        let mut found = BTreeMap::new();
        for user in listed.users.unwrap_or_default() {
            let name = user.username.unwrap_or_default();
            let groups = client.admin_list_groups_for_user().user_pool_id(pool).username(&name).send().await;
            let groups = groups.expect("the groups").groups.unwrap_or_default().into_iter();
            let groups = groups.filter_map(|group| group.group_name).collect();
            let email = user.attributes.unwrap_or_default().into_iter().find(|one| one.name == "email");
            found.insert(name, (email.and_then(|one| one.value).unwrap_or_default(), groups));
        }
        found
    }

    /// A client of Cognito that no fault hits.
    #[must_use]
    pub fn cognito(&self) -> aws_sdk_cognitoidentityprovider::Client {
        aws_sdk_cognitoidentityprovider::Client::new(&self.0.config)
    }

    /// Creates a CodeBuild project whose builds wait until they are stopped; its
    /// name.
    pub async fn create_project(&self) -> String {
        let client = aws_sdk_codebuild::Client::new(&self.0.config);
        let spec = "version: 0.2\nphases: {build: {commands: sleep 300}}";
        let source = ProjectSource::builder().r#type(SourceType::NoSource).buildspec(spec).build();
        let artifacts = ProjectArtifacts::builder().r#type(ArtifactsType::NoArtifacts).build();
        let environment = ProjectEnvironment::builder()
            .r#type(EnvironmentType::LinuxContainer)
            .compute_type(ComputeType::BuildGeneral1Small)
            .image("aws/codebuild/standard:7.0");
        let create = client.create_project().name(&self.0.name).source(source.expect("a source"));
        let create = create.artifacts(artifacts.expect("artifacts"));
        let create = create.environment(environment.build().expect("an environment"));
        create.service_role(emulator::ROLE).send().await.expect("the project is created");
        self.0.name.clone()
    }

    /// The builds of its project: each id, and whether it runs, succeeded, ….
    pub async fn builds(&self) -> BTreeMap<String, String> {
        let client = aws_sdk_codebuild::Client::new(&self.0.config);
        let list = client.list_builds_for_project().project_name(&self.0.name).send().await;
        let ids = list.expect("the project is there").ids.unwrap_or_default();
        if ids.is_empty() {
            return BTreeMap::new();
        }
        let found = client.batch_get_builds().set_ids(Some(ids)).send().await.expect("CodeBuild answers");
        let status = |build: Build| Some((build.id?, build.build_status?.as_str().to_owned()));
        found.builds.unwrap_or_default().into_iter().filter_map(status).collect()
    }

    /// Puts a message into its queue, as a function's failed event.
    pub async fn put_message(&self, body: &Value) {
        let client = aws_sdk_sqs::Client::new(&self.0.config);
        let send = client.send_message().queue_url(self.queue_url()).message_body(body.to_string());
        send.send().await.expect("the queue takes it");
    }

    /// The messages in its queue: what they say, with their attributes.
    pub async fn messages(&self) -> Vec<(Value, BTreeMap<String, String>)> {
        let client = aws_sdk_sqs::Client::new(&self.0.config);
        let mut found = Vec::new();
        loop {
            let receive = client.receive_message().queue_url(self.queue_url()).max_number_of_messages(10);
            let answer = receive.message_attribute_names("All").send().await.expect("the queue answers");
            let messages = answer.messages.unwrap_or_default();
            if messages.is_empty() {
                return found;
            }
            for message in messages {
                let attributes = message.message_attributes.unwrap_or_default().into_iter();
                let attributes =
                    attributes.map(|(name, value)| (name, value.string_value.unwrap_or_default())).collect();
                let body = message.body.unwrap_or_default();
                found.push((serde_json::from_str(&body).unwrap_or(Value::String(body)), attributes));
            }
        }
    }

    /// The executions of its machines, by name: whether they run, and their
    /// input as text.
    pub async fn executions(&self) -> BTreeMap<String, (ExecutionStatus, String)> {
        let client = aws_sdk_sfn::Client::new(&self.0.config);
        let mut found = BTreeMap::new();
        if !self.0.has_machines.load(Ordering::Relaxed) {
            return found;
        }
        for kind in Arns::DO {
            let list = client.list_executions().state_machine_arn(self.machine_arn(kind)).send();
            for execution in list.await.expect("the machine is there").executions {
                let describe = client.describe_execution().execution_arn(&execution.execution_arn).send();
                let described = describe.await.expect("the execution is there");
                let input = described.input.unwrap_or_default();
                found.insert(format!("{kind} {}", execution.name), (described.status, input));
            }
        }
        found
    }

    /// All items of its registry.
    pub async fn items(&self) -> Items {
        if let Some(memory) = &self.0.memory {
            return memory.items();
        }
        let client = aws_sdk_dynamodb::Client::new(&self.0.config);
        let mut found = Items::new();
        let mut start = None;
        loop {
            let scan = client.scan().table_name(&self.0.table).consistent_read(true);
            let answer = scan.set_exclusive_start_key(start).send().await.expect("the table answers");
            for item in answer.items.unwrap_or_default() {
                let item: HashMap<String, serde_dynamo::AttributeValue> =
                    item.into_iter().map(|(name, value)| (name, value.into())).collect();
                let item = serde_json::to_value(serde_dynamo::Item::from(item)).unwrap();
                let key = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
                found.insert(format!("{}/{}", key("tenantId"), key("record")), item);
            }
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return found;
            }
        }
    }

    /// Puts items into its registry as they are, past the registry's own code:
    /// what another release has left there.
    pub async fn restore(&self, items: &Items) {
        let memory = self.0.memory.as_ref().expect("a registry in memory");
        items.values().for_each(|item| memory.put(item));
    }

    /// What tells its queue and machines from another world's.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Does `work`, and gives the batch of the change stream that it made.
    pub async fn changes<T>(&self, work: impl Future<Output = T>) -> (Value, T) {
        let before = self.items().await;
        let done = work.await;
        (streams::batch(streams::records(&before, &self.items().await)), done)
    }

    /// The URL at which CloudFormation's answers are taken.
    pub async fn response_url(&self) -> String {
        self.0.answers.get_or_init(Answers::serve).await.url.clone()
    }

    /// The answers that were given there.
    #[must_use]
    pub fn answers(&self) -> Vec<Value> {
        self.0.answers.get().map(Answers::given).unwrap_or_default()
    }

    /// The name of the machine of that kind, `provision` or `deprovision`.
    #[must_use]
    pub fn machine(&self, kind: &str) -> String {
        format!("{}-{kind}", self.0.name)
    }

    /// Its ARN.
    #[must_use]
    pub fn machine_arn(&self, kind: &str) -> String {
        format!("arn:aws:states:{ACCOUNT}:stateMachine:{}", self.machine(kind))
    }

    /// Stops its executions, as a person would.
    pub async fn abort_executions(&self) {
        let client = aws_sdk_sfn::Client::new(&self.0.config);
        for kind in Arns::DO {
            let list = client.list_executions().state_machine_arn(self.machine_arn(kind)).send().await;
            for execution in list.expect("the machine is there").executions {
                let stop = client.stop_execution().execution_arn(execution.execution_arn).send().await;
                stop.expect("the execution stops");
            }
        }
    }

    fn queue_url(&self) -> String {
        format!("{}/000000000000/{}", emulator::endpoint(), self.0.name)
    }

    /// Invokes `function` with `payload`; a handler's error is what Lambda
    /// gets to see of it.
    ///
    /// # Errors
    ///
    /// The handler's own, by name.
    pub async fn invoke(&self, function: Function, payload: &Value, now: DateTime<Utc>) -> Invocation {
        self.functions().invoke(function, payload, now).await
    }

    /// The same, with an event as it was written.
    ///
    /// # Errors
    ///
    /// The handler's own, by name.
    pub async fn deliver(&self, function: Function, event: String, now: DateTime<Utc>) -> Invocation {
        self.functions().deliver(function, &Payload::of_text(event), now).await
    }

    fn functions(&self) -> Functions {
        let faulty = self.faulty();
        let arn = |kind: &str| self.machine_arn(kind);
        let arns = Arns::of_silos(arn);
        let http = faulty.around(SharedHttpConnector::new(Connector::builder().build_http()));
        let functions =
            Functions::new(&faulty.config(), self.table(), &arns, self.queue_url(), http, MAX_OPERATIONS);
        let functions = match self.has_plane_bus() {
            true => functions.with_application_plane(&self.0.name),
            false => functions,
        };
        match self.0.operators.get() {
            Some(pool) => functions.with_users(pool),
            None => functions,
        }
    }
}
