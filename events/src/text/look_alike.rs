//! Names that may be read as other ones: the two ways of UTS 39 ("Unicode
//! Security Mechanisms") that a person should look at. They warn and refuse
//! nothing: many honest names look like something else.

use unicode_security::{RestrictionLevel, RestrictionLevelDetection, skeleton};

/// What a person should know before trusting the name; `None` for most names.
#[must_use]
pub fn look_alike(name: &str) -> Option<String> {
    let letters = |word: &&str| word.chars().all(char::is_alphanumeric);
    let mut words =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).filter(letters);
    if words.any(|word| word.detect_restriction_level() == RestrictionLevel::MinimallyRestrictive) {
        return Some("the name mixes letters of scripts that look alike".to_owned());
    }
    let read: String = skeleton(name).collect();
    let other = !name.is_ascii() && read.is_ascii() && read.chars().any(|c| c.is_ascii_alphabetic());
    other.then(|| format!("the name is not in Latin letters and can be read as `{read}`"))
}

#[cfg(test)]
mod tests {
    use super::look_alike;

    /// Cyrillic letters among Latin ones, and a name of Cyrillic letters that
    /// all look Latin, are pointed out; names of one script are not.
    #[test]
    fn a_name_that_can_be_read_as_another_is_pointed_out() {
        for warned in ["\u{410}cme", "Acme p\u{430}yments", "\u{441}\u{43e}\u{440}\u{435}"] {
            assert!(look_alike(warned).is_some(), "{warned}");
        }
        let honest = [
            "Acme",
            "Müller & Söhne",
            "ООО Ромашка",
            "株式会社ソニー ABC",
            "บริษัท ABC",
            "Οδυσσεύς ΑΕ",
            "भारत",
        ];
        for name in honest {
            assert_eq!(look_alike(name), None, "{name}");
        }
    }
}
