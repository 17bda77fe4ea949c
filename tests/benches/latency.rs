//! How long it takes from an onboardingRequest to its success when the build is
//! empty: what the control plane itself adds. Here, and with SBT's own application
//! plane (which needs npm), on one local cloud, one after the other.
//!
//! `.ci/bench latency` runs it; with `--write` the figures go into
//! `docs/performance.md`.

// A benchmark says what it measured.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tenantry_tests::cloud::{Cloud, Settings, until};
use tenantry_tests::external::{Scripts, sbts_plane};
use tenantry_tests::workspace;
use tokio::runtime::Runtime;
use uuid::Uuid;

const BEGIN: &str = "<!-- timed: begin -->\n";
const END: &str = "<!-- timed: end -->\n";

/// How often each is measured, after once for practice.
const RUNS: usize = 9;

/// What is measured: who listens on which bus to what, and how it says that it is done.
struct Subject {
    name: &'static str,
    bus: &'static str,
    source: &'static str,
    asked: &'static str,
    done: &'static str,
}

const OURS: Subject = Subject {
    name: "Tenantry, `onboardingRequest` to `onboardingSuccess`",
    bus: "tenantry",
    source: "sbt.control.plane",
    asked: "sbt_aws_onboardingRequest",
    done: "sbt_aws_onboardingSuccess",
};
const SBTS: Subject = Subject {
    name: "SBT's application plane, `onboardingRequest` to `provisionSuccess`",
    bus: "sbt-alone",
    source: "controlPlaneEventSource",
    asked: "onboardingRequest",
    done: "provisionSuccess",
};

/// What the local cloud notes of each event: when, bus, detail type, whose.
type Moment = (f64, String, String, Option<String>);

struct Field {
    cloud: Cloud,
    moments: PathBuf,
    events: aws_sdk_eventbridge::Client,
    runtime: Runtime,
}

/// Seconds until the first, the middle and the last of those who asked at once were done.
type Took = [f64; 3];

impl Field {
    fn new() -> Self {
        let moments = std::env::temp_dir().join(format!("tenantry-moments-{}", std::process::id()));
        std::fs::write(&moments, "").unwrap();
        let plugin = workspace::root().join("tests/cloud/moments.py");
        let settings = Settings {
            variables: vec![
                ("TENANTRY_LOCAL_PLUGIN", plugin.to_str().unwrap().to_owned()),
                ("TENANTRY_LOCAL_MOMENTS", moments.to_str().unwrap().to_owned()),
            ],
            parameters: Vec::new(),
        };
        let cloud = Cloud::own("latency", &settings);
        let events = aws_sdk_eventbridge::Client::new(&cloud.access().config());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { cloud, moments, events, runtime }
    }

    /// So many tenants ask at once.
    fn measure(&self, subject: &Subject, count: usize) -> Took {
        let ids: Vec<String> = (0..count).map(|_| Uuid::new_v4().to_string()).collect();
        let entry = |id: &String| {
            let detail = json!({
                "tenantId": id, "tenantRegistrationId": id, "tenantName": format!("Tenant {id}"),
                "email": "admin@acme.example", "tier": "platinum", "prices": [],
            });
            let entry = PutEventsRequestEntry::builder().event_bus_name(subject.bus).source(subject.source);
            entry.detail_type(subject.asked).detail(detail.to_string()).build()
        };
        let put = self.events.put_events().set_entries(Some(ids.iter().map(entry).collect()));
        let answer = self.runtime.block_on(async { put.send().await }).expect("the bus takes them");
        assert_eq!(answer.failed_entry_count, 0);
        let took = until(subject.name, || self.took(subject, &ids));
        // Until all that follows is over, too.
        std::thread::sleep(Duration::from_secs(2));
        took
    }

