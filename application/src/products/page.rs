//! Where a page of products ended, as a token that means nothing to a client.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// The last product of a page. Its token can be forged, which gains nothing: it
/// says no more than where to go on in the tenant's own table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cursor(Uuid);

/// The first byte of a token; another format gets another one.
const FORMAT: u8 = 1;

impl Cursor {
    /// After this product.
    #[must_use]
    pub fn after(product: Uuid) -> Self {
        Self(product)
    }

    /// The product that it points behind.
    #[must_use]
    pub fn product(self) -> Uuid {
        self.0
    }

    /// The token that a client gets.
    #[must_use]
    pub fn token(self) -> String {
        let mut bytes = vec![FORMAT];
        bytes.extend(self.0.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cursor in `token`; `None` if this service did not make it.
    #[must_use]
    pub fn from_token(token: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (&FORMAT, id) = bytes.split_first()? else { return None };
        Uuid::from_slice(id).ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_place() {
        let cursor = Cursor::after(Uuid::now_v7());
        assert_eq!(Cursor::from_token(&cursor.token()), Some(cursor));
    }

    #[test]
    fn another_text_is_no_token() {
        let other_format = URL_SAFE_NO_PAD.encode([2; 17]);
        for text in ["", "x", "AQ", other_format.as_str(), "\u{1F600}", &"A".repeat(5_000)] {
            assert_eq!(Cursor::from_token(text), None, "{text:.20}");
        }
    }
}
