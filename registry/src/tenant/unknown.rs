//! What a tenant's item has that this release does not know.

use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

type Item = HashMap<String, AttributeValue>;

/// Parts of a tenant that live as long as it does, whatever changes in them.
const LASTING: [&str; 3] = ["changes", "deployed", "heard"];
/// What tells one operation, request or wait from another.
const IDENTITIES: [&str; 3] = ["id", "eventId", "since"];

/// What another release wrote into a tenant's item, and this one cannot read. It
/// goes through a read, a decision and a write unchanged, also within the parts of
/// the record (`operation`, `due`, …), each as long as it is the same one. It is
/// part of no view and of no event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unknown(Option<Box<Read>>);

/// The item as it was read, and as this release would have written it.
#[derive(Clone, Debug, PartialEq)]
struct Read {
    item: Item,
    known: Item,
}

impl Unknown {
    /// What of `item` is not in `known`, which is all that this release reads of it.
    pub(crate) fn of(item: Item, known: Item) -> Self {
        let is_known = has_all(&known, &item);
        Self((!is_known).then(|| Box::new(Read { item, known })))
    }

    /// Puts it into the item that is to be written.
    pub(crate) fn keep(&self, into: &mut Item) {
        if let Some(read) = &self.0 {
            merge(&read.item, &read.known, into);
        }
    }
}

/// Whether every name in `item` is in `known`, at every depth.
fn has_all(known: &Item, item: &Item) -> bool {
    item.iter().all(|(name, value)| known.get(name).is_some_and(|known| has_all_of(known, value)))
}

fn has_all_of(known: &AttributeValue, value: &AttributeValue) -> bool {
    match (known, value) {
        (AttributeValue::M(known), AttributeValue::M(value)) => has_all(known, value),
        (AttributeValue::L(known), AttributeValue::L(value)) => {
            known.iter().zip(value).all(|(known, value)| has_all_of(known, value))
        }
        _ => true,
    }
}

fn merge(read: &Item, known: &Item, into: &mut Item) {
    for (name, value) in read {
        match (known.get(name), into.get_mut(name)) {
            (None, None) => drop(into.insert(name.clone(), value.clone())),
            (Some(known), Some(now)) => merge_value(name, value, known, now),
            // It is known, and over; or this release has learned to write it since.
            (Some(_), None) | (None, Some(_)) => {}
        }
    }
}

fn merge_value(name: &str, read: &AttributeValue, known: &AttributeValue, now: &mut AttributeValue) {
    match (read, known, now) {
        (AttributeValue::M(read), AttributeValue::M(known), AttributeValue::M(now))
            if is_same(name, known, now) =>
        {
            merge(read, known, now);
        }
        (AttributeValue::L(read), AttributeValue::L(known), AttributeValue::L(now)) => {
            for (read, known) in read.iter().zip(known) {
                if let Some(now) = now.iter_mut().find(|now| *now == known) {
                    merge_value(name, read, known, now);
                }
            }
        }
        _ => {}
    }
}

/// Whether a part of the record is still the one that was read.
fn is_same(name: &str, known: &Item, now: &Item) -> bool {
    match IDENTITIES.into_iter().find(|identity| known.contains_key(*identity)) {
        _ if LASTING.contains(&name) => true,
        Some(identity) => known.get(identity) == now.get(identity),
        None => known == now,
    }
}
