//! Released schemas: kept as they were, and outlived by no one.

use crate::compat::breaks;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tenantry_events::catalogue::kind;
use tenantry_events::name::EventName;
use tenantry_tests::{examples, workspace};

const LIST: &str = "schemas/released.json";

/// Path below `schemas/released/` (`0.1.0/onboardingRequest/v1.json`) and
/// SHA-256 of every released schema.
fn released() -> BTreeMap<String, String> {
    let list: Value = serde_json::from_str(&workspace::read(LIST)).unwrap();
    serde_json::from_value(list["released"].clone()).expect("paths and hashes")
}

/// The event and version that a released schema is of.
fn identity(path: &str) -> (EventName, u32) {
    let [_, event, version] = path.split('/').collect::<Vec<_>>()[..] else {
        panic!("{path}: expected <release>/<event>/v<N>.json")
    };
    let version = version.strip_prefix('v').and_then(|rest| rest.strip_suffix(".json"));
    (event.parse().unwrap(), version.expect("v<N>.json").parse().unwrap())
}

/// Whether `path` (below `schemas/`) is of a version that was released and has
/// a newer one since: it stays.
pub(crate) fn is_superseded(path: &str) -> bool {
    released().keys().map(|path| identity(path)).any(|(event, version)| {
        let schema = format!("events/{event}/v{version}");
        kind(event).version > version
            && (path == format!("{schema}.json") || path == format!("{schema}.openapi.json"))
    })
}

fn sha256(text: &str) -> String {
    let bytes = Sha256::digest(text.as_bytes());
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// With `TENANTRY_FREEZE=<release>`, the schemas of today that no release has
/// yet are copied to `schemas/released/<release>/` and listed.
fn freeze(release: &str) {
    let mut list = released();
    for name in EventName::ALL {
        let version = kind(*name).version;
        let text = workspace::read(&format!("schemas/events/{name}/v{version}.json"));
        if list.values().all(|hash| *hash != sha256(&text)) {
            let path = format!("{release}/{name}/v{version}.json");
            let file = workspace::root().join("schemas/released").join(&path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, &text).unwrap();
            list.insert(path, sha256(&text));
        }
    }
    let mut document: Value = serde_json::from_str(&workspace::read(LIST)).unwrap();
    document["released"] = json!(list);
    std::fs::write(workspace::root().join(LIST), format!("{document:#}\n")).unwrap();
}

/// Every released schema is there, byte for byte, and none is there unlisted.
#[test]
fn released_schemas_never_change() {
    if let Ok(release) = std::env::var("TENANTRY_FREEZE") {
        freeze(&release);
    }
    let root = workspace::root().join("schemas/released");
    let present: BTreeMap<String, String> = workspace::files(&root)
        .iter()
        .map(|file| {
            let path = file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            (path, sha256(&std::fs::read_to_string(file).unwrap()))
        })
        .collect();
    let listed = released();
    let differ = |path: &&String| present.get(*path) != listed.get(*path);
    let changed: Vec<&String> = present.keys().chain(listed.keys()).filter(differ).collect();
    assert_eq!(changed, Vec::<&String>::new(), "changed, missing or not in {LIST}");
}

/// Who knows an event only as a release knew it accepts what is sent today: what
/// the publisher says of every change, and every example of a request.
#[test]
fn readers_of_released_schemas_accept_what_is_sent_today() {
    let examples = examples::valid().into_iter().map(|one| (one.title(), one.event, one.detail()));
    let today: Vec<_> = crate::publisher::sent().into_iter().chain(examples).collect();
    for path in released().keys() {
        let (event, version) = identity(path);
        if version != kind(event).version {
            continue;
        }
        let old: Value = serde_json::from_str(&workspace::read(&format!("schemas/released/{path}"))).unwrap();
        let reader = jsonschema::options().should_validate_formats(true).build(&old).expect("a schema");
        for (what, _, detail) in today.iter().filter(|(_, name, _)| *name == event) {
            let errors: Vec<String> = reader.iter_errors(detail).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{path}: {what}: {errors:?}");
        }
    }
}

/// A version of today serves everyone who knows a released schema of the same
/// version; a version that was released stays on disk when a newer one comes.
#[test]
fn released_versions_survive() {
    for path in released().keys() {
        let (event, version) = identity(path);
        let old: Value = serde_json::from_str(&workspace::read(&format!("schemas/released/{path}"))).unwrap();
        let today = kind(event);
        assert!(version <= today.version, "{path}: {event} went back to version {}", today.version);
        let file = workspace::read(&format!("schemas/events/{event}/v{version}.json"));
        let new =
            if version == today.version { today.json_schema() } else { serde_json::from_str(&file).unwrap() };
        let broken: Vec<String> = breaks(&old, &new).iter().map(ToString::to_string).collect();
        assert!(broken.is_empty(), "{event} needs a new version, because of\n{}", broken.join("\n"));
    }
}
