//! Reading what a client sends: a product, a version, a page.

use super::model::ProductData;
use super::page::Cursor;
use crate::http::{BODY_MAX, Invalid, Problem};
use serde_json::{Map, Value};

const NAME_MAX: usize = 200;
const SKU_MAX: usize = 64;
const PRICE_MAX: u64 = 1_000_000_000;
const LIMIT_DEFAULT: i32 = 50;
const LIMIT_MAX: i32 = 100;
const FIELDS: [&str; 3] = ["name", "sku", "priceCents"];

/// The product in a request's body. All that is wrong is told at once.
///
/// # Errors
///
/// [`Problem::TooLarge`], or [`Problem::Invalid`] naming each field.
pub fn product(body: &[u8]) -> Result<ProductData, Problem> {
    if body.len() > BODY_MAX {
        return Err(Problem::TooLarge);
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return Err(Problem::Invalid(vec![Invalid::new("body", "must be a JSON object")]));
    };
    let mut errors: Vec<Invalid> = Vec::new();
    for field in fields.keys().filter(|field| !FIELDS.contains(&field.as_str())) {
        let field: String = field.chars().take(64).collect();
        errors.push(Invalid::new(field, "is not a field that can be set: name, sku and priceCents are"));
    }
    let name = take(name(&fields), &mut errors);
    let sku = take(sku(&fields), &mut errors);
    let price_cents = take(price(&fields), &mut errors);
    match (name, sku, price_cents) {
        (Some(name), Some(sku), Some(price_cents)) if errors.is_empty() => {
            Ok(ProductData { name, sku, price_cents })
        }
        _ => Err(Problem::Invalid(errors)),
    }
}

fn take<T>(read: Result<T, Invalid>, errors: &mut Vec<Invalid>) -> Option<T> {
    read.map_err(|error| errors.push(error)).ok()
}

fn name(fields: &Map<String, Value>) -> Result<String, Invalid> {
    let good = |name: &&str| {
        let length = name.chars().count();
        !name.trim().is_empty() && length <= NAME_MAX && !name.chars().any(char::is_control)
    };
    let detail = format!(
        "must be a text of 1 to {NAME_MAX} characters, not only blanks and without control characters"
    );
    fields
        .get("name")
        .and_then(Value::as_str)
        .filter(good)
        .map(str::to_owned)
        .ok_or(Invalid::new("name", detail))
}

fn sku(fields: &Map<String, Value>) -> Result<String, Invalid> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let good = |sku: &&str| (1..=SKU_MAX).contains(&sku.len()) && sku.chars().all(allowed);
    let detail =
        format!("must be a text of 1 to {SKU_MAX} characters out of A-Z, a-z, 0-9, `.`, `_` and `-`");
    fields
        .get("sku")
        .and_then(Value::as_str)
        .filter(good)
        .map(str::to_owned)
        .ok_or(Invalid::new("sku", detail))
}

fn price(fields: &Map<String, Value>) -> Result<u64, Invalid> {
    let detail = format!("must be a whole number from 0 to {PRICE_MAX}");
    let price = fields.get("priceCents").and_then(Value::as_u64).filter(|price| *price <= PRICE_MAX);
    price.ok_or(Invalid::new("priceCents", detail))
}

/// The version that the client last read, from `If-Match`; `None` if any will
/// do.
///
/// # Errors
///
/// [`Problem::Invalid`] when it is no `ETag` of this service.
pub fn expected_version(if_match: Option<&str>) -> Result<Option<u64>, Problem> {
    match if_match.map(str::trim) {
        None | Some("*") => Ok(None),
        Some(etag) => {
            let quoted = etag.strip_prefix('"').and_then(|etag| etag.strip_suffix('"'));
            let version = quoted.and_then(|version| version.parse().ok());
            let invalid =
                Invalid::new("If-Match", "must be one ETag that this service gave, such as \"3\", or *");
            version.map(Some).ok_or_else(|| Problem::Invalid(vec![invalid]))
        }
    }
}

/// Which page a client asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PageRequest {
    /// How many products at most.
    pub limit: i32,
    /// Where the previous page ended.
    pub after: Option<Cursor>,
}

