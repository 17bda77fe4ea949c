//! Page tokens: where a list goes on, in a form that says nothing and that no
//! other query takes.

use super::StoreError;
use super::items::Item;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

/// The longest token that is looked at, in bytes.
const MAX: usize = 2_048;

/// Where a list goes on. Opaque: keep it, hand it back, never look inside.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PageToken(String);

#[derive(Deserialize, Serialize)]
struct Content {
    query: String,
    key: BTreeMap<String, String>,
}

impl PageToken {
    /// The token of the page after the item with `key`, of the query that
    /// `query` describes; `None` if a key attribute is not text (none is).
    #[must_use]
    pub fn new(query: &str, key: &Item) -> Option<Self> {
        let text = |(name, value): (&String, &AttributeValue)| {
            value.as_s().ok().map(|value| (name.clone(), value.clone()))
        };
        let key = key.iter().map(text).collect::<Option<_>>()?;
        let content = serde_json::to_vec(&Content { query: query.to_owned(), key }).ok()?;
        Some(Self(URL_SAFE_NO_PAD.encode(content)))
    }

    /// The key to start after, if the token is of exactly this query and its
    /// key has exactly the attributes `names`, with `partition` as its first.
    ///
    /// # Errors
    ///
    /// [`StoreError::PageToken`] if it is not.
    pub fn start_key(
        &self,
        query: &str,
        names: &[&str],
        partition: (&str, &str),
    ) -> Result<Item, StoreError> {
        let content = URL_SAFE_NO_PAD.decode(&self.0).map_err(|_| StoreError::PageToken)?;
        let content: Content = serde_json::from_slice(&content).map_err(|_| StoreError::PageToken)?;
        let right = content.query == query
            && content.key.len() == names.len()
            && names.iter().all(|name| content.key.contains_key(*name))
            && content.key.get(partition.0).is_some_and(|value| value == partition.1);
        if !right {
            return Err(StoreError::PageToken);
        }
        Ok(content
            .key
            .into_iter()
            .map(|(name, value)| (name, AttributeValue::S(value)))
            .collect::<HashMap<_, _>>())
    }
}

impl FromStr for PageToken {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let right = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if text.is_empty() || text.len() > MAX || !text.chars().all(right) {
            return Err(StoreError::PageToken);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
