//! What has become of a tenant, as the command and the AWS CLI show it.

use super::api::called;
use super::{Cloud, Ran, until};
use crate::access::REGION;
use crate::examples;
use serde_json::{Value, json};
use std::sync::OnceLock;
use tenantry_events::name::EventName;
use uuid::Uuid;

/// An onboardingRequest as SBT's control plane sends it, for a new tenant
/// called `name`: the golden example with ids of its own.
#[must_use]
pub fn request(name: &str) -> Value {
    let mut detail = examples::of(EventName::OnboardingRequest, "sbt").detail();
    detail["tenantId"] = json!(Uuid::new_v4());
    detail["tenantRegistrationId"] = json!(Uuid::new_v4());
    detail["tenantName"] = json!(name);
    detail
}

impl Cloud {
    /// `tenantry tenant show` as JSON; `None` if there is no such tenant.
    #[must_use]
    pub fn show(&self, id: &str) -> Option<Value> {
        let ran = self.tenantry(&["tenant", "show", id, "--output", "json"]);
        (ran.code != Some(3)).then(|| ran.exits(0).json())
    }

    /// Waits until the tenant has the status, with no operation under way.
    pub fn settles(&self, id: &str, status: &str) -> Value {
        until(&format!("tenant {id} to be {status}"), || {
            let shown = self.show(id)?;
            let tenant = &shown["tenant"];
            // What failed stays so: nobody need wait any longer.
            let failed = status == "Active" && tenant["status"] == "ProvisionFailed";
            assert!(!failed && tenant["status"] != "DeprovisionFailed", "{shown:#}");
            (tenant.get("operation").is_none() && tenant["status"] == status).then_some(shown)
        })
    }

    /// A tier whose tenants a foreign application plane provisions: here, the
    /// tests. It is declared in a stack of its own, as a company would.
    pub fn guest_tier(&self) -> &'static str {
        static TIER: OnceLock<&str> = OnceLock::new();
        TIER.get_or_init(|| self.declare_guest_tier("tenantry"))
    }

    /// The same, of the control plane called `plane`.
    pub(super) fn declare_guest_tier(&self, plane: &str) -> &'static str {
        self.declare_tier(plane, "guest")
    }

    /// An external tier called `name`, of the control plane called `plane`.
    pub(super) fn declare_tier(&self, plane: &str, name: &'static str) -> &'static str {
        let tier = json!({
            "Type": "Custom::TenantryTier",
            "Properties": {
                "ServiceToken": format!("arn:aws:lambda:{REGION}:000000000000:function:{plane}-tiers"),
                "Name": name,
                "Plan": "external-pool",
            },
        });
        let (stack, body) = (format!("{name}-tier-of-{plane}"), json!({ "Resources": { "Tier": tier } }));
        let create = ["cloudformation", "create-stack", "--stack-name", &stack, "--template-body"];
        self.aws(&[&create[..], &[&body.to_string()]].concat()).exits(0);
        until("the tier", || (self.stack_named(&stack)?["StackStatus"] == "CREATE_COMPLETE").then_some(()));
        name
    }

    /// Asks for a tenant that nobody provisions unless the test does; its
    /// request, once the operation is open.
    #[must_use]
    pub fn guest(&self, name: &str) -> Value {
        self.guests(&[name]).remove(0)
    }

    /// The same for several, at most ten, at once.
    #[must_use]
    pub fn guests(&self, names: &[&str]) -> Vec<Value> {
        let tier = self.guest_tier();
        let detail = |name: &&str| {
            let mut detail = request(name);
            detail["tier"] = json!(tier);
            detail
        };
        let details: Vec<Value> = names.iter().map(detail).collect();
        let events: Vec<_> = details.iter().map(|detail| (EventName::OnboardingRequest, detail)).collect();
        self.put(&events);
        for detail in &details {
            let id = detail["tenantId"].as_str().expect("an id");
            until(&format!("{} to be Provisioning", detail["tenantName"]), || {
                (self.show(id)?["tenant"]["status"] == "Provisioning").then_some(())
            });
        }
        details
    }

    /// Asks for the tenant's offboarding, without waiting.
    pub fn offboard(&self, id: &str) {
        self.tenantry(&["tenant", "offboard", id]).exits(0);
    }

    /// `tenantry tenant history` as JSON: the lines about `action`.
    #[must_use]
    pub fn history(&self, id: &str, action: &str) -> Vec<Value> {
        let ran = self.tenantry(&["tenant", "history", id, "--output", "json"]);
        if ran.code == Some(3) {
            return Vec::new();
        }
        let lines = ran.exits(0).json();
        let lines = lines.as_array().expect("a list").iter();
        lines.filter(|line| line["action"] == action).cloned().collect()
    }

    /// The verdicts on `action` in the tenant's history, oldest first.
    #[must_use]
    pub fn verdicts(&self, id: &str, action: &str) -> Vec<String> {
        let verdict = |line: &Value| line["verdict"].as_str().expect("a verdict").to_owned();
        self.history(id, action).iter().map(verdict).collect()
    }

    /// The tenant's executions, as `tenantry execution list` has them, each as
    /// its machine, operation and status.
    #[must_use]
    pub fn executions(&self, id: &str) -> Vec<String> {
        let all = self.json(&["execution", "list", "--limit", "1000"]);
        let mine = all.as_array().expect("a list").iter().filter(|execution| execution["tenantId"] == id);
        let fields = ["stateMachine", "operationId", "status"];
        let row = |found: &Value| fields.map(|name| found[name].as_str().unwrap_or_default()).join(" ");
        let mut rows: Vec<String> = mine.map(row).collect();
        rows.sort();
        rows
    }

    /// CloudFormation's record of the tenant's stack; `None` if there is none.
    #[must_use]
    pub fn stack(&self, id: &str) -> Option<Value> {
        self.stack_named(&format!("tenantry-tenant-{id}"))
    }

    /// The name of the tenant's table: no part of it is the stack's, whose name
    /// may be long.
    #[must_use]
    pub fn table_of(&self, id: &str) -> String {
        let plane = self.stack_named("tenantry").expect("the control plane");
        let outputs = plane["Outputs"].as_array().expect("outputs").iter();
        let mut prefix = outputs.filter(|output| output["OutputKey"] == "TenantNamePrefix");
        let prefix = prefix.next().and_then(|output| output["OutputValue"].as_str()).expect("a prefix");
        format!("{prefix}-{id}-products")
    }

    /// CloudFormation's record of a stack; `None` if there is none.
    #[must_use]
    pub fn stack_named(&self, name: &str) -> Option<Value> {
        let ran: Ran = self.aws(&["cloudformation", "describe-stacks", "--stack-name", name]);
        if ran.stderr.contains("does not exist") {
            return None;
        }
        Some(ran.exits(0).json()["Stacks"][0].clone())
    }

    /// CodeBuild's record of a build.
    #[must_use]
    pub fn build(&self, id: &str) -> Value {
        let found =
            called(&self.access(), "codebuild", "CodeBuild_20161006.BatchGetBuilds", &json!({ "ids": [id] }));
        found["builds"][0].clone()
    }

    /// Panics unless nothing whatsoever has become of the request for `id`: no
    /// tenant, no execution, no stack.
    pub fn assert_nothing_of(&self, id: &str) {
        self.tenantry(&["tenant", "show", id]).exits(3);
        assert_eq!(self.executions(id), Vec::<String>::new(), "{id}");
        assert_eq!(self.stack(id), None, "{id}");
    }
}
