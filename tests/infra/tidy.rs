//! The order of the house, over every file that git knows or would take.

use crate::support::run;
use std::process::Command;
use tenantry_tests::workspace;

/// Crates whose code runs for users.
const PRODUCT: [&str; 6] =
    ["application/src/", "cli/src/", "events/src/", "handlers/src/", "operations/src/", "registry/src/"];

/// Files that may be longer than 400 lines, each with its reason. None is.
const LONG: [&str; 0] = [];

/// Every Rust file begins by saying what it is.
#[test]
fn every_rust_file_says_what_it_is() {
    for (path, source) in rust() {
        assert!(source.starts_with("//! "), "{path} has no description");
    }
}

/// No Rust file of the product is too long to be read at one sitting.
#[test]
fn no_file_is_too_long() {
    for (path, source) in product() {
        let lines = source.lines().count();
        assert!(lines <= 400 || LONG.contains(&path.as_str()), "{path} has {lines} lines");
    }
}

/// Nothing in the product panics on purpose outside its tests; clippy says the
/// same of what these words do not cover, unless somebody allows it.
#[test]
fn the_product_does_not_panic() {
    for (path, source) in product() {
        // A module of tests closes its file.
        let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for call in [
                ".unwrap()",
                ".expect(\"",
                "panic!(",
                "todo!(",
                "unimplemented!(",
                "unreachable!(",
                "allow(clippy::unwrap",
                "allow(clippy::expect",
                "allow(clippy::panic",
            ] {
                assert!(!code.contains(call), "{path}:{} has {call}", number + 1);
            }
        }
    }
}

/// A function's binary builds what the function needs and no more.
#[test]
fn binaries_are_thin() {
    for (path, source) in rust().into_iter().filter(|(path, _)| path.contains("/src/bin/")) {
        assert!(source.lines().count() < 25, "{path} does more than to build its dependencies");
    }
}

/// No line ends in blanks, no file without a line's end or in an empty line.
#[test]
fn no_trailing_whitespace() {
    // Examples of events are what senders send, mistakes included; snapshots are written by a tool.
    let exempt = |path: &str| path.starts_with("events/examples/") || path.ends_with(".snap");
    for (path, source) in texts(|path| !exempt(path)) {
        let found = source.lines().position(|line| line.ends_with([' ', '\t', '\r']));
        assert_eq!(found, None, "{path} has blanks at a line's end");
        assert!(source.is_empty() || source.ends_with('\n'), "{path} has no end of line at its end");
        assert!(!source.ends_with("\n\n"), "{path} ends in an empty line");
    }
}

/// What a laptop makes (builds, virtual environment, caches) is not in the
/// repository.
#[test]
fn nothing_that_was_made_is_in_the_repository() {
    for path in paths() {
        let made = ["target/", ".tenantry/", "__pycache__/", ".pyc", ".snap.new", "node_modules/"];
        assert!(!made.iter().any(|part| path.contains(part)), "{path}");
    }
}

fn product() -> Vec<(String, String)> {
    let of_product = |path: &str| PRODUCT.iter().any(|folder| path.starts_with(folder));
    let tests = |path: &str| path.ends_with("/tests.rs") || path.contains("/tests/");
    rust().into_iter().filter(|(path, _)| of_product(path) && !tests(path)).collect()
}

fn rust() -> Vec<(String, String)> {
    texts(|path| path.ends_with(".rs"))
}

/// The files whose paths are wanted, with what is in them.
fn texts(wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let wanted = paths().into_iter().filter(|path| wanted(path));
    wanted.map(|path| (workspace::read(&path), path)).map(|(source, path)| (path, source)).collect()
}

/// Every file that is in the repository or would be, relative to its root.
fn paths() -> Vec<String> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let listed = run(Command::new("git").args(arguments).current_dir(workspace::root()));
    let present = |path: &&str| workspace::root().join(path).is_file();
    let paths: Vec<_> = listed.lines().filter(present).map(str::to_owned).collect();
    assert!(paths.len() > 100, "git lists the workspace's files");
    paths
}
