//! All tenants, by urgency: first those that need a person, then those under
//! way, the oldest first, then the rest by name.

use crate::error::Result;
use crate::source::Source;
use chrono::{DateTime, TimeDelta, Utc};
use tenantry_registry::store::{Filter, ListQuery, TenantSummary};
use tenantry_registry::tenant::Status;

/// How many tenants of one status are looked at.
const LIMIT: u32 = 100;

/// The tenants at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Overview {
    /// The most urgent first.
    pub(super) tenants: Vec<TenantSummary>,
    /// Whether there are more than are shown.
    pub(super) has_more: bool,
    /// When it was.
    pub(super) at: DateTime<Utc>,
}

/// How soon a person should look at a tenant.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Urgency {
    /// Something failed.
    Attention,
    /// Something goes on, or waits for its turn.
    UnderWay,
    /// It is as it should be.
    Calm,
}

impl Urgency {
    pub(super) fn of(tenant: &TenantSummary) -> Self {
        match tenant.status {
            status if status.is_failed() => Self::Attention,
            Status::Pending | Status::Provisioning | Status::Updating | Status::Deprovisioning => {
                Self::UnderWay
            }
            _ => Self::Calm,
        }
    }
}

impl Overview {
    /// Asks the registry: a query for each status, since what is urgent must
    /// not depend on how many tenants there are.
    pub(super) async fn take(source: &Source) -> Result<Self> {
        let (mut tenants, mut has_more) = (Vec::new(), false);
        for status in Status::ALL.into_iter().filter(|status| *status != Status::Deprovisioned) {
            let query =
                ListQuery { filter: Filter::Status(status), name_prefix: None, limit: LIMIT, after: None };
            let (page, next) = source.tenants(&query).await?;
            has_more |= next.is_some();
            tenants.extend(page);
        }
        sort(&mut tenants);
        Ok(Self { tenants, has_more, at: Utc::now() })
    }

    /// How many tenants are so urgent.
    pub(super) fn count(&self, urgency: Urgency) -> usize {
        self.tenants.iter().filter(|tenant| Urgency::of(tenant) == urgency).count()
    }
}

fn sort(tenants: &mut [TenantSummary]) {
    tenants.sort_by_cached_key(|tenant| {
        let urgency = Urgency::of(tenant);
        let since = (urgency != Urgency::Calm).then_some(tenant.updated_at);
        (urgency, since, tenant.tenant_name.to_string(), tenant.tenant_id.to_string())
    });
}

/// A span of time in a few characters: `42s`, `7m`, `3h`, `12d`.
pub(super) fn brief(span: TimeDelta) -> String {
    match span.num_seconds().max(0) {
        seconds @ 0..120 => format!("{seconds}s"),
        seconds @ 120..7_200 => format!("{}m", seconds / 60),
        seconds @ 7_200..172_800 => format!("{}h", seconds / 3_600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// A tenant in a list, which changed so many seconds after the epoch.
    pub(in super::super) fn summary(name: &str, status: Status, changed: i64) -> Option<TenantSummary> {
        let id = tenantry_events::ids::EventId::derive(name).to_string();
        let at = DateTime::from_timestamp(changed, 0)?;
        serde_json::from_value(json!({
            "tenantId": id, "tenantName": name, "email": "admin@acme.example", "tier": "platinum",
            "plan": "silo", "desired": "active", "status": status, "createdAt": at, "updatedAt": at, "version": 1,
        }))
        .ok()
    }

    #[test]
    fn failures_come_first_then_the_oldest_under_way_then_the_rest_by_name() {
        let tenants = [
            ("beta", Status::Active, 1),
            ("young", Status::Provisioning, 50),
            ("alpha", Status::Suspended, 99),
            ("old", Status::Pending, 10),
            ("broken", Status::ProvisionFailed, 90),
        ];
        let mut tenants: Vec<_> =
            tenants.into_iter().filter_map(|(name, status, at)| summary(name, status, at)).collect();
        sort(&mut tenants);
        let names: Vec<_> = tenants.iter().map(|tenant| tenant.tenant_name.to_string()).collect();
        assert_eq!(names, ["broken", "old", "young", "alpha", "beta"]);
    }

    #[test]
    fn spans_are_brief() {
        let spans = [-5, 0, 119, 120, 7_199, 7_200, 200_000].map(|s| brief(TimeDelta::seconds(s)));
        assert_eq!(spans, ["0s", "0s", "119s", "2m", "119m", "2h", "2d"]);
    }
}
