//! What is there in a cloud at the end, as the invariants look at it.

use crate::kit::World;
use chrono::Utc;
use serde_json::{Value, json};
use tenantry_tests::access::Access;
use tenantry_tests::cloud::Cloud;
use tenantry_tests::invariants::{Execution, Picture, Published, Stage};
use tenantry_tests::world::Items;

/// The queue that hears everything that the control plane says.
const EARS: &str = "ears";

/// Has a queue hear everything that the control plane says on its bus. It is a
/// part of the cloud, and of its saved state.
pub(crate) fn listen(cloud: &Cloud) {
    let queue = json!({ "Type": "AWS::SQS::Queue", "Properties": { "QueueName": EARS } });
    let arn = json!({ "Fn::GetAtt": ["Queue", "Arn"] });
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "events.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }],
    });
    let policy = json!({
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": { "Queues": [{ "Ref": "Queue" }], "PolicyDocument": policy },
    });
    let rule = json!({
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventBusName": "tenantry",
            "EventPattern": { "detail": { "metadata": { "producer": ["tenantry"] } } },
            "Targets": [{ "Id": EARS, "Arn": arn }],
        },
    });
    let template = json!({ "Resources": { "Queue": queue, "Policy": policy, "Rule": rule } }).to_string();
    let create = ["cloudformation", "create-stack", "--stack-name", EARS, "--template-body", &template];
    cloud.aws(&create).exits(0);
    tenantry_tests::cloud::until("who listens", || {
        let stack = cloud.stack_named(EARS)?;
        (stack["StackStatus"] == "CREATE_COMPLETE").then_some(())
    });
}

/// The picture of a cloud in which all is over; `heard` is what was on the bus
/// until the last one, and now until this one.
pub(crate) fn of(world: &World, heard: &mut Vec<Published>) -> Picture {
    let mut picture = Picture::of_registry(&items(&world.cloud), Utc::now(), Stage::Over);
    picture.executions = executions(&world.cloud);
    picture.stacks = Some(stacks(&world.cloud).into_iter().map(|id| id.parse().expect("an id")).collect());
    heard.extend(world.wait(published(&world.cloud.access())));
    picture.published = Some(heard.clone());
    picture
}

fn items(cloud: &Cloud) -> Items {
    let all = cloud.aws(&["dynamodb", "scan", "--table-name", "tenantry-registry"]).exits(0).json();
    let key = |item: &Value| {
        let text = |name: &str| item[name]["S"].as_str().expect("a key").to_owned();
        format!("{}/{}", text("tenantId"), text("record"))
    };
    list(&all["Items"]).map(|item| (key(item), item.clone())).collect()
}

fn executions(cloud: &Cloud) -> Vec<Execution> {
    let machines = cloud.aws(&["stepfunctions", "list-state-machines"]).exits(0).json();
    let of_machine = |machine: &Value| {
        let arn = machine["stateMachineArn"].as_str().expect("an ARN");
        let all =
            cloud.aws(&["stepfunctions", "list-executions", "--state-machine-arn", arn]).exits(0).json();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let one = |it: &Value| Execution { name: text(&it["name"]), status: text(&it["status"]) };
        list(&all["executions"]).map(one).collect::<Vec<_>>()
    };
    list(&machines["stateMachines"]).flat_map(of_machine).collect()
}

/// Whose stacks there are; each is whole.
fn stacks(cloud: &Cloud) -> Vec<String> {
    let all = cloud.aws(&["cloudformation", "describe-stacks"]).exits(0).json();
    let name = |stack: &Value| stack["StackName"].as_str().expect("a name").to_owned();
    let is_there = |stack: &&Value| stack["StackStatus"] != "DELETE_COMPLETE";
    let names = list(&all["Stacks"]).filter(is_there).map(name);
    names.filter_map(|name| name.strip_prefix("tenantry-tenant-").map(str::to_owned)).collect()
}

async fn published(access: &Access) -> Vec<Published> {
    let queues = aws_sdk_sqs::Client::new(&access.config());
    let url = format!("{}/000000000000/{EARS}", access.endpoint);
    let mut all = Vec::new();
    loop {
        let call = queues.receive_message().queue_url(&url).max_number_of_messages(10);
        let messages = call.visibility_timeout(600).send().await.expect("the queue answers").messages;
        let messages = messages.unwrap_or_default();
        if messages.is_empty() {
            return all;
        }
        let event = |message: aws_sdk_sqs::types::Message| -> Value {
            serde_json::from_str(&message.body.unwrap_or_default()).expect("an event")
        };
        all.extend(messages.into_iter().map(event).map(|event| {
            Published::of(event["detail-type"].as_str().unwrap_or_default(), &event["detail"].to_string())
        }));
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("a list").iter()
}
