//! The pages of a query that is read whole: each begins where none began before.

use super::error::StoreError;
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

type Key = HashMap<String, AttributeValue>;

/// Where the pages of one query began.
#[derive(Debug, Default)]
pub(super) struct Pages(Vec<Key>);

impl Pages {
    /// Where the next page begins, by the `LastEvaluatedKey` of the one before;
    /// `None` after the last.
    ///
    /// # Errors
    ///
    /// [`StoreError::Rejected`] when a page began there already: reading would
    /// never end.
    pub(super) fn next(&mut self, last: Option<Key>) -> Result<Option<Key>, StoreError> {
        let Some(key) = last.filter(|key| !key.is_empty()) else { return Ok(None) };
        if self.0.contains(&key) {
            return Err(StoreError::Rejected("a query gives a page that it gave before".to_owned()));
        }
        self.0.push(key.clone());
        Ok(Some(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Option<Key> {
        Some(HashMap::from([("tenantId".to_owned(), AttributeValue::S(text.to_owned()))]))
    }

    #[test]
    fn a_page_that_comes_again_is_an_error_and_the_last_is_none() {
        let mut pages = Pages::default();
        for new in ["a", "b"] {
            assert!(matches!(pages.next(key(new)), Ok(next) if next == key(new)));
        }
        for old in ["a", "b"] {
            assert!(matches!(pages.next(key(old)), Err(StoreError::Rejected(_))));
        }
        for end in [None, Some(HashMap::new())] {
            assert!(matches!(pages.next(end), Ok(None)));
        }
    }
}
