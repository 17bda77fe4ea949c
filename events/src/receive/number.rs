//! Which numbers are kept as they are written.
//!
//! A number goes through two forms: a machine's (a 64-bit whole number, or a
//! double) and DynamoDB's (38 digits, magnitudes from 1E-130 to 9.99…E+125; "Data
//! types", Amazon DynamoDB Developer Guide). What either would round is refused.

use serde_json::Number;

/// The rule in words.
pub(super) const RULE: &str = "must be a number that is kept exactly: whole from -9223372036854775808 to \
    18446744073709551615, or of at most 17 significant digits, as a double has them, and between 1E-130 and \
    9.99E+125";
/// The exponents of the first digit that DynamoDB keeps.
const EXPONENTS: std::ops::RangeInclusive<i64> = -130..=125;

/// Whether the JSON number `text` is kept exactly.
pub(super) fn is_exact(text: &str) -> bool {
    let Some(written) = Decimal::read(text) else { return false };
    let Ok(kept) = serde_json::from_str::<Number>(text) else { return false };
    // Both ways in which a double is written: as JSON, and as the table has it.
    // Of two shortest forms that are as near, they may choose different ones.
    let stored = kept.as_f64().filter(|_| kept.is_f64()).map(|double| format!("{double:e}"));
    let kept = [Some(kept.to_string()), stored];
    kept.iter().flatten().all(|text| Decimal::read(text).as_ref() == Some(&written))
        && (written.digits.is_empty() || EXPONENTS.contains(&written.exponent))
}

/// A decimal number in one form: no digits for zero, else neither a leading nor
/// a trailing zero, and the exponent of the first digit.
#[derive(Debug, Eq, PartialEq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// `None` for an exponent that no machine number has.
    fn read(text: &str) -> Option<Self> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i64 = exponent.parse::<i32>().ok()?.into();
        let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0');
        let zeros = i64::try_from(all.len() - significant.len()).ok()?;
        let digits = significant.trim_end_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { negative: false, digits, exponent: 0 });
        }
        let first = i64::try_from(whole.len()).ok()? - 1 - zeros;
        Some(Self { negative, digits, exponent: exponent + first })
    }
}
