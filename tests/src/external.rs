//! The lives of twenty tenants of an external application plane, from outside:
//! asked for by event and over the API, provisioned at once, late, never or with
//! a failure, retried, cancelled, suspended, resumed and offboarded. Which plane
//! answers does not matter: SBT's own, or one in its shape ([`own`]).

mod own;
mod sbts;

pub use own::template as own_plane;
pub use sbts::{Scripts, sbts_plane};

use crate::cloud::{Api, Ask, Plane, Running, run_with, until};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tenantry_events::name::EventName;
use uuid::Uuid;

/// How long the tenants may take to be as they must be, all together.
const PATIENCE: Duration = Duration::from_secs(180);

/// How the jobs of a tenant end, which its address says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Behaviour {
    AtOnce,
    Late,
    Fails,
    Never,
}

/// One tenant.
#[derive(Clone, Debug)]
struct Life {
    name: String,
    id: String,
    behaviour: Behaviour,
    by_api: bool,
}

impl Life {
    fn new(place: usize) -> Self {
        let behaviour = match place {
            0..12 => Behaviour::AtOnce,
            12..16 => Behaviour::Late,
            16..18 => Behaviour::Fails,
            _ => Behaviour::Never,
        };
        let id = Uuid::new_v4().to_string();
        Self { name: format!("External {place}"), id, behaviour, by_api: place % 2 == 1 }
    }

    /// Whether it is suspended and resumed on its way: some of each behaviour are.
    fn is_suspended_once(&self) -> bool {
        self.name.ends_with(['0', '3', '6'])
    }

    fn email(&self) -> &'static str {
        match self.behaviour {
            Behaviour::AtOnce => "admin@acme.example",
            Behaviour::Late => "admin+late@acme.example",
            Behaviour::Fails => "admin+fails@acme.example",
            Behaviour::Never => "admin+never@acme.example",
        }
    }
}

/// A control plane with a tier that an external application plane provisions.
#[derive(Debug)]
pub struct Field<'a> {
    plane: Plane<'a>,
    tier: &'a str,
    /// One for all: its people are signed up once.
    api: Api,
    ears: Running,
    lives: Vec<Life>,
}

impl<'a> Field<'a> {
    /// Twenty tenants to be, of `tier`.
    #[must_use]
    pub fn new(plane: Plane<'a>, tier: &'a str) -> Self {
        Self { plane, tier, api: plane.api(), ears: plane.listen(), lives: (0..20).map(Life::new).collect() }
    }

    /// Onboards them and lets each be provisioned, or not.
    pub fn onboard(&mut self) {
        let api = &self.api;
        let mut lives = self.lives.clone();
        for life in &mut lives {
            let mut detail = json!({ "tenantName": life.name, "email": life.email(), "tier": self.tier });
            detail["prices"] = json!([{ "id": "price_1", "metricName": "productsSold" }]);
            if life.by_api {
                let ask = Ask::new("POST", "/tenant-registrations").by(api.token("admin")).with(&detail);
                let answer = api.send_patiently(&ask).expect(202).json();
                answer["data"]["tenantId"].as_str().expect("an id").clone_into(&mut life.id);
            } else {
                detail["tenantId"] = json!(life.id);
                detail["tenantRegistrationId"] = json!(format!("registration-{}", life.id));
                self.publish(EventName::OnboardingRequest, &detail);
            }
        }
        self.lives = lives;
        self.all_are(|life| match life.behaviour {
            Behaviour::AtOnce | Behaviour::Late => "Active",
            Behaviour::Fails => "ProvisionFailed",
            Behaviour::Never => "Provisioning",
        });
        for life in &self.lives {
            let tenant = self.tenant(life);
            match life.behaviour {
                Behaviour::AtOnce | Behaviour::Late => {
                    let given = &tenant["registration"];
                    assert_eq!(given["registrationStatus"], "created", "{tenant:#}");
                    assert_eq!(given["plan"], json!(format!("plan-of-{}", self.tier)), "{tenant:#}");
                    let config = tenant["outputs"]["tenantConfig"].as_str().expect("a configuration");
                    assert!(config.contains("\"theme\":{\"dark\":true}"), "{config}");
                }
                Behaviour::Fails => {
                    assert_eq!(tenant["failure"]["code"], "ApplicationPlaneFailed", "{tenant:#}");
                    assert_eq!(tenant["failure"]["reason"], "Failed to provision tenant.", "{tenant:#}");
                }
                Behaviour::Never => assert!(tenant["operation"].is_object(), "{tenant:#}"),
            }
        }
    }

    /// Ends those that the plane never answers, and tries again what failed,
    /// with what was wrong put right.
    pub fn cancel_and_retry(&self) {
        let never = |life: &&Life| life.behaviour == Behaviour::Never;
        for life in self.lives.iter().filter(never) {
            self.asks(life, "cancel", EventName::CancelRequest);
        }
        self.all_are(|life| match life.behaviour {
            Behaviour::AtOnce | Behaviour::Late => "Active",
            Behaviour::Fails | Behaviour::Never => "ProvisionFailed",
        });
        for life in self.lives.iter().filter(never) {
            let tenant = self.tenant(life);
            assert_eq!(tenant["failure"]["code"], "Cancelled", "{tenant:#}");
            assert_eq!(tenant.get("due"), None, "a clean-up that nobody runs: {tenant:#}");
        }
        let failed: Vec<&Life> = self
            .lives
            .iter()
            .filter(|life| !matches!(life.behaviour, Behaviour::AtOnce | Behaviour::Late))
            .collect();
        for life in &failed {
            let prices = json!([{ "id": "price_1", "metricName": "productsSold" }]);
            let attributes = json!({ "prices": prices });
            let change =
                json!({ "tenantId": life.id, "email": "admin@acme.example", "attributes": attributes });
            self.publish(EventName::ChangeRequest, &change);
        }
        for life in &failed {
            until(&format!("{} to be put right", life.name), || {
                (self.tenant(life)["email"] == "admin@acme.example").then_some(())
            });
            self.asks(life, "retry", EventName::RetryRequest);
        }
        self.all_are(|_| "Active");
    }

