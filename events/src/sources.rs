//! Which `source` an event carries: two planes, with an override per event,
//! as in SBT (`EventManagerProps` of `src/utils/event-manager.ts`).

use crate::name::{EventName, Plane};
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
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            control_plane: "sbt.control.plane".to_owned(),
            application_plane: "sbt.application.plane".to_owned(),
            overrides: BTreeMap::new(),
        }
    }
}

impl Sources {
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
