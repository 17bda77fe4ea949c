//! Pages of a tenant's history, which is read whole: operations and what was
//! asked are one sequence for who reads it.

use super::problem::Problem;
use std::fmt;
use std::str::FromStr;
use tenantry_registry::store::Activity;

/// Where a page begins: behind so many of the lines of one moment. Lines are only
/// ever added, and hardly ever before others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place {
    /// In nanoseconds since 1970.
    moment: i64,
    /// How many lines of that moment are on earlier pages.
    shown: usize,
}

impl FromStr for Place {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let place = text.split_once('.').and_then(|(moment, shown)| {
            Some(Self { moment: moment.parse().ok()?, shown: shown.parse().ok()? })
        });
        place.ok_or_else(|| Problem::field("next_token", "must be one that this list gave, unchanged"))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.moment, self.shown)
    }
}

/// The page of at most `limit` lines that begins at `place`, and where the next
/// one begins; `timeline` is sorted.
pub(super) fn page(
    timeline: &[Activity],
    place: Option<Place>,
    limit: usize,
) -> (&[Activity], Option<Place>) {
    let begin = place.map_or(0, |place| {
        let first = timeline.partition_point(|line| moment(line) < place.moment);
        first.saturating_add(place.shown).min(timeline.len())
    });
    let end = begin.saturating_add(limit).min(timeline.len());
    let next = timeline[..end].last().filter(|_| end < timeline.len()).map(|last| {
        let last = moment(last);
        let same = timeline[..end].iter().rev().take_while(|line| moment(line) == last);
        Place { moment: last, shown: same.count() }
    });
    (&timeline[begin..end], next)
}

fn moment(line: &Activity) -> i64 {
    line.at().timestamp_nanos_opt().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(at: &str) -> Activity {
        serde_json::from_value(json!({
            "type": "operation", "id": "1-1", "kind": "provision", "state": "running", "startedAt": at,
            "correlationId": "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11",
        }))
        .unwrap()
    }

    #[test]
    fn pages_of_every_size_are_the_whole_also_where_lines_share_a_moment() {
        let moments = ["08:00:00", "08:00:01", "08:00:01", "08:00:01", "08:00:02"];
        let all: Vec<_> = moments.iter().map(|at| line(&format!("2026-11-25T{at}Z"))).collect();
        for limit in 1..7 {
            let (mut found, mut place, mut pages) = (Vec::new(), None, 0);
            loop {
                let (lines, next) = page(&all, place, limit);
                found.extend_from_slice(lines);
                pages += 1;
                let Some(next) = next else { break };
                place = Some(next.to_string().parse().unwrap());
            }
            assert_eq!((found.len(), pages), (5, 5_usize.div_ceil(limit)), "pages of {limit}");
            assert_eq!(found, all);
        }
    }

    #[test]
    fn what_is_no_place_is_refused_by_name() {
        for wrong in ["", "x", "1", "1.", ".1", "1.-1", "1.1.1"] {
            assert_eq!(wrong.parse::<Place>().unwrap_err().code(), "InvalidField", "{wrong}");
        }
        assert!(page(&[], Some("9.9".parse().unwrap()), 10).0.is_empty());
    }
}
