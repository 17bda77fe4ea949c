//! A query that asks for what a route does not have is refused, not ignored.

use crate::kit;
use serde_json::{Value, json};
use tenantry_handlers::api::openapi;
use tenantry_handlers::api::query::{Parameter, TOKEN_MAX, parameters};
use tenantry_handlers::api::routes::Route;
use tenantry_tests::builders::noon;
use tenantry_tests::http::{answer, claiming, request};
use tenantry_tests::world::{Function, World};

async fn asked(world: &World, route: Route, name: &str, value: &str) -> (u64, Value) {
    let path: serde_json::Map<_, _> = route.parameters().map(|name| (name.to_owned(), json!("x"))).collect();
    let request = request(route.key(), &Value::Object(path), &Value::Null);
    let mut request = claiming(request, &json!({ "cognito:groups": ["admins"] }));
    request["queryStringParameters"] = json!({ name: value });
    answer(&world.invoke(Function::Api, &request, noon()).await.expect("an answer"))
}

/// Every route refuses a parameter that it does not know by name, says which it
/// takes, and does nothing.
#[tokio::test]
async fn every_route_refuses_what_it_does_not_know() {
    let world = World::new().await;
    world.faulty().start(Vec::new());
    for route in Route::ALL {
        for unknown in ["limits", "Limit", "q", "queueName"] {
            let (status, problem) = asked(&world, *route, unknown, "1").await;
            assert_eq!((status, &problem["field"]), (400, &json!(unknown)), "{}: {problem}", route.key());
            let limit = problem["limit"].as_str().expect("a limit");
            for Parameter { name, .. } in parameters(*route) {
                assert!(limit.contains(&format!("`{name}`")), "{}: {limit}", route.key());
            }
        }
    }
    assert_eq!(kit::asked(&world), [""; 0]);
}

/// A page token that no list gave for its length is refused by every list, not
/// taken for none.
#[tokio::test]
async fn every_list_refuses_a_page_token_that_is_too_long() {
    let world = World::new().await;
    let lists =
        Route::ALL.iter().filter(|route| parameters(**route).iter().any(|it| it.name == "next_token"));
    for route in lists {
        for length in [TOKEN_MAX + 1, 5_000, 20_000] {
            let (status, problem) = asked(&world, *route, "next_token", &"a".repeat(length)).await;
            assert_eq!((status, &problem["field"]), (400, &json!("next_token")), "{}", route.key());
        }
    }
}

/// The OpenAPI document has, of every route, exactly the parameters that it
/// takes.
#[test]
fn the_document_has_the_same_parameters() {
    let document = openapi::document();
    for route in Route::ALL {
        let operation = &document["paths"][route.path()][route.method().to_lowercase()];
        let named = operation["parameters"].as_array().into_iter().flatten().map(|parameter| {
            let name = parameter["$ref"].as_str().and_then(|text| text.rsplit('/').next()).expect("a name");
            &document["components"]["parameters"][name]
        });
        let in_query = named.filter(|parameter| parameter["in"] == "query").map(|it| it["name"].as_str());
        let known = parameters(*route).iter().map(|parameter| Some(parameter.name));
        assert!(in_query.eq(known), "{}", route.key());
    }
}
