//! Where things are in the workspace.

use std::path::{Path, PathBuf};

/// The workspace's root folder.
#[must_use]
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace").to_owned()
}

/// Where cargo builds: this program itself is in its `release/deps`. Not
/// `target` in the root: `CARGO_TARGET_DIR` and cargo's settings may say
/// otherwise.
#[must_use]
pub fn target() -> PathBuf {
    let own = std::env::current_exe().expect("this program's own path");
    own.ancestors().nth(3).expect("tests are three folders deep").to_owned()
}

/// The text of a file of the workspace.
#[must_use]
pub fn read(path: &str) -> String {
    let full = root().join(path);
    std::fs::read_to_string(&full).unwrap_or_else(|error| panic!("{}: {error}", full.display()))
}

/// Compares a generated file with what is checked in; with `TENANTRY_BLESS=1`
/// it is written instead.
pub fn assert_generated(path: &str, content: &str) {
    let full = root().join(path);
    if std::env::var_os("TENANTRY_BLESS").is_some() {
        std::fs::create_dir_all(full.parent().expect("a folder")).expect("its folder can be made");
        std::fs::write(&full, content).expect("the generated file can be written");
    }
    let present = std::fs::read_to_string(&full).unwrap_or_default();
    assert_eq!(present, content, "{path} is out of date: run the tests with TENANTRY_BLESS=1 and commit it");
}

/// Every file below `folder`, sorted; none if there is no such folder.
#[must_use]
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    let mut found: Vec<PathBuf> = paths.flat_map(below).collect();
    found.sort();
    found
}
