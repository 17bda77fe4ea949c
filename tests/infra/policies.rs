//! Policies, read as lists of what they allow.

use serde_json::Value;
use std::collections::BTreeSet;
use tenantry_tests::template::{list, named, of_type};

/// The actions that a policy document allows.
pub(crate) fn actions(document: &Value) -> BTreeSet<&str> {
    let allowing =
        list(&document["Statement"]).into_iter().filter(|statement| statement["Effect"] == "Allow");
    allowing.flat_map(|statement| list(&statement["Action"])).filter_map(Value::as_str).collect()
}

/// The actions that a role's own policies allow.
pub(crate) fn actions_of_role(role: &Value) -> BTreeSet<&str> {
    list(&role["Policies"]).into_iter().flat_map(|policy| actions(&policy["PolicyDocument"])).collect()
}

/// The actions that the template's own policies add to the role `id`.
pub(crate) fn actions_beside<'a>(template: &'a Value, id: &str) -> BTreeSet<&'a str> {
    let policies = of_type(template, "AWS::IAM::Policy").into_values();
    let of_role =
        policies.filter(|policy| list(&policy["Roles"]).into_iter().any(|role| named(role) == Some(id)));
    of_role.flat_map(|policy| actions(&policy["PolicyDocument"])).collect()
}

/// Every statement of every role and policy of a template, with the
/// id of the resource that it is of.
pub(crate) fn statements(template: &Value) -> Vec<(&str, &Value)> {
    let roles = of_type(template, "AWS::IAM::Role").into_iter().flat_map(|(id, role)| {
        list(&role["Policies"]).into_iter().map(move |policy| (id, &policy["PolicyDocument"]))
    });
    let managed = of_type(template, "AWS::IAM::ManagedPolicy").into_iter();
    let managed = managed
        .chain(of_type(template, "AWS::IAM::Policy"))
        .map(|(id, policy)| (id, &policy["PolicyDocument"]));
    let documents = roles.chain(managed);
    documents
        .flat_map(|(id, document)| list(&document["Statement"]).into_iter().map(move |s| (id, s)))
        .collect()
}
