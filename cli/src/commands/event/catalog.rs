//! `tenantry event catalog`.

use super::event_name;
use crate::clients::sources;
use crate::error::Result;
use crate::output::Output;
use serde_json::{Value, json};
use tenantry_events::catalogue::kind;
use tenantry_events::name::EventName;
use tenantry_events::sources::Sources;

pub(super) fn run(name: Option<String>, schema: bool, example: bool, output: &Output) -> Result {
    let sources = sources()?;
    let Some(name) = name else {
        let values: Vec<Value> = EventName::ALL.iter().map(|name| value(*name, &sources)).collect();
        let rows = EventName::ALL.iter().map(|name| row(*name, &sources)).collect();
        return output.data(&values, &["event", "source", "direction", "version", "description"], rows);
    };
    let name = event_name(&name)?;
    let kind = kind(name);
    if schema {
        return output.json(&kind.json_schema());
    }
    if example {
        return output.json_text(kind.example);
    }
    let fields = vec![
        ("Event", name.to_string()),
        ("Detail type", sources.detail_type(name)),
        ("Source", sources.of(name).to_owned()),
        ("Direction", name.direction().to_string()),
        ("Version", kind.version.to_string()),
        ("Description", name.about().to_owned()),
    ];
    output.document(&value(name, &sources), fields, ("Example", kind.example))
}

fn value(name: EventName, sources: &Sources) -> Value {
    json!({
        "name": name.as_str(),
        "detailType": sources.detail_type(name),
        "source": sources.of(name),
        "direction": name.direction().to_string(),
        "version": kind(name).version,
        "about": name.about(),
        "example": serde_json::from_str::<Value>(kind(name).example).unwrap_or_default(),
    })
}

fn row(name: EventName, sources: &Sources) -> Vec<String> {
    vec![
        name.as_str().to_owned(),
        sources.of(name).to_owned(),
        name.direction().to_string(),
        kind(name).version.to_string(),
        name.about().to_owned(),
    ]
}
