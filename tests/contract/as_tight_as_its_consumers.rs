//! What a consumer of a value refuses is refused at the door: numbers, fields
//! that are there twice, NULs, addresses, names as keys, ids in paths.

use proptest::prelude::*;
use serde_json::{Value, json};
use tenantry_events::catalogue::kind;
use tenantry_events::name::EventName;
use tenantry_events::receive::{RejectionCode, Violation};
use tenantry_events::sources::Sources;
use tenantry_events::text::{Email, RegistrationId, TenantName, name_key};
use tenantry_registry::store::tenant_item;
use tenantry_tests::builders::{changed, onboarding};
use tenantry_tests::{examples, schemas};

fn verdict(event: EventName, detail: &str) -> Result<(), Violation> {
    kind(event).validate(None, detail.as_bytes(), &Sources::default())
}

/// The path of every field of the event's full example, as it is said and as a
/// JSON pointer.
fn fields(event: EventName) -> Vec<(String, String)> {
    fn below(value: &Value, path: &str, pointer: &str, found: &mut Vec<(String, String)>) {
        for (name, field) in value.as_object().into_iter().flatten() {
            let (path, pointer) = (format!("{path}{name}"), format!("{pointer}/{name}"));
            found.push((path.clone(), pointer.clone()));
            below(field, &format!("{path}."), &pointer, found);
        }
    }
    let mut found = Vec::new();
    below(&examples::of(event, "full").detail(), "", "", &mut found);
    found
}

/// The full example with the JSON text `raw` at `pointer`.
fn with_raw(event: EventName, pointer: &str, raw: &str) -> String {
    const MARK: &str = "here it stands";
    let mut detail = examples::of(event, "full").detail();
    *detail.pointer_mut(pointer).unwrap() = json!(MARK);
    detail.to_string().replace(&format!("\"{MARK}\""), raw)
}

/// Significant digits and the power of ten of the first one; none for zero.
fn decimal(text: &str) -> (bool, String, i64) {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) =
        mantissa.trim_start_matches('-').split_once('.').unwrap_or((mantissa.trim_start_matches('-'), ""));
    let all = format!("{whole}{fraction}");
    let zeros = all.len() - all.trim_start_matches('0').len();
    let digits = all.trim_matches('0').to_owned();
    if digits.is_empty() {
        return (false, digits, 0);
    }
    let first = exponent.parse::<i64>().unwrap() + whole.len() as i64 - 1 - zeros as i64;
    (text.starts_with('-'), digits, first)
}

/// What the table holds of an attribute, and what comes back from there.
fn stored(detail: &str) -> (String, Value) {
    let value = serde_json::from_str::<Value>(detail).unwrap()["n"].clone();
    let item =
        serde_dynamo::to_attribute_value::<_, aws_sdk_dynamodb::types::AttributeValue>(&value).unwrap();
    let text = item.as_n().expect("a number").clone();
    (text, serde_dynamo::from_attribute_value(item).unwrap())
}

