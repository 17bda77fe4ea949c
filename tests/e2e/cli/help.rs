//! `--help`, of every command.

use std::fmt::Write;
use tenantry_tests::cloud::{run, tenantry};

/// Every command and subcommand says what it is for; all of it in one snapshot.
/// The options that all have stand apart, the same on every page, and in the
/// snapshot once.
#[test]
fn every_command_has_help() {
    let mut pages = String::new();
    let mut commands = vec![Vec::new()];
    let (mut seen, mut global) = (0, String::new());
    while let Some(path) = commands.pop() {
        // A default that comes from the environment is shown with its value.
        let ran = run(tenantry().env_remove("USER").args(&path).arg("--help")).exits(0);
        assert!(ran.stderr.is_empty() && ran.stdout.lines().count() > 5, "{path:?}: {}", ran.stdout);
        let (page, options) = apart(&ran.stdout);
        let call = [&path[..], &["--help".to_owned()]].concat().join(" ");
        if path.is_empty() {
            global = options;
            writeln!(pages, "$ tenantry {call}\n{}", ran.stdout).expect("a string");
        } else {
            assert_eq!(options, global, "{call}");
            writeln!(pages, "$ tenantry {call}\n{page}").expect("a string");
        }
        let below = subcommands(&ran.stdout);
        // The last one is the next one: in the order of the page.
        commands.extend(below.into_iter().rev().map(|name| [path.clone(), vec![name]].concat()));
        seen += 1;
    }
    assert!(seen > 20, "only {seen} commands");
    insta::assert_snapshot!("help", pages);
}

/// The page without its global options, and these.
fn apart(page: &str) -> (String, String) {
    let (mut rest, mut options, mut is_inside) = (String::new(), String::new(), false);
    for line in page.lines() {
        is_inside = line == "Global options:" || (is_inside && (line.is_empty() || line.starts_with(' ')));
        let into = if is_inside { &mut options } else { &mut rest };
        into.push_str(line);
        into.push('\n');
    }
    (rest.trim_end().to_owned() + "\n", options.trim_end().to_owned())
}

/// The names under "Commands:", without `help` itself.
fn subcommands(page: &str) -> Vec<String> {
    let list = page.lines().skip_while(|line| *line != "Commands:").skip(1);
    let list = list.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let names = list.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// Completions are a script that the shell takes and that knows the commands.
#[test]
fn completions_are_for_the_shell() {
    let script = run(tenantry().args(["completions", "bash"])).exits(0).stdout;
    for word in ["complete -F _tenantry", "onboard", "--idempotency-key"] {
        assert!(script.contains(word), "{word}");
    }
    let parsed = run(std::process::Command::new("bash").args(["-n", "-c", &script]));
    parsed.exits(0);
}
