//! Text as a terminal may show it: whatever would steer the terminal, change the
//! order of what is read, or be there unseen, is spelt out, as `\u{9b}`. Pure.
//!
//! Sources: "Unicode Bidirectional Algorithm" (UAX 9), section 2; "Unicode
//! Identifiers and Syntax" (UAX 31), section 2.3, for joiners; "XTerm Control
//! Sequences", for the C1 controls.

use icu_properties::props::{
    BidiControl, DefaultIgnorableCodePoint, GeneralCategory, PrependedConcatenationMark, VariationSelector,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use std::fmt::Write;

/// The joiners: they shape letters of several scripts, and build emoji.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// Text for one line: line breaks and tabs are spelt out, too.
///
/// What is harmless stays as it is; joiners and variation selectors stay where a
/// script or an emoji needs them.
pub(crate) fn line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    // The character before, if it is shown as it is.
    let mut before = None;
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        if !is_hidden(char) || is_needed(before, char, rest.clone().next()) {
            shown.push(char);
            before = Some(char);
        } else {
            spell(char, &mut shown);
            before = None;
        }
    }
    shown
}

/// JSON that stays the same JSON: every hidden character in it is escaped. Its
/// line breaks are those of its layout; those of its texts are escaped already.
pub(super) fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if char == '\n' || !is_hidden(char) {
            shown.push(char);
            continue;
        }
        for unit in char.encode_utf16(&mut [0; 2]) {
            // Writing to a string does not fail.
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    shown
}

/// Whether a terminal acts on the character, or shows nothing of it.
fn is_hidden(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_control();
    }
    match CodePointMapData::<GeneralCategory>::new().get(char) {
        GeneralCategory::Control
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator
        | GeneralCategory::Surrogate => true,
        // Format characters are unseen but for the signs that span digits.
        GeneralCategory::Format => !CodePointSetData::new::<PrependedConcatenationMark>().contains(char),
        _ => {
            CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(char)
                || CodePointSetData::new::<BidiControl>().contains(char)
        }
    }
}

/// Whether a hidden character between these two does what it is there for.
fn is_needed(before: Option<char>, char: char, after: Option<char>) -> bool {
    let Some(before) = before.filter(|before| !before.is_whitespace()) else { return false };
    if CodePointSetData::new::<VariationSelector>().contains(char) {
        // A digit, # or * with one of these begins a keycap.
        let is_keycap = matches!(before, '0'..='9' | '#' | '*') && matches!(char, '\u{fe0e}' | '\u{fe0f}');
        return is_keycap || (!before.is_ascii() && !is_hidden(before));
    }
    // Between two Latin letters a joiner only makes two texts look like one.
    let joins = |next: char| !next.is_ascii() && !next.is_whitespace() && !is_hidden(next);
    JOINERS.contains(&char) && !before.is_ascii() && !JOINERS.contains(&before) && after.is_some_and(joins)
}

fn spell(char: char, into: &mut String) {
    match char {
        '\n' => into.push_str("\\n"),
        '\r' => into.push_str("\\r"),
        '\t' => into.push_str("\\t"),
        other => {
            let _ = write!(into, "\\u{{{:x}}}", u32::from(other));
        }
    }
}

#[cfg(test)]
mod tests;
