//! The HTTP API, on a local cloud with its own user pool: who may do what,
//! repetitions, fields that nobody may send, and SBT's clients.

mod access;
mod generated_clients;
mod owned;
mod provider;
mod repeated;
mod sbt;
mod schemathesis;
mod tenant;

use serde_json::Value;
use tenantry_tests::template::{list, of_type};

/// A route of the template.
#[derive(Clone, Debug)]
struct Route {
    method: String,
    path: String,
    /// The parameter that names its scope; `None` on a public route.
    scope: Option<String>,
}

/// The routes that the template declares.
fn routes() -> Vec<Route> {
    let template = tenantry_tests::template::load("control-plane.yaml");
    let route = |properties: &Value| {
        let (method, path) = properties["RouteKey"].as_str()?.split_once(' ')?;
        let scope = list(&properties["AuthorizationScopes"]).first().and_then(|scope| scope["Ref"].as_str());
        let scope = (properties["AuthorizationType"] == "JWT").then(|| scope.unwrap_or_default().to_owned());
        Some(Route { method: method.to_owned(), path: path.to_owned(), scope })
    };
    of_type(&template, "AWS::ApiGatewayV2::Route").into_values().filter_map(route).collect()
}

impl Route {
    /// The path, with what nobody has in the place of its parameters.
    fn of_nobody(&self) -> String {
        let filled = |part: &str| match part {
            "{tenantId}" => "8d3f5a10-0000-4000-8000-000000000000".to_owned(),
            "{executionId}" => "8d3f5a10-0000-4000-8000-000000000000-1-1".to_owned(),
            part if part.starts_with('{') => "nobody".to_owned(),
            part => part.to_owned(),
        };
        self.path.split('/').map(filled).collect::<Vec<_>>().join("/")
    }
}
