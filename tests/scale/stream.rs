//! The registry's change stream, read after the fact: the exact order of
//! everything that was written.

use serde_json::Value;
use std::collections::{BTreeSet, HashSet};
use tenantry_tests::cloud::Cloud;

/// What the stream says of who began when.
#[derive(Debug, Default)]
pub(crate) struct Story {
    /// The most operations that were ever under way at once, as counted.
    pub(crate) peak: u64,
    /// How many operations began.
    pub(crate) begun: usize,
    /// How many of them began before one that had arrived earlier, and while
    /// others were still arriving.
    pub(crate) overtook_meanwhile: usize,
    /// The same, of those that began when all had arrived: nobody should.
    pub(crate) overtook: Vec<String>,
}

/// Reads the whole stream of a cloud in which `count` tenants were onboarded.
pub(crate) fn story(cloud: &Cloud, count: usize) -> Story {
    let mut story = Story::default();
    let mut arrived = HashSet::new();
    let mut line: BTreeSet<(String, String)> = BTreeSet::new();
    for record in records(cloud) {
        let image = &record["dynamodb"]["NewImage"];
        let text = |name: &str| image[name]["S"].as_str().unwrap_or_default().to_owned();
        let id = text("tenantId");
        match text("record").as_str() {
            "CAPACITY" if id == "capacity#all" => {
                let open = image["open"]["N"].as_str().and_then(|open| open.parse().ok());
                story.peak = story.peak.max(open.expect("a count"));
            }
            "TENANT" => {
                let waited = line.iter().find(|(_, tenant)| *tenant == id).cloned();
                if let Some(place) = &waited {
                    line.remove(place);
                }
                if image["waiting"].is_object() {
                    arrived.insert(id.clone());
                    line.insert((text("waitingSince"), id));
                } else if record["eventName"] == "INSERT" && image["openOperation"].is_object() {
                    // It began with its request: the index of those that wait was empty a moment before.
                    arrived.insert(id);
                    story.begun += 1;
                    story.overtook_meanwhile += usize::from(!line.is_empty());
                } else if let (Some(place), true) = (waited, image["openOperation"].is_object()) {
                    story.begun += 1;
                    if line.first().is_some_and(|first| *first < place) {
                        if arrived.len() < count {
                            story.overtook_meanwhile += 1;
                        } else {
                            story.overtook.push(place.1);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    story
}

fn records(cloud: &Cloud) -> Vec<Value> {
    let ask = |arguments: &[&str]| cloud.aws(&[&["dynamodbstreams"], arguments].concat()).exits(0).json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let streams = ask(&["list-streams", "--table-name", "tenantry-registry"]);
    let stream = text(&streams["Streams"][0]["StreamArn"]);
    let described = ask(&["describe-stream", "--stream-arn", &stream]);
    let mut all = Vec::new();
    for shard in described["StreamDescription"]["Shards"].as_array().expect("shards") {
        let shard = text(&shard["ShardId"]);
        let from = ["get-shard-iterator", "--shard-iterator-type", "TRIM_HORIZON", "--stream-arn", &stream];
        let mut iterator = ask(&[&from[..], &["--shard-id", &shard]].concat())["ShardIterator"].clone();
        while let Some(at) = iterator.as_str() {
            let page = ask(&["get-records", "--shard-iterator", at]);
            let records = page["Records"].as_array().expect("records");
            if records.is_empty() {
                break;
            }
            all.extend(records.iter().cloned());
            iterator = page["NextShardIterator"].clone();
        }
    }
    all
}