/// The page that the query parameters `limit` and `pageToken` ask for.
///
/// # Errors
///
/// [`Problem::Invalid`] naming the parameter.
pub fn page(limit: Option<&str>, token: Option<&str>) -> Result<PageRequest, Problem> {
    let mut errors = Vec::new();
    let limit = match limit {
        None => Some(LIMIT_DEFAULT),
        Some(text) => text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)),
    };
    if limit.is_none() {
        errors.push(Invalid::new("limit", format!("must be a whole number from 1 to {LIMIT_MAX}")));
    }
    let after = token.map(Cursor::from_token);
    if after == Some(None) {
        errors.push(Invalid::new("pageToken", "must be the nextPageToken of an earlier answer"));
    }
    match limit {
        Some(limit) if errors.is_empty() => Ok(PageRequest { limit, after: after.flatten() }),
        _ => Err(Problem::Invalid(errors)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields_of(body: &Value) -> Vec<String> {
        match product(body.to_string().as_bytes()) {
            Err(Problem::Invalid(errors)) => errors.into_iter().map(|error| error.field).collect(),
            other => panic!("{body} gave {other:?}"),
        }
    }

    #[test]
    fn a_product_is_read() {
        let body = json!({"name": "Tea \u{2014} $(rm -rf /) {{x}}", "sku": "TEA-1.a_b", "priceCents": 0});
        let data = product(body.to_string().as_bytes()).unwrap();
        assert_eq!((data.sku.as_str(), data.price_cents), ("TEA-1.a_b", 0));
        assert_eq!(data.name, body["name"]);
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let body = json!({"name": "", "sku": "a b", "priceCents": -1, "version": 7});
        assert_eq!(fields_of(&body), ["version", "name", "sku", "priceCents"]);
        assert_eq!(fields_of(&json!({})), ["name", "sku", "priceCents"]);
    }

    #[test]
    fn limits_are_kept_to_the_character() {
        let with =
            |name: String, sku: String, price: Value| json!({"name": name, "sku": sku, "priceCents": price});
        let good = with("\u{e9}".repeat(200), "x".repeat(64), json!(1_000_000_000));
        assert!(product(good.to_string().as_bytes()).is_ok());
        assert_eq!(fields_of(&with("n".repeat(201), "s".into(), json!(1))), ["name"]);
        assert_eq!(fields_of(&with("a\u{7}".into(), "s".into(), json!(1))), ["name"]);
        assert_eq!(fields_of(&with(" ".into(), "s".into(), json!(1))), ["name"]);
        assert_eq!(fields_of(&with("n".into(), "x".repeat(65), json!(1))), ["sku"]);
        for price in [json!(1_000_000_001), json!(1.5), json!("1"), json!(null)] {
            assert_eq!(fields_of(&with("n".into(), "s".into(), price)), ["priceCents"]);
        }
    }

    #[test]
    fn what_is_no_object_or_too_large_is_refused() {
        for body in ["", "not json", "[]", "\"x\""] {
            assert!(matches!(product(body.as_bytes()), Err(Problem::Invalid(e)) if e[0].field == "body"));
        }
        assert_eq!(product(&vec![b' '; BODY_MAX + 1]), Err(Problem::TooLarge));
        let deep = format!("{{\"name\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
        assert!(matches!(product(deep.as_bytes()), Err(Problem::Invalid(_))));
    }

    #[test]
    fn if_match_is_an_etag_or_anything() {
        assert_eq!(expected_version(None), Ok(None));
        assert_eq!(expected_version(Some("*")), Ok(None));
        assert_eq!(expected_version(Some("\"12\"")), Ok(Some(12)));
        for bad in ["12", "\"x\"", "\"1\", \"2\"", "W/\"1\""] {
            assert!(
                matches!(expected_version(Some(bad)), Err(Problem::Invalid(e)) if e[0].field == "If-Match")
            );
        }
    }

    #[test]
    fn a_page_is_bounded() {
        assert_eq!(page(None, None), Ok(PageRequest { limit: 50, after: None }));
        for bad in ["0", "101", "x", "-1", ""] {
            assert!(matches!(page(Some(bad), None), Err(Problem::Invalid(e)) if e[0].field == "limit"));
        }
        assert!(matches!(page(None, Some("!")), Err(Problem::Invalid(e)) if e[0].field == "pageToken"));
    }
}
