//! Chance that can be repeated: the same seed, the same numbers.

/// A generator of numbers (splitmix64, Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Self(seed);
        // Neighbouring seeds part ways.
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `from` to below `to`.
    pub(super) fn between(&mut self, from: i64, to: i64) -> i64 {
        let span = u64::try_from(to - from).expect("a span").max(1);
        from + i64::try_from(self.next() % span).expect("within the span")
    }

    /// Whether what happens in `percent` of cases happens.
    pub(super) fn chance(&mut self, percent: i64) -> bool {
        self.between(0, 100) < percent
    }

    /// One of `all`.
    pub(super) fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let place = self.between(0, i64::try_from(all.len()).expect("a length"));
        &all[usize::try_from(place).expect("a place")]
    }
}
