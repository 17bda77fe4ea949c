//! The registry's table, as the rest relies on it.

use crate::support::{control_plane, templates};
use serde_json::json;
use std::collections::BTreeSet;
use tenantry_tests::template::{list, of_type};

/// The registry streams both images, can be restored to any second, is not
/// deleted by accident, and is paid by request.
#[test]
fn the_registry_is_safe_and_streams() {
    let template = control_plane();
    let tables = of_type(&template, "AWS::DynamoDB::Table");
    let registry = tables["Registry"];
    assert_eq!(registry["StreamSpecification"], json!({"StreamViewType": "NEW_AND_OLD_IMAGES"}));
    assert_eq!(registry["DeletionProtectionEnabled"], json!({"Ref": "DeletionProtection"}));
    assert_eq!(template["Parameters"]["DeletionProtection"]["Default"], "true");
    assert_eq!(template["Resources"]["Registry"]["UpdateReplacePolicy"], "Retain");
}

/// Every table, also a tenant's own, is encrypted, restorable and on demand.
#[test]
fn every_table_is_restorable() {
    for (file, template) in templates() {
        for (id, table) in of_type(&template, "AWS::DynamoDB::Table") {
            let recovery = &table["PointInTimeRecoverySpecification"];
            assert_eq!(*recovery, json!({"PointInTimeRecoveryEnabled": true}), "{file}: {id}");
            assert_eq!(table["SSESpecification"], json!({"SSEEnabled": true}), "{file}: {id}");
            assert_eq!(table["BillingMode"], "PAY_PER_REQUEST", "{file}: {id}");
        }
    }
}

/// Every declared attribute is a key of the table or of an index, and every
/// key is declared; CloudFormation refuses anything else.
#[test]
fn attributes_are_keys() {
    for (file, template) in templates() {
        for (id, table) in of_type(&template, "AWS::DynamoDB::Table") {
            let names = |elements| -> BTreeSet<_> {
                list(elements).into_iter().filter_map(|element| element["AttributeName"].as_str()).collect()
            };
            let mut keys = names(&table["KeySchema"]);
            for index in list(&table["GlobalSecondaryIndexes"]) {
                keys.extend(names(&index["KeySchema"]));
            }
            assert_eq!(names(&table["AttributeDefinitions"]), keys, "{file}: {id}");
        }
    }
}
