//! The compatibility gate: whether a publisher and a consumer that only know an
//! old schema survive a new one. Pure.
//!
//! A publisher survives if what it may send is still accepted, a consumer if it
//! finds in what is sent all that it was promised, within the limits that it
//! was promised. Both bear what the contract says that they bear: fields and
//! enum values that they do not know. A keyword that the gate does not know
//! counts against both as soon as it changes.

mod cases;
mod reading;

use reading::{
    COMBINED, LOWER, Object, RULES, UPPER, is_known, list, nothing, properties, resolved, schema_of, texts,
    types, values,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt;

/// Who does not survive a change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Who {
    Publisher,
    Consumer,
}

/// One way in which a change breaks somebody.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Break {
    pub(crate) who: Who,
    pub(crate) field: String,
    pub(crate) what: String,
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { who, field, what } = self;
        let who = if *who == Who::Publisher { "publisher" } else { "consumer" };
        write!(f, "an old {who}: `{field}` {what}")
    }
}

/// Every way in which going from `old` to `new` breaks somebody.
pub(crate) fn breaks(old: &Value, new: &Value) -> Vec<Break> {
    let mut walk = Walk { old, new, found: Vec::new() };
    walk.schema("", old, new);
    walk.found
}

/// How deep fields are compared; deeper ones count as changed.
const DEEPEST: usize = 32;

struct Walk<'a> {
    old: &'a Value,
    new: &'a Value,
    found: Vec<Break>,
}

impl Walk<'_> {
    fn add(&mut self, who: Who, field: &str, what: impl Into<String>) {
        self.found.push(Break { who, field: field.to_owned(), what: what.into() });
    }

    fn both(&mut self, field: &str, what: &str) {
        self.add(Who::Publisher, field, what);
        self.add(Who::Consumer, field, what);
    }

    fn schema(&mut self, at: &str, old: &Value, new: &Value) {
        let (old, new) = (resolved(self.old, old), resolved(self.new, new));
        if at.matches('.').count() > DEEPEST {
            return self.both(at, "is nested too deep to be compared");
        }
        match (nothing(&old), nothing(&new)) {
            _ if old.is_empty() && new.is_empty() => return,
            (true, _) => return,
            (false, true) => return self.add(Who::Publisher, at, "is refused now"),
            (false, false) => {}
        }
        self.types(at, &types(&old), &types(&new));
        self.values(at, &old, &new);
        self.limits(at, &old, &new);
        self.fields(at, &old, &new);
        self.combined(at, &old, &new);
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names.into_iter().filter(|name| !is_known(name) && old.get(*name) != new.get(*name)) {
            self.both(at, &format!("has another `{name}`, which this gate does not know"));
        }
    }

    fn types(&mut self, at: &str, old: &BTreeSet<String>, new: &BTreeSet<String>) {
        if !old.is_subset(new) {
            self.add(Who::Publisher, at, format!("must now be of type {}", list(new)));
        }
        if !new.is_subset(old) {
            self.add(Who::Consumer, at, format!("may now be of type {}", list(new)));
        }
    }

    fn values(&mut self, at: &str, old: &Object, new: &Object) {
        match (values(old), values(new)) {
            (None, Some(_)) => self.add(Who::Publisher, at, "must now be one of a few values"),
            (Some(old), Some(new)) if old.iter().any(|value| !new.contains(value)) => {
                self.add(Who::Publisher, at, "must no longer be one of its former values");
            }
            _ => {}
        }
    }

    fn limits(&mut self, at: &str, old: &Object, new: &Object) {
        let lower = LOWER.map(|name| (name, f64::NEG_INFINITY));
        let upper = UPPER.map(|name| (name, f64::INFINITY));
        for (name, open) in [lower, upper].concat() {
            let limit = |schema: &Object| schema.get(name).and_then(Value::as_f64).unwrap_or(open);
            let (old, new) = (limit(old), limit(new));
            if old != new {
                let tighter = (new > old) == (open < 0.0);
                let who = if tighter { Who::Publisher } else { Who::Consumer };
                self.add(who, at, format!("has another `{name}`: {new}, was {old}"));
            }
        }
        for name in RULES {
            let what = format!("has another `{name}`");
            match (old.get(name), new.get(name)) {
                (old, new) if old == new => {}
                (None, Some(_)) => self.add(Who::Publisher, at, what),
                (Some(_), None) => self.add(Who::Consumer, at, what),
                _ => self.both(at, &what),
            }
        }
    }

    fn fields(&mut self, at: &str, old: &Object, new: &Object) {
        let path = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        let (needed, needed_now) = (texts(old, "required"), texts(new, "required"));
        for name in needed_now.difference(&needed) {
            self.add(Who::Publisher, &path(name), "must be given now");
        }
        for name in needed.difference(&needed_now) {
            self.add(Who::Consumer, &path(name), "may be missing now");
        }
        let (olds, news) = (properties(old), properties(new));
        let (old_rest, new_rest) =
            (schema_of(old, "additionalProperties"), schema_of(new, "additionalProperties"));
        for (name, field) in &olds {
            if news.contains_key(name) || new_rest != json!(true) {
                self.schema(&path(name), field, news.get(name).unwrap_or(&new_rest));
            }
            let gone = news.get(name).is_none_or(|field| nothing(&resolved(self.new, field)));
            if gone && !nothing(&resolved(self.old, field)) {
                self.add(Who::Consumer, &path(name), "is no longer there");
            }
        }
        for (name, field) in news.iter().filter(|(name, _)| !olds.contains_key(*name)) {
            if old_rest == json!(false) {
                self.add(Who::Consumer, &path(name), "is there now, where nothing was to be added");
            } else if nothing(&resolved(self.new, field)) {
                self.add(Who::Publisher, &path(name), "is refused now");
            }
        }
        self.schema(&path("*"), &old_rest, &new_rest);
        if old_rest == json!(false) && new_rest != json!(false) {
            self.add(Who::Consumer, &path("*"), "may be there now, where nothing was to be added");
        }
        self.schema(&path("[]"), &schema_of(old, "items"), &schema_of(new, "items"));
    }

    fn combined(&mut self, at: &str, old: &Object, new: &Object) {
        for name in COMBINED {
            let what = format!("has another `{name}`");
            match (old.get(name).and_then(Value::as_array), new.get(name).and_then(Value::as_array)) {
                (None, None) => {}
                (None, Some(_)) => self.add(Who::Publisher, at, what),
                (Some(_), None) => self.add(Who::Consumer, at, what),
                (Some(old), Some(new)) if old.len() == new.len() => {
                    old.iter().zip(new).for_each(|(old, new)| self.schema(at, old, new));
                }
                _ => self.both(at, &what),
            }
        }
    }
}
