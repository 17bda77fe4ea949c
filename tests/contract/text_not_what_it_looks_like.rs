//! Text that people read: nothing hidden in it, one key for what looks the same,
//! and what scripts and emoji need stays.

use serde_json::json;
use tenantry_events::name::EventName;
use tenantry_events::text::{Person, Reason, TenantName, is_hidden, name_key};

fn accepted(text: &str) -> bool {
    text.parse::<TenantName>().is_ok()
}

/// What stands around a character when it is tried beside itself alone: what
/// selectors, joiners and tags may stand behind.
const AROUND: [(&str, &str); 5] = [
    ("1", ""),
    ("\u{1820}", "x"),
    ("\u{6cc}", "\u{62e}"),
    ("\u{1f3f4}", "\u{e007f}"),
    ("\u{1f469}\u{fe0f}", "\u{1f680}"),
];

/// Over the whole of Unicode the schema's pattern and the type say the same; of
/// what is hidden also in every company.
#[test]
fn schema_and_type_agree_over_the_whole_of_unicode() {
    let schema = tenantry_events::catalogue::kind(EventName::OnboardingRequest).json_schema();
    let schema = schema.pointer("/properties/tenantName").expect("the name's schema");
    let validator = jsonschema::validator_for(schema).unwrap();
    let agree = |text: String| {
        assert_eq!(validator.is_valid(&json!(text)), accepted(&text), "{}", text.escape_unicode())
    };
    for c in '\0'..=char::MAX {
        agree(String::from(c));
        if is_hidden(c) && !('\u{f0000}'..'\u{10fff0}').contains(&c) {
            agree(format!("a{c}b"));
            AROUND.iter().for_each(|(before, after)| agree(format!("{before}{c}{after}")));
        }
    }
}

/// Over the whole of Unicode: every text that people read has the same rule, and
/// nothing hidden is in any but where it is needed.
#[test]
fn all_texts_have_one_rule() {
    for c in '\0'..=char::MAX {
        let text = format!("a{c}b");
        let verdicts = [accepted(&text), text.parse::<Reason>().is_ok(), text.parse::<Person>().is_ok()];
        assert!(
            verdicts.iter().all(|verdict| *verdict != is_hidden(c)),
            "U+{:04X}: {verdicts:?}",
            u32::from(c)
        );
    }
}

/// Over the whole of Unicode: case does not make another key, nor does what the
/// key itself is made of; a name that is accepted has a key.
#[test]
fn one_key_whatever_the_case() {
    for c in '\0'..=char::MAX {
        let (text, upper) = (c.to_string(), c.to_uppercase().collect::<String>());
        let (lower, key) = (c.to_lowercase().collect::<String>(), name_key(&c.to_string()));
        assert_eq!(name_key(&key), key, "U+{:04X}", u32::from(c));
        assert_eq!(name_key(&lower), key, "U+{:04X}", u32::from(c));
        // The dotless i is another letter than the i whose upper case it shares.
        assert!(c == 'ı' || name_key(&upper) == key, "U+{:04X}", u32::from(c));
        assert!(!accepted(&text) || !key.is_empty(), "U+{:04X}", u32::from(c));
    }
}

/// Names that differ in nothing that people see, or only in case, width or form,
/// are one name.
#[test]
fn twins_collide() {
    let twins = [
        ("ΟΔΥΣΣΕΥΣ ΑΕ", "Οδυσσευς ΑΕ"),
        ("STRASSE", "Straße"),
        ("  ACME   Corp ", "acme corp"),
        ("Ａcme", "acme"),
        ("Acme", "Ac\u{ad}me"),
        ("Acme", "Acme\u{61c}"),
        ("Acme", "Ac\u{200d}me"),
        ("Acme", "Acme\u{fe0f}"),
        ("Acme", "Acme\u{2800}"),
        ("Acme", "Acme\u{e0041}"),
        ("Acme Corp", "Acme\u{3000}Corp"),
        ("Café", "Cafe\u{301}"),
        ("ﬁne", "fine"),
        ("می\u{200c}خواهم", "میخواهم"),
        ("❤\u{fe0f} Health", "❤ health"),
        ("Ⅳ", "iv"),
    ];
    for (one, other) in twins {
        assert_eq!(name_key(one), name_key(other), "{one:?} {other:?}");
    }
    for (one, other) in [("Acme", "Acne"), ("Ärzte", "Arzte"), ("ı", "i"), ("が", "か")] {
        assert_ne!(name_key(one), name_key(other), "{one:?} {other:?}");
    }
}

/// What a script or an emoji needs stays: Persian, Indic scripts, Mongolian,
/// ideographs in their variants, families, flags and keycaps.
#[test]
fn honest_names_are_accepted() {
    let names = [
        "Acme",
        "Müller & Söhne",
        "O’Neill",
        "株式会社ソニー",
        "葛\u{e0100}城市",
        "삼성",
        "שָׁלוֹם",
        "می\u{200c}خواهم",
        "क्\u{200d}ष",
        "ශ්\u{200d}රී ලංකා",
        "র\u{200d}্যাব",
        "ന്\u{200d}",
        "ᠮᠣᠩᠭᠣᠯ\u{180e}ᠠ",
        "ไทย",
        "Ελλάδα",
        "Привет",
        "👨\u{200d}👩\u{200d}👧 Family",
        "❤\u{fe0f}\u{200d}🔥",
        "🏳\u{fe0f}\u{200d}🌈",
        "👩🏽\u{200d}🚀",
        "1\u{fe0f}\u{20e3}",
        "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} England",
        "Ａ１",
        "a.b",
        "$(reboot)",
        "؀١٢٣",
    ];
    for name in names {
        assert_eq!(name.parse::<TenantName>().map(|_| ()), Ok(()), "{name:?}");
    }
}

/// Nothing to see, or something hidden where nothing needs it: refused.
#[test]
fn hidden_text_is_refused() {
    let names = [
        "\u{3164}\u{3164}",
        "\u{2800}",
        "\u{ffa0}",
        "\u{115f}",
        "\u{200d}",
        "\u{fe0f}",
        "Ac\u{ad}me",
        "Acme\u{61c}",
        "Ac\u{200b}me",
        "\u{202e}emcA",
        "\u{2067}a\u{2069}",
        "Ac\u{2063}me",
        "Ac\u{200d}me",
        "Acme\u{fe0f}",
        "a\u{feff}",
        "Acme\u{e0041}",
        "🏴\u{e0067}\u{e0062}",
        "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e0067}\u{e0067}\u{e007f}",
        "👨\u{200d}\u{200d}👩",
        "می\u{200c}\u{200c}خ",
        "❤\u{fe0f}\u{fe0f}",
        " \u{fe0f}a",
        "\u{34f}a",
        "a\u{180b}",
        "a\u{e000}",
        "a\u{ffff}",
        "a\u{fdd0}",
        "a\u{fff9}b",
        "a\u{2028}b",
        "a\u{85}b",
        " . ",
        "…\u{2800}\u{ad}",
        "a\0",
    ];
    for name in names {
        assert!(!accepted(name), "{name:?}");
    }
}
