//! Schemas of the events, generated from the types: JSON Schema 2020-12 of the
//! detail, and OpenAPI 3.0 of the whole event, in the form that EventBridge's
//! schema registry takes ("Creating schemas", Amazon EventBridge User Guide).

use super::Kind;
use crate::name::{Direction, Plane};
use crate::sources::Sources;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

impl Kind {
    /// The JSON Schema (2020-12) of the event's detail.
    #[must_use]
    pub fn json_schema(&self) -> Value {
        let generator = SchemaSettings::draft2020_12().into_generator();
        let mut schema = (self.root_schema)(generator);
        let name = self.name;
        let id = format!("https://tenantry.dev/schemas/events/{name}/v{}.json", self.version);
        schema.insert("$id".to_owned(), id.into());
        schema.insert("title".to_owned(), name.as_str().into());
        schema.insert("description".to_owned(), name.about().into());
        sorted(schema.to_value())
    }

    /// The OpenAPI 3.0 document of the whole event, envelope included.
    #[must_use]
    pub fn openapi(&self) -> Value {
        let mut generator = SchemaSettings::openapi3().into_generator();
        let detail = (self.subschema)(&mut generator).to_value();
        let mut schemas: Map<String, Value> = generator.take_definitions(true);
        let name = self.name;
        let event = json!({
            "type": "object",
            "description": name.about(),
            "required": ["detail-type", "resources", "id", "source", "time", "detail", "region", "version", "account"],
            "x-amazon-events-detail-type": name.detail_type(),
            "x-amazon-events-source": Sources::default().of(name),
            "properties": {
                "detail": detail,
                "detail-type": { "type": "string" },
                "resources": { "type": "array", "items": { "type": "string" } },
                "id": { "type": "string" },
                "source": { "type": "string" },
                "time": { "type": "string", "format": "date-time" },
                "region": { "type": "string" },
                "version": { "type": "string" },
                "account": { "type": "string" }
            }
        });
        schemas.insert("AWSEvent".to_owned(), event);
        sorted(json!({
            "openapi": "3.0.0",
            "info": { "title": name.as_str(), "version": self.version.to_string() },
            "paths": {},
            "components": { "schemas": schemas }
        }))
    }
}

/// The same document whatever order its parts were made in.
pub(super) fn sorted(value: Value) -> Value {
    let mut value = value;
    value.sort_all_objects();
    value
}

impl std::fmt::Display for Plane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Control => "control",
            Self::Application => "application",
        })
    }
}

impl std::fmt::Display for Direction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Request => "request",
            Self::Outcome => "outcome",
            Self::Notice => "notice",
            Self::Carried => "carried",
        })
    }
}
