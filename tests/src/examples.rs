//! The golden examples of `events/examples/`, as every tier uses them.

use crate::workspace;
use serde_json::Value;
use std::path::Path;
use tenantry_events::name::EventName;

/// One golden example of an event's detail.
#[derive(Clone, Debug)]
pub struct Example {
    /// The event.
    pub event: EventName,
    /// The file's name without its ending: `full`, `InvalidField.tier.empty`.
    pub name: String,
    /// What is in it: JSON, except where it shows what is none.
    pub text: String,
}

impl Example {
    /// The detail; panics where the example is no JSON.
    #[must_use]
    pub fn detail(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.title()))
    }

    /// Event and file in one: `onboardingRequest/full`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}/{}", self.event, self.name)
    }

    /// The code that an invalid example's name promises.
    #[must_use]
    pub fn code(&self) -> &str {
        self.name.split('.').next().expect("a name")
    }

    /// The field that an invalid example's name promises. What the name says
    /// of `InvalidField` after the field's path is only for people.
    #[must_use]
    pub fn field(&self) -> Option<String> {
        let parts: Vec<&str> = self.name.split('.').collect();
        match (parts[0], &parts[1..]) {
            ("NotAnObject", _) => Some("detail".to_owned()),
            (_, []) => None,
            ("InvalidField", [path @ .., _]) => Some(path.join(".")),
            (_, path) => Some(path.join(".")),
        }
    }
}

/// Every valid example, by event and name.
#[must_use]
pub fn valid() -> Vec<Example> {
    all("valid")
}

/// Every invalid example, by event and name.
#[must_use]
pub fn invalid() -> Vec<Example> {
    all("invalid")
}

/// The valid example `name` of `event`.
#[must_use]
pub fn of(event: EventName, name: &str) -> Example {
    let path = format!("events/examples/{event}/valid/{name}.json");
    Example { event, name: name.to_owned(), text: workspace::read(&path) }
}

fn all(folder: &str) -> Vec<Example> {
    let in_event = |event: &EventName| {
        let root = workspace::root().join(format!("events/examples/{event}/{folder}"));
        let example = |path: &Path| Example {
            event: *event,
            name: path.file_stem().and_then(|stem| stem.to_str()).expect("a plain name").to_owned(),
            text: std::fs::read_to_string(path).expect("a readable example"),
        };
        workspace::files(&root).iter().map(|path| example(path)).collect::<Vec<_>>()
    };
    EventName::ALL.iter().flat_map(in_event).collect()
}
