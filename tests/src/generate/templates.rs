//! The control plane's templates, from `infra/source/`.

use super::patterns::expanded;
use super::source;
use super::split::{Head, Source, split};
use yaml_serde::Value;

/// The sources of resources, each a nested stack, in the order in which they are
/// made: one may use what those before it have.
const SOURCES: [&str; 6] = ["data", "tenants", "users", "run", "api", "alarms"];

/// What every function has, if it does not say otherwise.
pub(super) const GLOBALS: &str = "
Function:
  Handler: bootstrap
  Runtime: provided.al2023
  Architectures: [!Ref Architecture]
  MemorySize: 256
  Timeout: 30
  Tracing: Active
";

/// Path and text of every template.
///
/// # Panics
///
/// When the sources are not as `infra/source/control-plane.yaml` says.
#[must_use]
pub fn templates() -> Vec<(String, String)> {
    let (head, sources) = sources();
    let text = |(file, template): (String, _)| {
        let text = super::emit::yaml(&Value::Mapping(template));
        (format!("infra/{file}"), format!("# Generated from infra/source/; see there.\n{text}"))
    };
    split(&head, &sources).into_iter().map(text).collect()
}

/// Every resource of the sources, without patterns, as one template would have
/// it.
///
/// # Panics
///
/// When the sources are not as `infra/source/control-plane.yaml` says.
#[must_use]
pub fn resources() -> Value {
    let (_, sources) = sources();
    Value::Mapping(sources.into_iter().flat_map(|source| source.resources).collect())
}

fn sources() -> (Head, [Source; 6]) {
    let sources = SOURCES.map(|name| {
        let own = source(&format!("infra/source/{name}.yaml"));
        let resources = own["Resources"].as_mapping().expect("a source has Resources");
        Source { name, description: own["Description"].clone(), resources: expanded(resources) }
    });
    (Head(source("infra/source/control-plane.yaml")), sources)
}
