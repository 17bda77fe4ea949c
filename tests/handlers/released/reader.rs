//! What a release's code needs of the registry's items to read them, learnt from
//! the items that it wrote itself.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tenantry_tests::world::Items;

/// Fields whose words an old reader knows all of: it cannot read another one.
const WORDS: [&str; 6] = ["before", "desired", "kind", "plan", "state", "status"];
/// Maps whose names are the publishers' or the stacks' own.
const FREE: [&str; 3] = ["attributes", "outputs", "registration"];
/// Words that came after a release, which old code cannot read, each with why
/// that is borne: a record that cannot be read is delivered again, to the new
/// code. `<kind> <field> <word>`.
const BORNE: [&str; 0] = [];

/// The kind of the item with this key.
pub(super) fn kind_of(key: &str) -> &str {
    let record = key.rsplit('/').next().unwrap_or_default();
    let record = if key.contains("/AUDIT#") { "AUDIT" } else { record };
    record.split('#').next().unwrap_or_default()
}

/// What is known of a kind's fields, by their paths.
#[derive(Debug, Default)]
struct Kind {
    items: usize,
    /// How many items have the field, and as which types.
    fields: BTreeMap<String, (usize, BTreeSet<String>)>,
    /// The words of the fields that hold one of a few.
    words: BTreeMap<String, BTreeSet<String>>,
}

/// What is needed, by kind of item.
#[derive(Debug, Default)]
pub(super) struct Reader(BTreeMap<String, Kind>);

impl Reader {
    /// What is in all of `items`.
    pub(super) fn of(items: &Items) -> Self {
        let mut reader = Self::default();
        for (key, item) in items {
            let kind = reader.0.entry(kind_of(key).to_owned()).or_default();
            kind.items += 1;
            kind.learn("", item);
        }
        reader
    }

    /// What this reader misses in what `today` writes.
    pub(super) fn misses(&self, today: &Self) -> Vec<String> {
        let mut missed = Vec::new();
        for (name, then) in &self.0 {
            let Some(now) = today.0.get(name) else {
                missed.push(format!("there is no {name}"));
                continue;
            };
            for (path, (count, types)) in &then.fields {
                let Some((count_now, types_now)) = now.fields.get(path) else {
                    missed.push(format!("{name} has no `{path}`"));
                    continue;
                };
                // What is inside a map that may be missing is needed where the map is.
                let holder = |kind: &Kind| match path.rsplit_once('.') {
                    None => kind.items,
                    Some((holder, _)) => kind.fields.get(holder).map_or(0, |(count, _)| *count),
                };
                if *count == holder(then) && *count_now < holder(now) {
                    missed.push(format!("{name} may have no `{path}`"));
                }
                if !types_now.is_subset(types) {
                    missed.push(format!("{name}'s `{path}` is {types_now:?}, was {types:?}"));
                }
            }
            for (path, words) in &then.words {
                for word in now.words.get(path).into_iter().flatten().filter(|word| !words.contains(*word)) {
                    let novelty = format!("{name} {path} {word}");
                    if !BORNE.contains(&novelty.as_str()) {
                        missed.push(format!("{name}'s `{path}` may be {word}"));
                    }
                }
            }
        }
        missed
    }
}

impl Kind {
    fn learn(&mut self, at: &str, map: &Value) {
        for (name, value) in map.as_object().into_iter().flatten() {
            let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            let (tag, inner) =
                value.as_object().and_then(|value| value.iter().next()).expect("a typed value");
            let field = self.fields.entry(path.clone()).or_default();
            field.0 += 1;
            field.1.insert(tag.clone());
            if WORDS.contains(&name.as_str()) && tag == "S" {
                self.words.entry(path.clone()).or_default().insert(inner.as_str().unwrap().to_owned());
            }
            if tag == "M" && !FREE.contains(&name.as_str()) {
                self.learn(&path, inner);
            }
        }
    }
}

/// A field that went, became optional or got another type, and a word that is
/// new, are each found; what is added is not.
#[test]
fn what_an_old_reader_misses_is_found() {
    let items = |fields: Value| Items::from([("t/TENANT".to_owned(), fields)]);
    let old = serde_json::json!({ "status": { "S": "Active" }, "due": { "M": { "since": { "S": "now" } } } });
    let of = |change: &dyn Fn(&mut Value)| {
        let mut new = old.clone();
        change(&mut new);
        Reader::of(&items(old.clone())).misses(&Reader::of(&items(new)))
    };
    assert_eq!(of(&|new| new["more"] = serde_json::json!({ "S": "x" })), Vec::<String>::new());
    assert_eq!(of(&|new| new["status"]["S"] = "Paused".into()), ["TENANT's `status` may be Paused"]);
    assert_eq!(of(&|new| new["due"]["M"] = serde_json::json!({})), ["TENANT has no `due.since`"]);
    let gone = |new: &mut Value| {
        new.as_object_mut().unwrap().remove("status");
    };
    assert_eq!(of(&gone), ["TENANT has no `status`"]);
    let retyped = |new: &mut Value| new["status"] = serde_json::json!({ "N": "1" });
    assert!(of(&retyped)[0].contains("was {\"S\"}"));
}
