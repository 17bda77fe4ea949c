//! The common table of verdicts, `tests/fixtures/verdicts/table.json`: what is
//! accepted and what is refused, and as what, whichever door it comes to. Three
//! runs hold the doors to it: the command's, the API's and the bus's.
//!
//! In a row's JSON, `<<id>>` stands for a UUID of the row's own, `<<who>>` for
//! the field that names the tenant of the run (nothing where the API's path
//! names it), and `<<x*100>>` for the text `x` a hundred times.

use crate::workspace;
use serde::Deserialize;
use serde_json::Value;
use tenantry_events::name::EventName;
use tenantry_events::receive::Violation;
use uuid::Uuid;

/// One row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// What it shows.
    pub name: String,
    event: String,
    detail: String,
    /// `accepted`, or the code and the field of the refusal.
    pub verdict: String,
    /// The body at the API, where it is not the event's detail.
    body: Option<String>,
    /// Whether the API has the like: not where it sets the field itself, or has
    /// no such body or route.
    #[serde(default = "yes")]
    pub api: bool,
    /// What is wrong is only in the text: a bus that reads the JSON and writes it
    /// anew (as the local cloud's does, and nothing says that EventBridge does
    /// not) delivers something else, or takes nothing that is no JSON. The doors
    /// that see the text refuse it.
    #[serde(default)]
    pub raw: bool,
    /// The field's name is shortened, hidden or a limit of all of them: only the
    /// code counts.
    #[serde(default)]
    field_free: bool,
}

const fn yes() -> bool {
    true
}

impl Row {
    /// The event.
    #[must_use]
    pub fn event(&self) -> EventName {
        self.event.parse().unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// An id of the row's own in the run `run`.
    #[must_use]
    pub fn id(&self, run: &str) -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{run}/{}", self.name).as_bytes())
    }

    /// The event's detail in the run `run`, about the tenant `tenant`.
    #[must_use]
    pub fn detail(&self, run: &str, tenant: &str) -> String {
        self.expand(&self.detail, run, &format!("\"tenantId\":\"{tenant}\","))
    }

    /// The body that says the same to the API.
    #[must_use]
    pub fn body(&self, run: &str) -> String {
        self.expand(self.body.as_ref().unwrap_or(&self.detail), run, "")
    }

    /// Whether a tenant that is there is meant.
    #[must_use]
    pub fn is_about_tenant(&self) -> bool {
        self.detail.contains("<<who>>")
    }

    fn expand(&self, text: &str, run: &str, who: &str) -> String {
        let text = text.replace("<<id>>", &self.id(run).to_string()).replace("<<who>>", who);
        let mut parts = text.split("<<");
        let mut expanded = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (times, rest) = part.split_once(">>").unwrap_or_else(|| panic!("{}: {part}", self.name));
            let (what, count) = times.rsplit_once('*').unwrap_or_else(|| panic!("{}: {times}", self.name));
            expanded.push_str(&what.repeat(count.parse().expect("a count")));
            expanded.push_str(rest);
        }
        expanded
    }

    /// Holds a door's verdict to the row's. A body is a detail; what the API has
    /// beside the attributes, an event has in them.
    pub fn holds(&self, door: &str, refused: Option<(&str, Option<&str>)>) {
        let (code, field) =
            self.verdict.split_once(' ').map_or((&*self.verdict, None), |(c, f)| (c, Some(f)));
        let plain = |field: Option<&str>| match field {
            None | Some("body" | "detail") => None,
            Some(field) => Some(field.strip_prefix("attributes.").unwrap_or(field).to_owned()),
        };
        let said = refused.map_or("accepted", |(code, _)| code);
        assert_eq!(said, code, "{door}, {}: {refused:?}", self.name);
        if let Some((_, said)) = refused
            && !self.field_free
        {
            assert_eq!(plain(said), plain(field), "{door}, {}", self.name);
        }
    }

    /// Holds what the contract's own function says to the row.
    pub fn holds_violation(&self, door: &str, verdict: Result<(), Violation>) {
        match verdict {
            Ok(()) => self.holds(door, None),
            Err(violation) => self.holds(door, Some((violation.code.as_str(), violation.field.as_deref()))),
        }
    }
}

/// The table.
#[must_use]
pub fn table() -> Vec<Row> {
    let rows: Vec<Row> =
        serde_json::from_str(&workspace::read("tests/fixtures/verdicts/table.json")).expect("the table");
    assert!(rows.len() >= 300, "the table has only {} rows", rows.len());
    rows
}

/// The code and the field of an API's problem.
#[must_use]
pub fn of_problem(problem: &Value) -> (&str, Option<&str>) {
    (problem["code"].as_str().expect("a code"), problem["field"].as_str())
}
