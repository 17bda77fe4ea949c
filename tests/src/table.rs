//! A registry table as the template declares it, one per test.

use crate::emulator;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use tenantry_registry::store::Registry;
use uuid::Uuid;

/// A new, empty registry in the emulator.
pub async fn registry() -> Registry {
    let client = Client::new(&emulator::config());
    let table = create(&client).await;
    Registry::new(client, table)
}

/// Creates a registry table with a name of its own, from the template's own
/// properties, and gives the name.
pub async fn create(client: &Client) -> String {
    let properties = &*PROPERTIES;
    let name = format!("registry-{}", Uuid::new_v4());
    let mut call = client.create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
    for attribute in list(&properties["AttributeDefinitions"]) {
        let definition = AttributeDefinition::builder()
            .attribute_name(text(&attribute["AttributeName"]))
            .attribute_type(ScalarAttributeType::from(text(&attribute["AttributeType"])));
        call = call.attribute_definitions(definition.build().unwrap());
    }
    for element in key_schema(&properties["KeySchema"]) {
        call = call.key_schema(element);
    }
    for index in list(&properties["GlobalSecondaryIndexes"]) {
        let projection = Projection::builder()
            .projection_type(ProjectionType::from(text(&index["Projection"]["ProjectionType"])))
            .set_non_key_attributes(
                index["Projection"]["NonKeyAttributes"]
                    .as_array()
                    .map(|names| names.iter().map(|name| text(name).to_owned()).collect()),
            );
        let index = GlobalSecondaryIndex::builder()
            .index_name(text(&index["IndexName"]))
            .set_key_schema(Some(key_schema(&index["KeySchema"])))
            .projection(projection.build());
        call = call.global_secondary_indexes(index.build().unwrap());
    }
    let stream =
        StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
    call.stream_specification(stream.build().unwrap()).send().await.expect("the table is created");
    name
}

/// A secondary index.
#[derive(Clone, Debug)]
pub struct Index {
    /// The attribute whose value is the partition.
    pub hash: String,
    /// The attribute that orders a partition.
    pub range: String,
    /// The attributes that it has of an item; `None` for all.
    pub projection: Option<BTreeSet<String>>,
}

/// The secondary indexes of the registry's table, by their names.
#[must_use]
pub fn indexes() -> BTreeMap<String, Index> {
    let indexes = list(&PROPERTIES["GlobalSecondaryIndexes"]).iter().map(|index| {
        let keys: Vec<_> =
            list(&index["KeySchema"]).iter().map(|key| text(&key["AttributeName"]).to_owned()).collect();
        let [hash, range] = keys.try_into().expect("two keys");
        let projection = &index["Projection"];
        let more =
            projection["NonKeyAttributes"].as_array().into_iter().flatten().map(|name| text(name).to_owned());
        let keys = ["tenantId".to_owned(), "record".to_owned(), hash.clone(), range.clone()];
        let projection =
            (text(&projection["ProjectionType"]) != "ALL").then(|| keys.into_iter().chain(more).collect());
        (text(&index["IndexName"]).to_owned(), Index { hash, range, projection })
    });
    indexes.collect()
}

/// Read once: a template takes longer to read than a table to create.
static PROPERTIES: LazyLock<Value> = LazyLock::new(properties);

/// The properties of the registry's table in the template.
fn properties() -> Value {
    let template = crate::template::load("control-plane.yaml");
    let resources = template["Resources"].as_object().expect("resources");
    let table = resources.values().find(|resource| resource["Type"] == "AWS::DynamoDB::Table");
    table.expect("the template has a table")["Properties"].clone()
}

fn key_schema(value: &Value) -> Vec<KeySchemaElement> {
    let element = |element: &Value| {
        KeySchemaElement::builder()
            .attribute_name(text(&element["AttributeName"]))
            .key_type(KeyType::from(text(&element["KeyType"])))
            .build()
            .unwrap()
    };
    list(value).iter().map(element).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}"))
}
