//! DynamoDB in memory, on the wire: as much of it as the registry uses, with
//! conditions, transactions and their tokens, secondary indexes that may lag
//! behind, and the change stream. A test holds it to the emulator.
//!
//! Source: Amazon DynamoDB API Reference.

mod expression;

use crate::table::{self, Index};
use expression::Expression;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// The attributes of an item, each in DynamoDB's JSON form.
type Item = Map<String, Value>;
type Key = (String, String);

/// One item's change: what it was, what it is.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Before; `None` if it is new.
    pub before: Option<Value>,
    /// After; `None` if it is gone.
    pub after: Option<Value>,
}

/// A table with the registry's keys and indexes.
#[derive(Debug)]
pub struct Table {
    items: BTreeMap<Key, Item>,
    indexes: BTreeMap<String, Index>,
    /// Transactions that were done: again, they are done already.
    tokens: HashSet<String>,
    changes: Vec<Changed>,
    /// What items were before the latest changes, latest last.
    past: VecDeque<(Key, Option<Item>)>,
    /// How many changes the indexes have not seen yet.
    pub lag: usize,
}

/// The most changes that an index can be behind.
const LAG_MAX: usize = 16;

type Answer = (u16, Value);

impl Default for Table {
    fn default() -> Self {
        Self::new()
    }
}

