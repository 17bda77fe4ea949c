//! SBT's own application plane, as its constructs synthesize it; that needs npm.

use crate::access::REGION;
use crate::cloud::run;
use crate::workspace;
use std::path::PathBuf;
use std::process::Command;

/// What the jobs of SBT's plane run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scripts {
    /// As SBT's sample does, by what a tenant's address says.
    AsTold,
    /// Nothing.
    Empty,
}

/// The template of SBT's `CoreApplicationPlane` with ScriptJobs, for the bus called
/// `bus`.
#[must_use]
pub fn sbts_plane(bus: &str, scripts: Scripts) -> PathBuf {
    let folder = workspace::root().join("target/sbt");
    std::fs::create_dir_all(&folder).expect("a folder");
    for file in ["package.json", "synth.cjs"] {
        let source = workspace::root().join("tests/sbt/plane").join(file);
        std::fs::copy(source, folder.join(file)).expect("a copy");
    }
    run(Command::new("npm").args(["install", "--silent", "--no-audit", "--no-fund"]).current_dir(&folder))
        .exits(0);
    let arn = format!("arn:aws:events:{REGION}:000000000000:event-bus/{bus}");
    let mut synthesize = Command::new("node");
    synthesize.arg("synth.cjs").env("BUS_ARN", arn).current_dir(&folder);
    match scripts {
        Scripts::AsTold => synthesize.env_remove("SCRIPTS"),
        Scripts::Empty => synthesize.env("SCRIPTS", "empty"),
    };
    run(&mut synthesize).exits(0);
    folder.join("cdk.out/sbt-plane.template.json")
}
