//! The records that the kit builds are those that the stream carries.

use crate::kit::{GONE, take};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Value, json};
use tenantry_tests::builders::platinum;
use tenantry_tests::emulator;
use tenantry_tests::world::World;

/// A call of the streams' API, for which there is no client here.
async fn call(operation: &str, body: &Value) -> Value {
    let mut request = HttpRequest::new(SdkBody::from(body.to_string()));
    request.set_method("POST").unwrap();
    request.set_uri(emulator::endpoint()).unwrap();
    let target = ("x-amz-target", format!("DynamoDBStreams_20120810.{operation}"));
    let plain = [target, ("content-type", "application/x-amz-json-1.0".to_owned())];
    for (name, value) in emulator::access().signed("dynamodb", &plain, &body.to_string()) {
        request.headers_mut().insert(name, value);
    }
    let connector = aws_smithy_http_client::Connector::builder().build_http();
    let mut response = connector.call(request).await.unwrap();
    let bytes = ByteStream::new(response.take_body()).collect().await.unwrap().into_bytes();
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    assert!(response.status().is_success(), "{operation}: {answer}");
    answer
}

/// All records of the table's stream.
async fn stream(table: &str) -> Vec<Value> {
    let arn = call("ListStreams", &json!({ "TableName": table })).await["Streams"][0]["StreamArn"].clone();
    let shards = call("DescribeStream", &json!({ "StreamArn": arn })).await;
    let mut records = Vec::new();
    for shard in shards["StreamDescription"]["Shards"].as_array().unwrap() {
        let from = json!({
            "StreamArn": arn,
            "ShardId": shard["ShardId"],
            "ShardIteratorType": "TRIM_HORIZON",
        });
        let iterator = call("GetShardIterator", &from).await["ShardIterator"].clone();
        let page = call("GetRecords", &json!({ "ShardIterator": iterator })).await;
        records.extend(page["Records"].as_array().unwrap().clone());
    }
    records
}

/// What happened to which item: what all else follows from.
fn essence(record: &Value) -> (String, Value) {
    let change = &record["dynamodb"];
    let key = format!("{} {}", change["Keys"]["tenantId"]["S"], change["Keys"]["record"]["S"]);
    (key, json!([record["eventName"], change["OldImage"], change["NewImage"], change["StreamViewType"]]))
}

/// Over a whole life, the kit's records and the stream's own are the same ones.
#[tokio::test]
async fn the_kits_records_are_the_streams_own() {
    let world = World::on_emulator().await;
    let mut built = Vec::new();
    for (place, step) in GONE.iter().enumerate() {
        let (batch, _) = world.changes(take(&world, "acme", &platinum(), *step, place)).await;
        built.extend(batch["Records"].as_array().unwrap().clone());
    }
    let mut real: Vec<_> = stream(world.table()).await.iter().map(essence).collect();
    let mut built: Vec<_> = built.iter().map(essence).collect();
    // Of each item in order; those of one transaction have none among them.
    real.sort_by(|a, b| a.0.cmp(&b.0));
    built.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(built, real);
}
