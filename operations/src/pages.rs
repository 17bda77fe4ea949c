//! The pages of a list that is read whole. A server that gives the same page
//! token again, or pages without end, is no reason to read for ever or
//! to fill the memory.

use std::collections::HashSet;

/// The most items of a list that are read.
const ITEMS_MAX: usize = 100_000;
/// The most pages, of which each may be empty.
const PAGES_MAX: usize = 10_000;

/// A list that cannot be read to its end.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the list of {what} cannot be read: {why}")]
pub struct Endless {
    what: String,
    why: String,
}

/// The pages of one list, so far.
#[derive(Debug)]
pub struct Pages {
    what: String,
    items: usize,
    tokens: HashSet<String>,
}

impl Pages {
    /// Of the list of `what`.
    #[must_use]
    pub fn of(what: &str) -> Self {
        Self { what: what.to_owned(), items: 0, tokens: HashSet::new() }
    }

    /// After a page of `items`: the token of the next one, if there is one.
    ///
    /// # Errors
    ///
    /// [`Endless`] when that token was there before, or the list has more than
    /// 100,000 items or 10,000 pages.
    pub fn next(&mut self, items: usize, token: Option<String>) -> Result<Option<String>, Endless> {
        self.items += items;
        let Some(token) = token else { return Ok(None) };
        if self.items >= ITEMS_MAX || self.tokens.len() >= PAGES_MAX {
            let read = format!("{} items on {} pages", self.items, self.tokens.len() + 1);
            return Err(self.ended(&format!("it does not end: {read} were read, and there are more")));
        }
        if !self.tokens.insert(token.clone()) {
            return Err(
                self.ended("the server gives a page token that it gave before, so the list would never end")
            );
        }
        Ok(Some(token))
    }

    fn ended(&self, why: &str) -> Endless {
        Endless { what: self.what.clone(), why: why.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_token_that_comes_again_ends_the_list_with_an_error() {
        let mut pages = Pages::of("events");
        for new in ["a", "b", "c"] {
            assert!(matches!(pages.next(1, token(new)), Ok(Some(next)) if next == new));
        }
        for old in ["a", "b", "c"] {
            let said = pages.next(1, token(old)).map_err(|error| error.to_string());
            assert!(matches!(&said, Err(said) if said.contains("it gave before")), "{said:?}");
        }
        assert!(matches!(pages.next(1, None), Ok(None)));
    }

    #[test]
    fn a_list_that_does_not_end_is_given_up() {
        let mut pages = Pages::of("events");
        assert!(pages.next(ITEMS_MAX, token("a")).is_err());
        let mut pages = Pages::of("events");
        let read = (0..).find(|page| pages.next(0, token(&page.to_string())).is_err());
        assert_eq!(read, Some(PAGES_MAX));
    }

    #[test]
    fn a_last_page_may_be_as_long_as_it_likes() {
        assert!(matches!(Pages::of("events").next(10 * ITEMS_MAX, None), Ok(None)));
    }
}
