//! The rules of [`super::characters`] as regular expressions for the schemas,
//! made from the rules themselves by trying every character.
//!
//! They use what ECMA-262 (with the flag `u`, as JSON Schema 2020-12 has it),
//! Python and Rust have in common: `\uXXXX` within the basic plane, the
//! character itself beyond it, no lookaround, no `\p{…}`, which not every tool
//! knows and each knows in its own version of Unicode.

use super::characters as rule;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// A whole text in which nothing is hidden where nothing needs it, and something
/// is to be seen beside dots.
pub(super) static PLAIN: LazyLock<String> = LazyLock::new(|| {
    let joiner = format!("[{}]", class(|c| rule::JOINERS.contains(&c)));
    let variation = format!("[{}]", class(rule::is_variation));
    let flag = format!("{}[{}]{{1,{}}}{}", rule::FLAG, class(rule::is_tag), rule::TAGS_MAX, rule::CANCEL);
    let mongolian = format!("[{}][{}]", class(rule::is_mongolian), class(rule::is_mongolian_selector));
    let joined = format!("[{}]{variation}?{joiner}", class(rule::takes_joiner));
    let varied = format!("[^{}]{variation}", class(|c| !rule::takes_variation(c)));
    let composed = format!("{flag}|{mongolian}|{joined}|{varied}");
    // What nothing to see is made of comes first, and composes nothing.
    let nothing = format!("[{}]", class(|c| !rule::is_hidden(c) && !rule::is_substance(c)));
    let substance = format!("[^{}]", class(|c| !rule::is_substance(c)));
    let plain = format!("[^{}]", class(rule::is_hidden));
    format!("^{nothing}*(?:{composed}|{substance})(?:{composed}|{plain})*$")
});

/// A whole text without any hidden character, needed or not: a field's name.
pub(crate) fn no_hidden() -> String {
    format!("^[^{}]*$", class(rule::is_hidden))
}

/// What is between the brackets of a class of all characters that `is` holds of.
fn class(is: impl Fn(char) -> bool) -> String {
    let mut text = String::new();
    let mut all = ('\0'..=char::MAX).filter(|c| is(*c)).peekable();
    while let Some(first) = all.next() {
        let mut last = first;
        while let Some(next) = all.next_if(|next| follows(last, *next)) {
            last = next;
        }
        put(&mut text, first);
        if last != first {
            text.push('-');
            put(&mut text, last);
        }
    }
    text
}

/// Whether there is no character between the two.
fn follows(last: char, next: char) -> bool {
    u32::from(next) == u32::from(last) + 1
}

fn put(text: &mut String, c: char) {
    match u32::from(c) {
        code @ 0..=0xffff if !c.is_ascii_alphanumeric() => {
            // Writing to a text cannot fail.
            let _ = write!(text, "\\u{code:04x}");
        }
        _ => text.push(c),
    }
}
