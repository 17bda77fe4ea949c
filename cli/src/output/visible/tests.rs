//! Over all of Unicode, by rules that are written down here a second time.

use super::*;

fn scalars() -> impl Iterator<Item = char> {
    '\0'..=char::MAX
}

/// What must never reach a terminal as it is, by code point.
fn bites(char: char) -> bool {
    matches!(u32::from(char),
        // C0, DEL, C1.
        0x00..=0x1f | 0x7f..=0x9f
        // Line and paragraph separators.
        | 0x2028 | 0x2029
        // Bidirectional marks, embeddings, overrides and isolates.
        | 0x061c | 0x200e | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069
        // Soft hyphen, zero-width space, word joiner, invisible operators,
        // deprecated format characters, byte-order mark, annotations.
        | 0xad | 0x200b | 0x2060..=0x2065 | 0x206a..=0x206f | 0xfeff | 0xfff0..=0xfffb
        // Fillers, and other letters and marks that show nothing.
        | 0x034f | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180e | 0x3164 | 0xffa0
        // Shorthand and musical controls.
        | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
        // Tags, and what is reserved among them.
        | 0xe0000..=0xe00ff | 0xe01f0..=0xe0fff)
}

/// Joiners and variation selectors: harmless in their places only.
fn shapes(char: char) -> bool {
    matches!(u32::from(char), 0x200c | 0x200d | 0x180b..=0x180d | 0x180f | 0xfe00..=0xfe0f | 0xe0100..=0xe01ef)
}

#[test]
fn nothing_that_bites_is_in_a_line_whatever_stands_around_it() {
    for char in scalars().filter(|char| bites(*char)) {
        for text in [format!("{char}"), format!("a{char}b"), format!("ب{char}ب"), format!("👩{char}👩")]
        {
            let shown = line(&text);
            assert!(!shown.contains(char), "U+{:04X} in {text:?}", u32::from(char));
            assert!(shown.contains('\\'), "U+{:04X} leaves no trace in {shown:?}", u32::from(char));
        }
    }
}

#[test]
fn a_shaping_character_is_spelt_out_where_it_shapes_nothing() {
    for char in scalars().filter(|char| shapes(*char)) {
        for text in [format!("{char}"), format!("a{char}b"), format!(" {char} "), format!("\u{202e}{char}ب")]
        {
            assert!(!line(&text).contains(char), "U+{:04X} in {text:?}", u32::from(char));
        }
    }
}

#[test]
fn every_letter_mark_number_sign_and_space_stays_as_it_is() {
    for char in scalars().filter(|char| !bites(*char) && !shapes(*char)) {
        // Egyptian format controls build pictures of several signs.
        let is_format = matches!(u32::from(char), 0x13430..=0x1343f);
        assert!(is_format || line(&char.to_string()) == char.to_string(), "U+{:04X}", u32::from(char));
    }
}

#[test]
fn what_is_shown_is_shown_the_same_when_it_is_cleaned_again() {
    for char in scalars() {
        let once = line(&format!("a{char}b{char}"));
        assert_eq!(line(&once), once, "U+{:04X}", u32::from(char));
    }
}

#[test]
fn json_is_the_same_json_and_has_nothing_in_it_that_bites() {
    for char in scalars() {
        let text = serde_json::to_string_pretty(&[format!("a{char}b")]).unwrap_or_default();
        let shown = json(&text);
        assert!(
            !shown.contains(|c| c != '\n' && (bites(c) || shapes(c))),
            "U+{:04X}: {shown}",
            u32::from(char)
        );
        let read: Option<Vec<String>> = serde_json::from_str(&shown).ok();
        assert_eq!(read, Some(vec![format!("a{char}b")]), "U+{:04X}", u32::from(char));
    }
}

#[test]
fn joiners_stay_where_a_script_or_an_emoji_needs_them() {
    let texts = [
        "می\u{200c}خواهم",        // Persian: a letter keeps its final shape
        "क्\u{200d}ष",             // Devanagari: a half form
        "👨\u{200d}👩\u{200d}👧", // a family
        "❤\u{fe0f}\u{200d}🔥",    // a heart on fire
        "1\u{fe0f}\u{20e3}",      // a keycap
        "葛\u{e0100}",            // an ideographic variant
    ];
    for text in texts {
        assert_eq!(line(text), text);
    }
}

#[test]
fn what_is_hidden_is_spelt_out() {
    assert_eq!(line("\u{1b}[2J\u{9b}1A\u{7f}"), "\\u{1b}[2J\\u{9b}1A\\u{7f}");
    assert_eq!(line("two\r\n\tlines\u{202e}"), "two\\r\\n\\tlines\\u{202e}");
    assert_eq!(json("\"\u{9b}\u{e0041}\""), "\"\\u009b\\udb40\\udc41\"");
}