impl Table {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self {
            items: BTreeMap::new(),
            indexes: table::indexes(),
            tokens: HashSet::new(),
            changes: Vec::new(),
            past: VecDeque::new(),
            lag: 0,
        }
    }

    /// All items by their keys.
    #[must_use]
    pub fn items(&self) -> BTreeMap<String, Value> {
        let all = self.items.iter();
        all.map(|((tenant, record), item)| (format!("{tenant}/{record}"), item.clone().into())).collect()
    }

    /// What changed since the last time that this was asked, in order.
    pub fn take_changes(&mut self) -> Vec<Changed> {
        std::mem::take(&mut self.changes)
    }

    /// What DynamoDB answers.
    ///
    /// # Panics
    ///
    /// When it is asked for what it does not know.
    pub fn call(&mut self, operation: &str, request: &Value) -> Answer {
        match operation {
            "GetItem" => (200, self.get(request)),
            "Query" => (200, self.query(request)),
            "PutItem" => self.alone("Put", request),
            "DeleteItem" => self.alone("Delete", request),
            "UpdateItem" => self.alone("Update", request),
            "TransactWriteItems" => self.transact(request),
            _ => panic!("the table does not know {operation}"),
        }
    }

    fn get(&self, request: &Value) -> Value {
        match self.items.get(&key(&request["Key"])) {
            Some(item) => json!({ "Item": item }),
            None => json!({}),
        }
    }

    fn alone(&mut self, what: &str, request: &Value) -> Answer {
        match self.write(what, request) {
            Ok((key, item)) => {
                self.put(key, item);
                (200, json!({}))
            }
            Err(Failed::Condition) => {
                let (status, mut body) =
                    error(400, "ConditionalCheckFailedException", "The conditional request failed");
                // Whoever lost sees to whom, without another read.
                let old = self.items.get(&key(request.get("Key").unwrap_or(&request["Item"])));
                if request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
                    && let Some(old) = old
                {
                    body["Item"] = old.clone().into();
                }
                (status, body)
            }
            Err(Failed::Invalid(why)) => error(400, "ValidationException", &why),
        }
    }

    fn transact(&mut self, request: &Value) -> Answer {
        let token = request["ClientRequestToken"].as_str().unwrap_or_default().to_owned();
        if !token.is_empty() && self.tokens.contains(&token) {
            return (200, json!({}));
        }
        let parts = request["TransactItems"].as_array().expect("parts");
        let (mut writes, mut reasons, mut failed) = (Vec::new(), Vec::new(), false);
        for part in parts {
            let (what, part) = part.as_object().and_then(|part| part.iter().next()).expect("a part");
            match self.write(what, part) {
                Ok(write) => {
                    writes.push(write);
                    reasons.push(json!({ "Code": "None" }));
                }
                Err(Failed::Condition) => {
                    failed = true;
                    reasons.push(json!({
                        "Code": "ConditionalCheckFailed",
                        "Message": "The conditional request failed",
                    }));
                }
                Err(Failed::Invalid(why)) => {
                    failed = true;
                    reasons.push(json!({ "Code": "ValidationError", "Message": why }));
                }
            }
        }
        if failed {
            let (status, mut body) = error(400, "TransactionCanceledException", "Transaction cancelled");
            body["CancellationReasons"] = reasons.into();
            return (status, body);
        }
        self.tokens.insert(token);
        for (key, item) in writes {
            self.put(key, item);
        }
        (200, json!({}))
    }

    /// What a write makes of its item, if its condition holds.
    fn write(&self, what: &str, request: &Value) -> Result<(Key, Option<Item>), Failed> {
        let key = key(request.get("Key").unwrap_or(&request["Item"]));
        let before = self.items.get(&key);
        if let Some(condition) = request["ConditionExpression"].as_str()
            && !Expression::new(condition, request).holds(before)
        {
            return Err(Failed::Condition);
        }
        let after = match what {
            "Put" => Some(request["Item"].as_object().expect("an item").clone()),
            "Delete" => None,
            _ => {
                let mut item =
                    before.cloned().unwrap_or_else(|| request["Key"].as_object().expect("a key").clone());
                let update = request["UpdateExpression"].as_str().expect("an update");
                Expression::new(update, request).update(before, &mut item).map_err(Failed::Invalid)?;
                Some(item)
            }
        };
        Ok((key, after))
    }

    fn put(&mut self, key: Key, after: Option<Item>) {
        let before = match after.clone() {
            Some(item) => self.items.insert(key.clone(), item),
            None => self.items.remove(&key),
        };
        if before == after {
            return;
        }
        self.changes
            .push(Changed { before: before.clone().map(Value::Object), after: after.map(Value::Object) });
        self.past.push_back((key, before));
        if self.past.len() > LAG_MAX {
            self.past.pop_front();
        }
    }

    fn query(&self, request: &Value) -> Value {
        assert!(request["ScanIndexForward"] != false && request["FilterExpression"].is_null(), "{request}");
        let index = request["IndexName"].as_str().map(|name| &self.indexes[name]);
        let (hash, range) =
            index.map_or(("tenantId", "record"), |index| (index.hash.as_str(), index.range.as_str()));
        let condition =
            Expression::new(request["KeyConditionExpression"].as_str().expect("a condition"), request);
        // What the index has not seen yet is as it was.
        let mut behind: BTreeMap<&Key, Option<&Item>> = BTreeMap::new();
        if index.is_some() {
            for (key, item) in self.past.iter().rev().take(self.lag) {
                behind.insert(key, item.as_ref());
            }
        }
        let current = self.items.iter().filter(|(key, _)| !behind.contains_key(key));
        let old = behind.iter().filter_map(|(key, item)| item.map(|item| (*key, item)));
        let mut found: Vec<(&str, &Key, &Item)> = current
            .chain(old)
            .filter(|(_, item)| item.contains_key(hash) && condition.holds(Some(item)))
            .filter_map(|(key, item)| Some((item.get(range)?["S"].as_str()?, key, item)))
            .collect();
        found.sort_by_key(|(range, key, _)| (*range, *key));
        if let Some(start) = request["ExclusiveStartKey"].as_object() {
            let start = (start[range]["S"].as_str().expect("a key"), &key(&request["ExclusiveStartKey"]));
            found.retain(|(range, key, _)| (*range, *key) > start);
        }
        let limit =
            request["Limit"].as_u64().map_or(usize::MAX, |limit| usize::try_from(limit).expect("a limit"));
        // Whatever stops because of its limit says where, also at the very end:
        // "Paginating table query results", Amazon DynamoDB Developer Guide.
        let more = found.len() >= limit;
        found.truncate(limit);
        let keys = ["tenantId", "record", hash, range];
        let projection = index.and_then(|index| index.projection.as_ref());
        let project = |item: &Item| -> Value {
            item.iter()
                .filter(|(name, _)| projection.is_none_or(|names| names.contains(*name)))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect::<Map<_, _>>()
                .into()
        };
        let mut answer = json!({ "Count": found.len(), "ScannedCount": found.len() });
        if let Some((_, _, last)) = found.last().filter(|_| more) {
            let last = last.iter().filter(|(name, _)| keys.contains(&name.as_str()));
            answer["LastEvaluatedKey"] =
                last.map(|(n, v)| (n.clone(), v.clone())).collect::<Map<_, _>>().into();
        }
        if request["Select"] != "COUNT" {
            answer["Items"] = found.iter().map(|(_, _, item)| project(item)).collect();
        }
        answer
    }
}

enum Failed {
    Condition,
    Invalid(String),
}

fn error(status: u16, name: &str, message: &str) -> Answer {
    (status, json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": message }))
}

fn key(item: &Value) -> Key {
    let text = |name: &str| item[name]["S"].as_str().expect("a key is text").to_owned();
    (text("tenantId"), text("record"))
}
