//! The Python parts have suites of their own; they run with everything else.

use crate::support::run;
use std::process::Command;
use tenantry_tests::{venv, workspace};

/// The overlay of the local cloud imitates AWS as documented: its own suite
/// passes.
#[test]
fn the_overlays_suite_passes() {
    passes(venv::command("python").env("PYTHONPATH", "infra/local").args(suite("infra/local")));
}

/// The builds' scripts do what they say, with the standard library alone: `-S`
/// leaves out every installed package.
#[test]
fn the_silo_packages_suite_passes() {
    passes(venv::command("python").arg("-S").args(suite("infra/silo")));
}

/// Every statement of every policy is one that AWS's published data of actions,
/// resources and condition keys gives an effect; and the role that deploys a
/// tenant's stack may make every call that the published schemas of its
/// resource types name, and touches nothing that is not a tenant's.
#[test]
fn policies_are_as_aws_publishes_its_services() {
    // The SAM transform wants a region.
    passes(venv::command("python").env("AWS_DEFAULT_REGION", "us-east-1").args([
        "-m",
        "unittest",
        "discover",
        "-s",
        "tests/infra/published",
        "-t",
        "tests/infra",
    ]));
}

/// The emulator in the virtual environment is the one that the overlay fits.
#[test]
fn the_overlay_fits_the_emulator() {
    let check = "from tenantry_local import seams; seams.check()";
    run(venv::command("python").env("PYTHONPATH", "infra/local").args(["-c", check]));
}

/// No script hands text to a shell, or to Python, as code.
#[test]
fn no_build_script_runs_text_as_code() {
    for path in
        crate::support::files("infra/silo").iter().filter(|path| path.extension().is_some_and(|e| e == "py"))
    {
        let source = std::fs::read_to_string(path).unwrap();
        for call in ["shell=True", "os.system", "os.popen", "getoutput", "eval(", "exec("] {
            assert!(!source.contains(call), "{} has {call}", path.display());
        }
    }
}

fn suite(folder: &str) -> Vec<String> {
    let tests = workspace::root().join(folder).join("tests");
    let arguments = ["-m", "unittest", "discover", "-s", tests.to_str().unwrap(), "-t", folder];
    arguments.map(str::to_owned).to_vec()
}

/// An empty suite would pass too, so the number of its tests is looked at.
fn passes(command: &mut Command) {
    let said = run(command);
    let ran = said.lines().find_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse::<u32>().ok());
    assert!(ran.is_some_and(|tests| tests > 0), "{said}");
    assert!(!said.contains("skipped="), "{said}");
}
