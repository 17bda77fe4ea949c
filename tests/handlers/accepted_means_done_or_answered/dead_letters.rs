//! Every dead-letter message can be seen, redriven and discarded, however many
//! there are.

use crate::kit::{ACTIVE, history, live};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tenantry_tests::builders::{noon, platinum};
use tenantry_tests::http::{answer, request};
use tenantry_tests::world::{Function, World};

/// More than fit on a page, or into one redrive.
const MANY: usize = 120;

async fn ask(world: &World, key: &str, query: &Value, body: &Value) -> (u64, Value) {
    let mut request = request(key, &json!({ "queueName": "dead-letters" }), body);
    request["queryStringParameters"] = query.clone();
    answer(&world.invoke(Function::Api, &request, noon()).await.expect("an answer"))
}

/// The ids of all messages, page by page.
async fn pages(world: &World) -> Vec<String> {
    let (mut ids, mut query) = (Vec::new(), json!({ "limit": "50" }));
    loop {
        let (status, page) = ask(world, "GET /queues/{queueName}", &query, &Value::Null).await;
        assert_eq!(status, 200, "{page}");
        let list = page["data"].as_array().expect("a list");
        ids.extend(list.iter().map(|message| message["id"].as_str().expect("an id").to_owned()));
        match page["next_token"].as_str() {
            Some(next) => query["next_token"] = json!(next),
            None => return ids,
        }
    }
}

/// All pages are the whole queue, each message once; the last one can be
/// discarded, with a reason that its tenant's history keeps; one that is not
/// there, and a discard without a reason, are refused and nothing is deleted.
#[tokio::test]
async fn all_are_seen_and_any_is_discarded_with_a_reason() {
    let world = World::new().await;
    world.create_queue().await;
    let tenant = live(&world, "acme", platinum(), ACTIVE).await;
    for n in 0..MANY {
        world.put_message(&json!({ "n": n, "detail": { "tenantId": tenant.tenant_id } })).await;
    }
    let all = pages(&world).await;
    assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (MANY, MANY));
    let key = "POST /queues/{queueName}/discard";
    let last = all.last().expect("many");
    for (body, status) in [
        (json!({ "ids": [last] }), 400),
        (json!({ "ids": [last], "reason": "" }), 400),
        (json!({ "ids": [], "reason": "a test" }), 400),
        (json!({ "ids": [last, "none"], "reason": "a test" }), 404),
        (json!({ "ids": [last], "all": true, "reason": "a test" }), 400),
    ] {
        assert_eq!(ask(&world, key, &Value::Null, &body).await.0, status, "{body}");
    }
    assert_eq!(pages(&world).await.len(), MANY);
    let body = json!({ "ids": [last], "reason": "a test that nobody needs" });
    let (status, done) = ask(&world, key, &Value::Null, &body).await;
    assert_eq!((status, &done["data"]["discarded"]), (200, &json!(1)), "{done}");
    let left = pages(&world).await;
    assert!(left.len() == MANY - 1 && !left.contains(last));
    let lines = history(&world, "acme").await;
    let line = lines.iter().find(|line| line.origin.action == "discard").expect("a line");
    assert_eq!(line.origin.why.as_deref(), Some("a test that nobody needs"));
    assert!(line.origin.actor.contains("operator-1"), "{}", line.origin.actor);
}

/// A redrive of all goes on behind those that fail again: each is tried once.
#[tokio::test]
async fn what_fails_again_blocks_nothing() {
    let world = World::new().await;
    world.create_queue().await;
    for n in 0..MANY {
        world.put_message(&json!({ "n": n })).await;
    }
    let (mut tried, mut body) = (Vec::new(), json!({ "all": true }));
    loop {
        let (status, done) = ask(&world, "POST /queues/{queueName}/redrive", &Value::Null, &body).await;
        assert_eq!(status, 200, "{done}");
        let failed = done["data"]["failed"].as_array().expect("a list");
        tried.extend(failed.iter().map(|one| one["id"].as_str().expect("an id").to_owned()));
        match done["data"]["next"].as_str() {
            Some(next) => body["after"] = json!(next),
            None => break,
        }
    }
    assert_eq!((tried.len(), tried.iter().collect::<BTreeSet<_>>().len()), (MANY, MANY));
}