    /// `None` as long as not all are done.
    fn took(&self, subject: &Subject, ids: &[String]) -> Option<Took> {
        let noted = std::fs::read_to_string(&self.moments).unwrap();
        let (mut asked, mut done) = (BTreeMap::new(), BTreeMap::new());
        for line in noted.lines() {
            let Ok((at, bus, kind, whose)) = serde_json::from_str::<Moment>(line) else { continue };
            let Some(whose) = whose.filter(|_| bus == subject.bus) else { continue };
            if kind == subject.asked {
                asked.entry(whose).or_insert(at);
            } else if kind == subject.done {
                done.entry(whose).or_insert(at);
            }
        }
        let each = ids.iter().map(|id| Some(done.get(id)? - asked[id]));
        let mut each = each.collect::<Option<Vec<f64>>>()?;
        each.sort_by(f64::total_cmp);
        Some([each[0], each[each.len() / 2], each[each.len() - 1]])
    }

    /// The medians of several runs.
    fn medians(&self, subject: &Subject, count: usize) -> Took {
        self.measure(subject, count);
        let runs: Vec<Took> = (0..RUNS).map(|_| self.measure(subject, count)).collect();
        println!("{}, {count}: {runs:.3?}", subject.name);
        [0, 1, 2].map(|which| {
            let mut all: Vec<f64> = runs.iter().map(|run| run[which]).collect();
            all.sort_by(f64::total_cmp);
            all[RUNS / 2]
        })
    }
}

/// The build of the silo tier does nothing, in one command, as one of SBT's does.
fn empty_the_build(cloud: &Cloud) {
    let buildspec = "version: 0.2\nphases: {build: {commands: [':']}}\n";
    let source = json!({ "type": "NO_SOURCE", "buildspec": buildspec }).to_string();
    let update = ["codebuild", "update-project", "--name", "tenantry-provision-silo", "--source", &source];
    cloud.aws(&update).exits(0);
}

fn deploy_sbts(cloud: &Cloud) {
    cloud.aws(&["events", "create-event-bus", "--name", SBTS.bus]).exits(0);
    let bootstrap =
        ["ssm", "put-parameter", "--name", "/cdk-bootstrap/hnb659fds/version", "--type", "String"];
    cloud.aws(&[&bootstrap[..], &["--value", "30", "--overwrite"]].concat()).exits(0);
    cloud.deploy_template(SBTS.bus, &sbts_plane(SBTS.bus, Scripts::Empty), &[]);
}

fn write(page: &Path, table: &str) {
    let text = std::fs::read_to_string(page).unwrap();
    let (head, rest) = text.split_once(BEGIN).expect("where the times begin");
    let (_, tail) = rest.split_once(END).expect("where they end");
    std::fs::write(page, format!("{head}{BEGIN}\n{table}\n{END}{tail}")).unwrap();
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let field = Field::new();
    empty_the_build(&field.cloud);
    deploy_sbts(&field.cloud);
    let cores = std::thread::available_parallelism().unwrap();
    let mut table = format!(
        "Medians of {RUNS} runs on {cores} cores, in seconds.\n\n\
         | | one tenant | ten at once, the middle one | ten at once, the last one |\n|---|---:|---:|---:|\n"
    );
    let mut rows: Vec<[f64; 3]> = Vec::new();
    for subject in [&SBTS, &OURS] {
        let [one, ..] = field.medians(subject, 1);
        let [_, middle, last] = field.medians(subject, 10);
        rows.push([one, middle, last]);
        writeln!(table, "| {} | {one:.2} | {middle:.2} | {last:.2} |", subject.name).unwrap();
    }
    let times = [0, 1, 2].map(|which| format!("{:.1}×", rows[1][which] / rows[0][which]));
    writeln!(table, "| Tenantry's beside SBT's | {} |", times.join(" | ")).unwrap();
    println!("{table}");
    if arguments.iter().any(|argument| argument == "--write") {
        write(&workspace::root().join("docs/performance.md"), &table);
    }
    let _: Result<(), _> = std::fs::remove_file(&field.moments);
}
