//! What two names are compared by.

use super::characters::{is_blank, is_ignorable};
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use unicase::UniCase;

/// The form of a name (or of a name's beginning) that the registry sorts and
/// compares by: `toNFKC_Casefold` (UAX 44), which drops what is default
/// ignorable, with runs of white space (and of what is drawn as such) as one
/// space. Names that differ in case, width, compatibility forms or in what
/// nobody can see have one key.
#[must_use]
pub fn name_key(text: &str) -> String {
    let compose = ComposingNormalizerBorrowed::new_nfkc();
    let mut form = DecomposingNormalizerBorrowed::new_nfd().normalize(text).into_owned();
    // As UAX 44 derives the property: again until nothing changes. The second
    // turn is the last one but for a handful of characters.
    loop {
        let folded: String = form.chars().filter(|c| !is_ignorable(*c)).collect();
        let folded = UniCase::unicode(folded).to_folded_case();
        let next = compose.normalize(&folded).into_owned();
        if next == form {
            break;
        }
        form = next;
    }
    form.split(is_blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
