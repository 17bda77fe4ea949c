//! The README's one command.

use std::io::Write;
use std::path::Path;
use std::time::Duration;
use tenantry_tests::cloud::{alone, run, tenantry};
use tenantry_tests::workspace;

/// What the README promises is a minute; a slower machine is no failure.
const LIMIT: Duration = Duration::from_secs(120);

/// `tenantry demo` shows two tenants from event to stack and back, each with an
/// API that takes its own tokens only, and leaves nothing running.
#[test]
fn the_demo_shows_the_main_job_and_leaves_nothing() {
    let ran = {
        let _machine = alone();
        run(tenantry().arg("demo")).exits(0)
    };
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.stdout);
    let head = ["TENANT", "ID", "ONBOARDED IN", "PRODUCTS", "OTHER'S TOKEN", "OFFBOARDED IN", "STACK"];
    assert_eq!(cells(lines[0]), head);
    for (line, tenant) in lines[1..].iter().zip(["Acme", "Globex"]) {
        let cells = cells(line);
        assert_eq!((cells[0], cells[3], cells[4], cells[6]), (tenant, "1", "401", "gone"), "{line}");
        for said in
            ["Provisioning", "state Deploy", "the stack is CREATE_COMPLETE", "Active", "Deprovisioned"]
        {
            let shown = |line: &str| line.contains(tenant) && line.contains(said);
            assert!(ran.stderr.lines().any(shown), "{tenant}: {said}\n{}", ran.stderr);
        }
    }
    assert!(!ran.stderr.contains('\u{1b}') && !ran.stdout.contains('\u{1b}'), "colours in a pipe");
    let home = workspace::root().join(".tenantry/demo");
    assert_eq!(processes_of(&home), Vec::<String>::new());
    assert!(!home.join("state.json").exists());

    let took = ran.stderr.lines().find_map(|line| line.split("the demo took ").nth(1));
    let took = took.and_then(|rest| rest.strip_suffix(" after the build")).expect("how long it took");
    // Not captured: whoever runs the tests wants to see it.
    writeln!(std::io::stderr(), "the demo took {took} after the build").expect("standard error");
    assert!(duration(took) < LIMIT, "{took}");
}

/// A table's cells, which two spaces or more keep apart.
fn cells(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

/// A duration as the command writes it: `4.2s`, `3m07s`.
fn duration(text: &str) -> Duration {
    let seconds = |text: &str| text.trim_end_matches('s').parse::<f64>().expect("a number of seconds");
    match text.split_once('m') {
        None => Duration::from_secs_f64(seconds(text)),
        Some((minutes, rest)) => Duration::from_secs_f64(seconds(minutes) * 60.0 + seconds(rest)),
    }
}

/// The processes that run in `home` or have it as their own home folder; their
/// command lines. Where there is no /proc, none is found.
fn processes_of(home: &Path) -> Vec<String> {
    let Ok(all) = std::fs::read_dir("/proc") else { return Vec::new() };
    let setting = format!("HOME={}", home.display());
    let is_of = |process: &Path| {
        let inside = std::fs::read_link(process.join("cwd")).is_ok_and(|folder| folder.starts_with(home));
        let environment = std::fs::read(process.join("environ")).unwrap_or_default();
        inside || environment.split(|byte| *byte == 0).any(|entry| entry == setting.as_bytes())
    };
    let shown = |process: &Path| {
        let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).replace('\0', " ")
    };
    let processes = all.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    processes.filter(|process| is_of(process)).map(|process| shown(&process)).collect()
}
