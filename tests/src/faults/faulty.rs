//! The client: below the SDK's retries, above the connection.

use super::{Answer, Call, Fault, Plan, Span, answer, partial};
use crate::emulator;
use aws_config::SdkConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::Value;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// A client of all services that records every call and lets the planned ones
/// fail. One per simulated process; clones are the same client.
#[derive(Clone, Debug)]
pub struct Faulty(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    http: SharedHttpClient,
    state: Mutex<State>,
    kill: Notify,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<Call>,
    plans: Vec<Plan>,
    /// How many of the plans are over.
    past: usize,
    killed: bool,
    /// Requests that the client has given up and the service has yet to get.
    late: Vec<(usize, SharedHttpConnector, HttpRequest)>,
}

impl Default for Faulty {
    fn default() -> Self {
        Self::new()
    }
}

impl Faulty {
    /// A client of the emulator without faults, for now.
    #[must_use]
    pub fn new() -> Self {
        Self::over(aws_smithy_http_client::Builder::new().build_http())
    }

    /// The same over another client.
    #[must_use]
    pub fn over(http: SharedHttpClient) -> Self {
        Self(Arc::new(Shared { http, state: Mutex::default(), kill: Notify::new() }))
    }

    /// The SDK's settings with this client: the emulator's, with retries as on
    /// AWS that do not wait.
    #[must_use]
    pub fn config(&self) -> SdkConfig {
        let config = emulator::config().into_builder();
        config
            .http_client(self.clone())
            .sleep_impl(NoSleep)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build()
    }

    /// A connection that is not the SDK's, under the same faults.
    #[must_use]
    pub fn around(&self, connector: SharedHttpConnector) -> SharedHttpConnector {
        SharedHttpConnector::new(Wire { faulty: self.clone(), connector })
    }

    /// From here on: forgets what was called, and lets `plans` happen.
    pub fn start(&self, plans: Vec<Plan>) {
        *self.state() = State { plans, ..State::default() };
    }

    /// Lets `plans` happen too, and goes on counting.
    pub fn plan(&self, plans: Vec<Plan>) {
        self.state().plans.extend(plans);
    }

    /// What was called since the start, every attempt.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// Whether every plan has met its call.
    #[must_use]
    pub fn all_met(&self) -> bool {
        let state = self.state();
        let met = state.calls.iter().filter(|call| call.fault.is_some() && call.attempt == 1).count();
        met == state.plans.len()
    }

    /// Does `work` as a process would: `None` if it is killed in it.
    pub async fn run<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.0.kill.notified() => None,
            done = work => Some(done),
        }
    }

    /// The end of the process: what is still on its way arrives. The next one
    /// meets no faults.
    pub async fn restart(&self) {
        self.arrive().await;
        let mut state = self.state();
        state.past = state.plans.len();
        state.killed = false;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the call; gives its number and what happens to it.
    fn note(&self, request: &HttpRequest) -> (usize, Call) {
        let mut state = self.state();
        let mut call = Call::of(request, &state.calls);
        let same = |other: &&Call| other.attempt == 1 && other.operation == call.operation;
        let among_its = state.calls.iter().filter(|other| other.place < call.place).filter(same).count();
        let strikes = |plan: &&Plan| {
            let place = match plan.operation {
                None => call.place,
                Some(operation) if operation == call.operation => among_its,
                Some(_) => return false,
            };
            place == plan.place && (plan.span == Span::Throughout || call.attempt == 1)
        };
        call.fault = state.plans[state.past..].iter().find(strikes).map(|plan| plan.fault);
        state.calls.push(call.clone());
        (state.calls.len() - 1, call)
    }

    async fn call(
        &self,
        connector: SharedHttpConnector,
        mut request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        if self.state().killed {
            return std::future::pending().await;
        }
        let (number, call) = self.note(&request);
        match call.fault {
            None => {
                let answer = self.forward(number, &connector, request).await;
                self.arrive().await;
                answer
            }
            Some(Fault::NoAnswer) => Err(ConnectorError::io("connection refused".into())),
            Some(Fault::Unanswered) => {
                self.forward(number, &connector, request).await?;
                Err(ConnectorError::io("connection reset".into()))
            }
            Some(Fault::Late) => {
                self.state().late.push((number, connector, request));
                Err(ConnectorError::timeout("no answer in time".into()))
            }
            Some(Fault::Partial(entries)) => {
                let rest = match partial::without(&mut request, &call.request, entries) {
                    true => body_of(&mut self.forward(number, &connector, request).await?).await?,
                    false => Value::Null,
                };
                let body = partial::answer(&call.request, &rest, entries);
                self.state().calls[number].answer = Some(Answer { status: 200, body: body.clone() });
                Ok(answer::response(200, &body))
            }
            Some(Fault::KilledBefore) => self.killed().await,
            Some(Fault::KilledAfter) => {
                self.forward(number, &connector, request).await?;
                self.killed().await
            }
            Some(fault) => answer::of(fault, &call)
                .ok_or_else(|| ConnectorError::user(format!("{fault} is no answer").into())),
        }
    }

    async fn killed<T>(&self) -> T {
        self.state().killed = true;
        self.0.kill.notify_one();
        std::future::pending().await
    }

    async fn forward(
        &self,
        number: usize,
        connector: &SharedHttpConnector,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let mut response = connector.call(request).await?;
        let status = response.status().as_u16();
        let body = body_of(&mut response).await?;
        self.state().calls[number].answer = Some(Answer { status, body });
        Ok(response)
    }

    /// What was late arrives; nobody waits for its answer.
    async fn arrive(&self) {
        let late = std::mem::take(&mut self.state().late);
        for (number, connector, request) in late {
            self.forward(number, &connector, request).await.expect("what is late arrives");
        }
    }
}

/// What an answer says; it can still be read after.
async fn body_of(response: &mut HttpResponse) -> Result<Value, ConnectorError> {
    let bytes = ByteStream::new(response.take_body()).collect().await;
    let bytes = bytes.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    *response.body_mut() = SdkBody::from(bytes.clone());
    Ok(serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

impl HttpClient for Faulty {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        // No time limits: no time passes where sleeping takes none.
        let settings = HttpConnectorSettings::builder().build();
        self.around(self.0.http.http_connector(&settings, components))
    }
}

#[derive(Debug)]
struct Wire {
    faulty: Faulty,
    connector: SharedHttpConnector,
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (faulty, connector) = (self.faulty.clone(), self.connector.clone());
        HttpConnectorFuture::new(async move { faulty.call(connector, request).await })
    }
}

/// Waiting that takes no time.
#[derive(Debug)]
struct NoSleep;

impl AsyncSleep for NoSleep {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}
