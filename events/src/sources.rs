//! Which `source` and `detail-type` an event carries: two planes, with an
//! override per event, as in SBT (`EventManagerProps` of
//! `src/utils/event-manager.ts`), and the prefix that SBT's types have.

use crate::name::{EventName, Plane, SBT_PREFIX};
use std::collections::BTreeMap;

/// The sources of a deployment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sources {
    /// The source of the control plane's events.
    pub control_plane: String,
    /// The source of the application plane's events.
    pub application_plane: String,
    /// Another source for single events, by name (`onboardingRequest`).
    pub overrides: BTreeMap<String, String>,
    /// What the detail types of SBT's events begin with: `sbt_aws_`, or nothing
    /// where SBT up to 0.5 is on the bus. Tenantry's own have theirs always.
    pub detail_type_prefix: String,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            control_plane: "sbt.control.plane".to_owned(),
            application_plane: "sbt.application.plane".to_owned(),
            overrides: BTreeMap::new(),
            detail_type_prefix: SBT_PREFIX.to_owned(),
        }
    }
}

impl Sources {
    /// The `detail-type` that `name` has in this deployment.
    #[must_use]
    pub fn detail_type(&self, name: EventName) -> String {
        match name.detail_type().strip_prefix(SBT_PREFIX) {
            Some(bare) => format!("{}{bare}", self.detail_type_prefix),
            None => name.detail_type().to_owned(),
        }
    }

    /// The source that `name` has in this deployment.
    #[must_use]
    pub fn of(&self, name: EventName) -> &str {
        match self.overrides.get(name.as_str()) {
            Some(source) => source,
            None => match name.plane() {
                Plane::Control => &self.control_plane,
                Plane::Application => &self.application_plane,
            },
        }
    }
}