/// A number is accepted if and only if the table gives back what was written:
/// at most 38 digits, from 1E-130 to 9.99E+125, and nothing rounded on the way.
fn is_kept(number: &str) {
    let detail = format!(r#"{{"tenantName":"A","email":"a@b.example","tier":"t","n":{number}}}"#);
    let written = decimal(number);
    match verdict(EventName::OnboardingRequest, &detail) {
        Ok(()) => {
            let (kept, back) = stored(&detail);
            assert_eq!(decimal(&kept), written, "{number} is stored as {kept}");
            assert_eq!(decimal(&back.to_string()), written, "{number} comes back as {back}");
            assert!(written.1.len() <= 38 && (-130..=125).contains(&written.2), "{number}");
        }
        Err(violation) => {
            assert_eq!(
                (violation.code, violation.field.as_deref()),
                (RejectionCode::InvalidField, Some("n"))
            );
            let double: f64 = number.parse().unwrap();
            let whole = number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok();
            // As the table writes a double, and as JSON does.
            let forms = [format!("{double:e}"), json!(double).to_string()];
            let rounded = !whole && forms.iter().any(|form| form == "null" || decimal(form) != written);
            assert!(rounded || !(-130..=125).contains(&written.2), "{number} could have been kept");
        }
    }
}

/// Every power of ten and of two, and what is next to the whole numbers' ends.
#[test]
fn numbers_are_kept_exactly_or_refused_at_every_edge() {
    for exponent in -340..=340 {
        for number in
            [format!("1e{exponent}"), format!("-9.99E{exponent}"), format!("1.7976931348623157e{exponent}")]
        {
            is_kept(&number);
        }
    }
    for power in 0..=127u32 {
        for near in [-1i128, 0, 1] {
            let number = (1i128 << power.min(126)) + near;
            is_kept(&number.to_string());
            is_kept(&(-number).to_string());
        }
    }
    for number in ["0", "-0", "0.0", "-0e5", "1.0", "1e0", "0.1", "0.10", "100e-2", "1e-0", "0e400"] {
        assert!(verdict(EventName::IngestUsage, &format!(r#"{{"value":{number}}}"#)).is_ok(), "{number}");
        is_kept(number);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Numbers of any length and magnitude are kept exactly or refused.
    #[test]
    fn numbers_are_kept_exactly_or_refused(number in "-?(0|[1-9][0-9]{0,39})(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?") {
        is_kept(&number);
    }

    /// So is every double as it is usually written.
    #[test]
    fn every_double_is_kept_or_refused(double in proptest::num::f64::NORMAL) {
        is_kept(&format!("{double:e}"));
    }

    /// Of addresses in all their parts, the type and the schema say the same.
    #[test]
    fn addresses_are_the_same_to_type_and_schema(
        address in "[a-z.@<> é-]{0,6}[a-z0-9.+!#]{0,70}@{0,2}[a-zA-Z0-9.-]{0,70}(\\.[a-z-]{1,10}){0,2}"
    ) {
        // Only the length before the `@` is beyond what the schema says.
        let local = address.split('@').next().unwrap_or_default().len();
        let accepted = address.parse::<Email>().is_ok();
        prop_assert!(!accepted || local <= 64);
        if local <= 64 {
            same_of_schema("email", &address, accepted);
        }
    }
}

/// What the schema of an onboardingRequest says of a field is `expected`.
fn same_of_schema(field: &str, value: &str, expected: bool) {
    thread_local! {
        static VALIDATOR: jsonschema::Validator = schemas::validator(EventName::OnboardingRequest);
    }
    let mut detail = json!({ "tenantName": "A", "email": "a@b.example", "tier": "t" });
    detail[field] = json!(value);
    assert_eq!(VALIDATOR.with(|validator| validator.is_valid(&detail)), expected, "{field} {value:?}");
}

/// In every field of every event, at any depth: a number that is not kept
/// exactly is refused by the field's path, whatever the field is for.
#[test]
fn no_field_of_any_event_takes_a_number_that_is_not_kept() {
    let numbers = [
        "1e300",
        "-1e126",
        "1e-200",
        "1e400",
        "18446744073709551616",
        "12345678901234567890123",
        "0.12345678901234567890",
    ];
    for event in EventName::ALL {
        for (path, pointer) in fields(*event) {
            for number in numbers {
                let violation = verdict(*event, &with_raw(*event, &pointer, number)).expect_err(&path);
                assert_eq!(
                    (violation.code, violation.field.as_ref()),
                    (RejectionCode::InvalidField, Some(&path)),
                    "{event}"
                );
                assert!(violation.message.contains("9.99E+125"), "{event} {path}: {}", violation.message);
            }
        }
    }
}

/// In every event, at any depth: a field that is there twice is refused by its
/// path, with the same value as well as with another.
#[test]
fn no_event_takes_a_field_twice() {
    for event in EventName::ALL {
        let full = examples::of(*event, "full").detail();
        for (path, pointer) in fields(*event) {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let mut outer = full.clone();
            let object = outer.pointer_mut(parent).unwrap();
            let fields = object.to_string();
            *object = json!("here it stands");
            let text = match parent {
                "" => with_closed(&fields, name),
                _ => outer.to_string().replace("\"here it stands\"", &with_closed(&fields, name)),
            };
            let violation = verdict(*event, &text).expect_err(&path);
            assert_eq!(
                (violation.code, violation.field),
                (RejectionCode::DuplicateField, Some(path)),
                "{event}: {text}"
            );
        }
    }
}

/// The object `fields` with one more field `name`.
fn with_closed(fields: &str, name: &str) -> String {
    format!("{},\n{}:\"again\"}}", fields.strip_suffix('}').unwrap(), json!(name))
}

/// In every field of every event, as a value and as a name: no NUL, which no
/// environment variable and no parameter file of an application plane holds.
#[test]
fn no_event_takes_a_nul() {
    for event in EventName::ALL {
        for (path, pointer) in fields(*event) {
            for raw in [r#""a\u0000b""#, r#"["\u0000"]"#, r#"{"a\u0000": 1}"#] {
                let violation = verdict(*event, &with_raw(*event, &pointer, raw)).expect_err(&path);
                assert_eq!(violation.code, RejectionCode::InvalidField, "{event} {path}");
                assert!(violation.field.unwrap_or_default().starts_with(&path), "{event} {path}");
            }
        }
    }
}

/// The lengths of an address, each at its limit and one beyond it.
#[test]
fn an_address_is_as_long_as_cognito_takes_a_name() {
    let of = |local: usize, labels: &[usize]| {
        let labels: Vec<String> = labels.iter().map(|length| "d".repeat(*length)).collect();
        format!("{}@{}", "l".repeat(local), labels.join("."))
    };
    let cases = [
        (of(64, &[59, 3]), true),
        (of(64, &[60, 3]), false),
        (of(65, &[50, 3]), false),
        (of(1, &[63, 2]), true),
        (of(1, &[64, 2]), false),
        (of(1, &[1, 1]), true),
        (of(1, &[9]), false),
        (of(0, &[3, 3]), false),
    ];
    for (address, accepted) in cases {
        assert_eq!(address.parse::<Email>().is_ok(), accepted, "{address} ({})", address.len());
        if !address.starts_with(&"l".repeat(65)) {
            same_of_schema("email", &address, accepted);
        }
    }
    for wrong in [
        "<a@b.c>",
        "a b@c.de",
        ".a@b.cd",
        "a.@b.cd",
        "a..b@c.de",
        "a@-b.cd",
        "a@b-.cd",
        "a@b..cd",
        "a@b.cd.",
        "a@b@c.de",
        "\"a\"@b.cd",
        "a@[127.0.0.1]",
        "ä@b.cd",
        "a@ä.cd",
        "a@b.cd\n",
    ] {
        assert!(wrong.parse::<Email>().is_err(), "{wrong:?}");
        same_of_schema("email", wrong, false);
    }
}

/// Whatever a name is made of: if it is accepted, its key fits DynamoDB's keys.
#[test]
fn every_name_fits_the_tables_keys() {
    let refused = "\u{fdfa}".repeat(100).parse::<TenantName>().unwrap_err().to_string();
    assert_eq!(refused, "must be at most 800 bytes long in the form that names are compared by, was 3300");
    let mut longest = changed(None, &onboarding("acme"));
    // A hundred of what has at most eight bytes in its key fit in any case.
    for c in ('\0'..=char::MAX).filter(|c| name_key(&c.to_string()).len() > 8) {
        let text = |n: usize| c.to_string().repeat(n).parse::<TenantName>();
        let Some(name) = (1..=100).rev().find_map(|n| text(n).ok()) else { continue };
        assert!(name.key().len() <= TenantName::KEY_MAX && !name.key().is_empty(), "{c:?}");
        if name.key().len() > longest.tenant_name.key().len() {
            longest.tenant_name = name;
        }
    }
    let item = tenant_item(&longest).unwrap();
    let bytes = item["nameKey"].as_s().unwrap().len();
    assert!((800..=1_024).contains(&bytes), "an index's sort key has {bytes} bytes");
}

/// An id that would vanish from a URL's path is no id.
#[test]
fn no_id_is_only_dots() {
    for dots in [".", "..", "..."] {
        assert!(dots.parse::<RegistrationId>().is_err() && dots.parse::<TenantName>().is_err());
        same_of_schema("tenantRegistrationId", dots, false);
        same_of_schema("tenantName", dots, false);
    }
    for fine in [".a", "a.", "..-", "1.2"] {
        assert!(fine.parse::<RegistrationId>().is_ok(), "{fine}");
        same_of_schema("tenantRegistrationId", fine, true);
    }
}
