//! Which characters a text that people read may hold: nothing that cannot be
//! seen, and nothing that makes a text look like another one.
//!
//! By Unicode's properties (UAX 44), not by a list of ours. What a script or an
//! emoji needs although it cannot be seen by itself (joiners, variation
//! selectors, the tags of a flag) may stand behind what needs it, and nowhere
//! else: [`misplaced`]. The same rules as regular expressions, for the schemas,
//! are in [`super::pattern`].

use icu_properties::props::{
    DefaultIgnorableCodePoint, GeneralCategory, NoncharacterCodePoint, PrependedConcatenationMark, WhiteSpace,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Zero-width non-joiner and joiner.
pub(super) const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];
/// A black flag: the tags behind it name a region (England, Scotland, Wales).
pub(super) const FLAG: char = '\u{1f3f4}';
/// Ends the tags behind a flag.
pub(super) const CANCEL: char = '\u{e007f}';
/// The most tags behind a flag: a country and a subdivision (UTS 51).
pub(super) const TAGS_MAX: usize = 6;

/// Whether people cannot see the character, or it changes how others are read:
/// controls, format characters (soft hyphens, bidirectional controls, invisible
/// operators, tags), fillers, line separators, what is for private use or no
/// character. Prepended marks, as Arabic numbers have, are format characters
/// that can be seen.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let format = || !CodePointSetData::new::<PrependedConcatenationMark>().contains(c);
    match CodePointMapData::<GeneralCategory>::new().get(c) {
        GeneralCategory::Control
        | GeneralCategory::PrivateUse
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator => true,
        GeneralCategory::Format => format(),
        _ => is_ignorable(c) || CodePointSetData::new::<NoncharacterCodePoint>().contains(c),
    }
}

/// Whether the uniqueness key drops the character.
pub(super) fn is_ignorable(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether the character is a space to the eye: Unicode's white space, and the
/// two symbols that are drawn as nothing (a Braille cell without dots, a note
/// without a head), of which no property says so.
pub(super) fn is_blank(c: char) -> bool {
    CodePointSetData::new::<WhiteSpace>().contains(c) || matches!(c, '\u{2800}' | '\u{1d159}')
}

/// Whether a text may consist of this: something to see, and more than dots,
/// which vanish from a URL's path.
pub(super) fn is_substance(c: char) -> bool {
    !is_hidden(c) && !is_blank(c) && c != '.'
}

/// A variation selector: chooses the form of the character before it.
pub(super) fn is_variation(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a variation selector may stand behind the character.
pub(super) fn takes_variation(c: char) -> bool {
    matches!(c, '0'..='9' | '#' | '*') || (c >= '\u{a9}' && !is_hidden(c) && !is_blank(c))
}

/// Whether a joiner may stand behind the character: a letter of the scripts
/// that join or stack their letters (the blocks from Arabic to Vedic, Phags-pa
/// to Meetei Mayek, Kharoshthi to Brahmi's descendants, Adlam), a symbol or an
/// emoji. Blocks never change, so the rule is the same for every reader.
pub(super) fn takes_joiner(c: char) -> bool {
    let block = matches!(c,
        '\u{600}'..='\u{1cff}'
        | '\u{2190}'..='\u{2bff}'
        | '\u{a800}'..='\u{abff}'
        | '\u{10a00}'..='\u{11fff}'
        | '\u{1e900}'..='\u{1e95f}'
        | '\u{1f000}'..='\u{1faff}');
    block && takes_variation(c)
}

/// A form selector of Mongolian, or its vowel separator.
pub(super) fn is_mongolian_selector(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180f}')
}

/// A Mongolian letter.
pub(super) fn is_mongolian(c: char) -> bool {
    matches!(c, '\u{1820}'..='\u{18aa}') && !is_hidden(c)
}

/// A tag that may stand behind a flag: a letter or a digit.
pub(super) fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}')
}

/// The first hidden character of `text` that stands where nothing needs it.
pub(super) fn misplaced(text: &str) -> Option<char> {
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if is_hidden(c) {
            return Some(c);
        }
        if c == FLAG && rest.next_if(|next| is_tag(*next)).is_some() {
            let mut more = 1;
            while rest.next_if(|next| is_tag(*next)).is_some() {
                more += 1;
            }
            if more > TAGS_MAX || rest.next_if_eq(&CANCEL).is_none() {
                return Some(CANCEL);
            }
            continue;
        }
        if is_mongolian(c) && rest.next_if(|next| is_mongolian_selector(*next)).is_some() {
            continue;
        }
        if takes_variation(c) {
            rest.next_if(|next| is_variation(*next));
        }
        if takes_joiner(c) {
            rest.next_if(|next| JOINERS.contains(next));
        }
    }
    None
}
