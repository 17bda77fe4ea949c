//! How large an item is, and what reading or writing it costs.
//!
//! Sources, of the Amazon `DynamoDB` Developer Guide: "DynamoDB item sizes and
//! formats", "DynamoDB read and write operations", "Capacity unit consumption
//! for write operations", "Using Global Secondary Indexes in DynamoDB", "Amazon
//! DynamoDB Transactions: How it works".

use crate::table::Index;
use serde_json::{Map, Value};

/// The attributes of an item, each in `DynamoDB`'s JSON form.
pub(super) type Item = Map<String, Value>;

/// How many bytes a write unit is for.
const WRITE: usize = 1_024;
/// How many bytes a consistent read unit, or two that are eventually consistent,
/// are for.
const READ: usize = 4_096;

/// An item's size in bytes: that of its attributes' names and values.
pub(super) fn of(item: &Item) -> usize {
    item.iter().map(|(name, attribute)| name.len() + value(attribute)).sum()
}

fn value(attribute: &Value) -> usize {
    let (kind, value) = attribute.as_object().and_then(|one| one.iter().next()).expect("an attribute");
    let list = || value.as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().expect("a text").len();
    match kind.as_str() {
        "S" => text(value),
        "N" => number(value.as_str().expect("a number")),
        "BOOL" | "NULL" => 1,
        "SS" => list().map(text).sum(),
        "L" => 3 + list().map(|one| 1 + self::value(one)).sum::<usize>(),
        "M" => {
            let fields = value.as_object().expect("a map").iter();
            3 + fields.map(|(name, one)| 1 + name.len() + self::value(one)).sum::<usize>()
        }
        kind => panic!("the registry has no attributes of type {kind}"),
    }
}

/// One byte for two significant digits, and one more; another for a sign.
fn number(text: &str) -> usize {
    let digits = text.trim_start_matches('-').replace('.', "");
    let digits = digits.trim_start_matches('0').trim_end_matches('0').len();
    digits.div_ceil(2) + 1 + usize::from(text.starts_with('-'))
}

/// The write units of one item: by the larger one of before and after.
pub(super) fn written(before: Option<&Item>, after: Option<&Item>) -> usize {
    [before, after].into_iter().flatten().map(of).max().unwrap_or_default().div_ceil(WRITE).max(1)
}

/// The read units of that many bytes, in halves: an eventually consistent read
/// costs half of a consistent one. What finds nothing costs as much as the least.
pub(super) fn halves_read(bytes: usize, consistent: bool) -> usize {
    bytes.div_ceil(READ).max(1) * if consistent { 2 } else { 1 }
}

/// The write units of an index when an item changes: one to put what is new, one
/// to delete what is gone, both where its key changes, one where only what it has
/// of the item does, and none where it sees no change.
pub(super) fn indexed(index: &Index, before: Option<&Item>, after: Option<&Item>) -> usize {
    let (old, new) = (before.and_then(|item| entry(index, item)), after.and_then(|item| entry(index, item)));
    let units = |entry: &Item| of(entry).div_ceil(WRITE).max(1);
    match (&old, &new) {
        (None, None) => 0,
        (Some(entry), None) | (None, Some(entry)) => units(entry),
        (Some(old), Some(new)) if old == new => 0,
        (Some(old), Some(new)) => {
            let same = |name: &String| old[name] == new[name];
            let in_place = same(&index.hash) && same(&index.range);
            if in_place { units(old).max(units(new)) } else { units(old) + units(new) }
        }
    }
}

/// What an index has of an item; nothing of one without its keys.
pub(super) fn entry(index: &Index, item: &Item) -> Option<Item> {
    if !item.contains_key(&index.hash) || !item.contains_key(&index.range) {
        return None;
    }
    let projected = |name: &String| index.projection.as_ref().is_none_or(|names| names.contains(name));
    Some(item.iter().filter(|(name, _)| projected(name)).map(|(n, v)| (n.clone(), v.clone())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn item(value: &Value) -> Item {
        value.as_object().unwrap().clone()
    }

    /// Each type of attribute is as large as AWS's documentation says.
    #[test]
    fn sizes_are_those_of_the_documentation() {
        let size = |value: &Value| of(&item(&json!({ "a": value })));
        assert_eq!(size(&json!({ "S": "Zoë" })), 1 + 4);
        assert_eq!(size(&json!({ "N": "0" })), 1 + 1);
        assert_eq!(size(&json!({ "N": "27" })), 1 + 2);
        assert_eq!(size(&json!({ "N": "-12345" })), 1 + 5);
        assert_eq!(size(&json!({ "N": "1200" })), 1 + 2);
        assert_eq!(size(&json!({ "BOOL": true })), 1 + 1);
        assert_eq!(size(&json!({ "L": [{ "S": "xy" }, { "NULL": true }] })), 1 + 3 + 3 + 2);
        assert_eq!(size(&json!({ "M": { "bc": { "S": "xy" } } })), 1 + 3 + 1 + 2 + 2);
    }

    /// A write costs by the larger image, a read by blocks of 4 KB.
    #[test]
    fn units_are_rounded_up() {
        let large = item(&json!({ "a": { "S": "x".repeat(2_048) } }));
        let small = item(&json!({ "a": { "S": "x" } }));
        assert_eq!(written(None, Some(&small)), 1);
        assert_eq!(written(Some(&large), Some(&small)), 3);
        assert_eq!((halves_read(0, true), halves_read(0, false)), (2, 1));
        assert_eq!((halves_read(4_097, true), halves_read(4_096, false)), (4, 1));
    }

    /// An index costs nothing where it sees nothing, and twice where its key changes.
    #[test]
    fn an_index_costs_by_what_it_sees() {
        let names = ["k", "r", "seen"].map(str::to_owned).into();
        let index = Index { hash: "k".to_owned(), range: "r".to_owned(), projection: Some(names) };
        let of = |key: &str, seen: &str, unseen: &str| {
            item(
                &json!({ "k": { "S": key }, "r": { "S": "r" }, "seen": { "S": seen }, "u": { "S": unseen } }),
            )
        };
        let outside = item(&json!({ "r": { "S": "r" } }));
        let (a, b) = (of("a", "1", "1"), of("b", "1", "1"));
        assert_eq!(indexed(&index, None, Some(&a)), 1);
        assert_eq!(indexed(&index, Some(&a), None), 1);
        assert_eq!(indexed(&index, Some(&a), Some(&outside)), 1);
        assert_eq!(indexed(&index, Some(&outside), Some(&outside)), 0);
        assert_eq!(indexed(&index, Some(&a), Some(&b)), 2);
        assert_eq!(indexed(&index, Some(&a), Some(&of("a", "2", "1"))), 1);
        assert_eq!(indexed(&index, Some(&a), Some(&of("a", "1", "2"))), 0);
    }
}