    /// Suspends some of the tenants, and resumes them.
    pub fn suspend_and_resume(&self) {
        for life in self.lives.iter().filter(|life| life.is_suspended_once()) {
            self.asks(life, "suspend", EventName::DeactivateRequest);
        }
        self.all_are(|life| if life.is_suspended_once() { "Suspended" } else { "Active" });
        for life in self.lives.iter().filter(|life| life.is_suspended_once()) {
            self.asks(life, "resume", EventName::ActivateRequest);
        }
        self.all_are(|_| "Active");
    }

    /// Offboards them all.
    pub fn offboard(&self) {
        let api = &self.api;
        for life in &self.lives {
            if life.by_api {
                let registration = self.tenant(life)["tenantRegistrationId"].clone();
                let path = format!("/tenant-registrations/{}", registration.as_str().expect("an id"));
                api.send_patiently(&Ask::new("DELETE", &path).by(api.token("admin"))).expect(202);
            } else {
                self.publish(EventName::OffboardingRequest, &json!({ "tenantId": life.id }));
            }
        }
        self.all_are(|_| "Deprovisioned");
        for life in &self.lives {
            let tenant = self.tenant(life);
            assert_eq!(tenant["registration"]["registrationStatus"], "deleted", "{tenant:#}");
            assert_eq!(tenant.get("openRequests"), None, "{tenant:#}");
        }
    }

    /// Every request was answered on the bus, once.
    pub fn every_request_was_answered_once(&self) {
        let prefix = self.plane.detail_type(EventName::OnboardingSuccess);
        let prefix = prefix.strip_suffix("onboardingSuccess").expect("a prefix");
        let marker = Uuid::new_v4().to_string();
        self.publish(EventName::BillingSuccess, &json!({ "tenantId": marker }));
        let heard = until("the marker on the bus", || {
            let printed = self.ears.stdout();
            printed.contains(&marker).then_some(printed)
        });
        let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in heard.lines() {
            let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
            if event["detail"]["metadata"]["producer"] != "tenantry" {
                continue;
            }
            let kind = event["detail-type"].as_str().unwrap_or_default();
            let kind = kind.strip_prefix(prefix).unwrap_or(kind).to_owned();
            let id = event["detail"]["tenantId"].as_str().unwrap_or_default().to_owned();
            told.entry(id).or_default().push(kind);
        }
        for life in &self.lives {
            let count = |kind: &str| told[&life.id].iter().filter(|told| *told == kind).count();
            let failures = match life.behaviour {
                Behaviour::AtOnce | Behaviour::Late => 0,
                Behaviour::Fails | Behaviour::Never => 1,
            };
            assert_eq!(count("onboardingSuccess"), 1, "{life:?}: {told:#?}");
            assert_eq!(count("onboardingFailure"), failures, "{life:?}: {told:#?}");
            assert_eq!(count("offboardingSuccess"), 1, "{life:?}: {told:#?}");
            // Its own answers only: other tests' tenants speak on the same bus.
            let suspensions = usize::from(life.is_suspended_once());
            assert_eq!(count("deactivateSuccess"), suspensions, "{life:?}: {told:#?}");
            assert_eq!(count("activateSuccess"), suspensions, "{life:?}: {told:#?}");
        }
    }

    /// Asks for something by an event, or over the API.
    fn asks(&self, life: &Life, verb: &str, name: EventName) {
        if life.by_api {
            let api = &self.api;
            let ask = Ask::new("POST", &format!("/tenants/{}/{verb}", life.id)).by(api.token("admin"));
            api.send_patiently(&ask).expect(202);
        } else {
            self.publish(name, &json!({ "tenantId": life.id }));
        }
    }

    fn publish(&self, name: EventName, detail: &Value) {
        run_with(self.plane.command().args(["event", "publish", name.as_str(), "-"]), &detail.to_string())
            .exits(0);
    }

    fn tenant(&self, life: &Life) -> Value {
        self.plane.show(&life.id).unwrap_or_else(|| panic!("{life:?} is there"))["tenant"].take()
    }

    /// Waits until every tenant is as `wanted` says, with nothing under way but
    /// what is meant to be; says which are not.
    fn all_are(&self, wanted: impl Fn(&Life) -> &'static str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut statuses = BTreeMap::new();
            let tombstones: &[&str] = &["--status", "deprovisioned"];
            for filter in [&[], tombstones] {
                let listed = self.plane.json(&[&["tenant", "list", "--limit", "100"], filter].concat());
                for tenant in listed["tenants"].as_array().or(listed.as_array()).expect("a list") {
                    let text = |name: &str| tenant[name].as_str().unwrap_or_default().to_owned();
                    statuses.insert(text("tenantId"), text("status"));
                }
            }
            let is = |life: &Life| statuses.get(&life.id).map_or("unknown", String::as_str).to_owned();
            let others: BTreeSet<String> = self
                .lives
                .iter()
                .filter(|life| is(life) != wanted(life))
                .map(|life| {
                    format!("{} ({:?}) is {}, not {}", life.name, life.behaviour, is(life), wanted(life))
                })
                .collect();
            if others.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "of 20 tenants, {} are not right: {others:#?}", others.len());
            std::thread::sleep(Duration::from_millis(300));
        }
    }
}
