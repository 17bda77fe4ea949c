//! Which of the visible messages are meant.

use super::Taken;
use crate::dead_letter::DeadLetter;
use std::fmt;
use std::str::FromStr;

/// The most characters of a message's id: SQS's have 36.
const ID_MAX: usize = 100;

/// Where a message stands in the queue: by its arrival, then by its id.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Position(String);

/// A text that is no [`Position`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be one that this queue gave, unchanged")]
pub struct PositionError;

impl Position {
    /// Where `message` stands.
    #[must_use]
    pub fn of(message: &DeadLetter) -> Self {
        Self(format!("{:015}.{}", message.sent_at.timestamp_millis().max(0), message.id))
    }
}

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let right = |(moment, id): (&str, &str)| {
            let plain = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            moment.len() == 15 && moment.bytes().all(|c| c.is_ascii_digit()) && plain && id.len() <= ID_MAX
        };
        text.split_once('.').filter(|parts| right(*parts)).map(|_| Self(text.to_owned())).ok_or(PositionError)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which of the visible messages are meant.
#[derive(Clone, Debug)]
pub enum Choice<'a> {
    /// Those behind `after`, at most `most`, oldest first.
    Page {
        /// Behind which.
        after: Option<Position>,
        /// How many at the most.
        most: usize,
    },
    /// Those with these ids.
    Ids(&'a [String]),
    /// Those whose ids begin with one of these.
    Beginnings(&'a [String]),
}

impl Choice<'_> {
    /// What is named here and is not among `taken`.
    pub(super) fn unknown(&self, taken: &[Taken]) -> Option<&str> {
        let missing = |names: &[String], is: &dyn Fn(&DeadLetter, &str) -> bool| {
            names.iter().position(|name| !taken.iter().any(|taken| is(&taken.message, name)))
        };
        match self {
            Self::Page { .. } => None,
            Self::Ids(names) => missing(names, &|message, id| message.id == id).map(|n| names[n].as_str()),
            Self::Beginnings(names) => missing(names, &DeadLetter::is_called).map(|n| names[n].as_str()),
        }
    }

    /// Of `taken`, in the order of arrival: what is meant, the rest, and where the
    /// next page begins.
    pub(super) fn of(&self, taken: Vec<Taken>) -> (Vec<Taken>, Vec<Taken>, Option<Position>) {
        match self {
            Self::Page { after, most } => {
                let place = |taken: &Taken| Position::of(&taken.message);
                let begin =
                    taken.partition_point(|taken| after.as_ref().is_some_and(|after| place(taken) <= *after));
                let end = begin.saturating_add(*most).min(taken.len());
                let next = taken[begin..end].last().filter(|_| end < taken.len()).map(place);
                let (mut chosen, mut others) = (Vec::new(), Vec::new());
                for (n, taken) in taken.into_iter().enumerate() {
                    if (begin..end).contains(&n) { chosen.push(taken) } else { others.push(taken) }
                }
                (chosen, others, next)
            }
            Self::Ids(ids) => split(taken, |message| ids.contains(&message.id)),
            Self::Beginnings(names) => {
                split(taken, |message| names.iter().any(|name| message.is_called(name)))
            }
        }
    }
}

fn split(
    taken: Vec<Taken>,
    is_meant: impl Fn(&DeadLetter) -> bool,
) -> (Vec<Taken>, Vec<Taken>, Option<Position>) {
    let (chosen, others) = taken.into_iter().partition(|taken| is_meant(&taken.message));
    (chosen, others, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn taken(id: &str, millis: i64) -> Taken {
        let at = DateTime::from_timestamp_millis(millis).unwrap_or_default();
        Taken { message: DeadLetter::read(id.to_owned(), at, "{}", |_| None), receipt: String::new() }
    }

    fn ids(taken: &[Taken]) -> Vec<&str> {
        taken.iter().map(|taken| taken.message.id.as_str()).collect()
    }

    /// Pages of every size are the whole queue, each message once, also where two
    /// arrived in the same millisecond.
    #[test]
    fn pages_of_every_size_are_the_whole() {
        let all = [taken("a-1", 5), taken("a-2", 5), taken("b-1", 6), taken("c-1", 1_700_000_000_000)];
        for most in 1..6 {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let (chosen, others, next) = Choice::Page { after, most }.of(all.to_vec());
                assert!(chosen.len() <= most && chosen.len() + others.len() == all.len());
                found.extend(ids(&chosen).into_iter().map(str::to_owned));
                let Some(next) = next else { break };
                assert_eq!(next.to_string().parse(), Ok(next.clone()));
                after = Some(next);
            }
            assert_eq!(found, ids(&all), "pages of {most}");
        }
    }

    /// A beginning names every message that begins so, an id only its own; what
    /// names nothing is said, and an empty text names nothing.
    #[test]
    fn messages_are_named_by_ids_or_their_beginnings() {
        let all = [taken("aa-1", 1), taken("ab-2", 2), taken("b-3", 3)];
        let names = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (a, b) = (names(&["a", "aa"]), names(&["b"]));
        let beginnings = Choice::Beginnings(&a);
        assert_eq!(
            (ids(&beginnings.of(all.to_vec()).0), beginnings.unknown(&all)),
            (vec!["aa-1", "ab-2"], None)
        );
        assert_eq!(Choice::Ids(&b).unknown(&all), Some("b"));
        assert_eq!(Choice::Ids(&b).of(all.to_vec()).1.len(), 3);
        for unknown in ["c", ""] {
            assert_eq!(Choice::Beginnings(&names(&["b", unknown])).unknown(&all), Some(unknown));
        }
    }

    /// A position that this queue cannot have given is refused.
    #[test]
    fn what_is_no_position_is_refused() {
        for wrong in ["", "1.a", "000000000000001", "00000000000000x.a", "000000000000001.a b"] {
            assert_eq!(wrong.parse::<Position>(), Err(PositionError), "{wrong}");
        }
        assert!(format!("000000000000001.{}", "a".repeat(ID_MAX + 1)).parse::<Position>().is_err());
    }
}
