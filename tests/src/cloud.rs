//! Local clouds with the control plane in them, as `tenantry local up` makes
//! them: the real command, the packaged functions, the AWS CLI. One for a whole
//! test binary, or one of a test's own; stopped with the test process at the
//! latest, however that ends.

mod api;
mod command;
mod ears;
mod events;
mod plane;
mod process;
mod screen;
mod tenant_api;
mod tenants;

pub use api::{Answer, Api, Ask, PASSWORD};
pub use command::{Ran, Running, run, run_with, start};
pub use ears::DeadLetter;
pub use plane::{Picture, Plane};
pub use process::Settings;
pub use screen::Screen;
pub use tenant_api::TenantApi;
pub use tenants::request;

use crate::access::Access;
use crate::{venv, workspace};
use ears::Ears;
use process::Process;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

/// How long anything may take that a test waits for: far longer than it does
/// on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// A running cloud, and who listens to it.
#[derive(Debug)]
pub struct Cloud {
    process: Process,
    settings: Settings,
    variables: Vec<(String, String)>,
    ears: Option<Ears>,
}

/// A test's use of the cloud. While there is one, nobody has the machine alone.
#[derive(Debug)]
pub struct Visit {
    cloud: &'static Cloud,
    _shared: RwLockReadGuard<'static, ()>,
}

static CLOUD: OnceLock<Cloud> = OnceLock::new();
static MACHINE: RwLock<()> = RwLock::new(());

/// The cloud; the first who asks starts it.
#[must_use]
pub fn cloud() -> Visit {
    let shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    Visit { cloud: CLOUD.get_or_init(Cloud::heard_by_all), _shared: shared }
}

/// The machine without any other test at work, for what is timed.
pub fn alone() -> RwLockWriteGuard<'static, ()> {
    MACHINE.write().unwrap_or_else(PoisonError::into_inner)
}

/// The cloud without any other test at work, for what takes all that it can do.
#[derive(Debug)]
pub struct Alone {
    cloud: &'static Cloud,
    _alone: RwLockWriteGuard<'static, ()>,
}

/// The cloud, once nobody else uses it.
#[must_use]
pub fn cloud_alone() -> Alone {
    let alone = alone();
    Alone { cloud: CLOUD.get_or_init(Cloud::heard_by_all), _alone: alone }
}

impl Deref for Alone {
    type Target = Cloud;

    fn deref(&self) -> &Cloud {
        self.cloud
    }
}

impl Deref for Visit {
    type Target = Cloud;

    fn deref(&self) -> &Cloud {
        self.cloud
    }
}

impl Cloud {
    /// A cloud of a test's own, called `name`, to whose bus nobody listens; it
    /// is stopped when it is dropped.
    #[must_use]
    pub fn own(name: &str, settings: &Settings) -> Self {
        let process = Process::start(name, settings);
        let printed = run(tenantry().args(["local", "env", "--home"]).arg(&process.home)).exits(0).stdout;
        let variable = |line: &str| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            // As a shell would read it.
            Some((name.to_owned(), value.trim_matches('\'').to_owned()))
        };
        let variables = printed.lines().filter_map(variable).collect();
        Self { process, settings: settings.clone(), variables, ears: None }
    }

    fn heard_by_all() -> Self {
        let cloud = Self::own("e2e", &Settings::default());
        let mut listen = tenantry();
        listen.envs(cloud.variables.clone()).args(["event", "tail", "--output", "json"]);
        let ears = Ears::listen(listen);
        ears.read_dead_letters(cloud.access());
        Self { ears: Some(ears), ..cloud }
    }

    fn ears(&self) -> &Ears {
        self.ears.as_ref().expect("a cloud whose bus is listened to")
    }

    /// Kills the cloud itself with SIGKILL, in the middle of whatever it is at.
    pub fn kill(&self) {
        let status = run(tenantry().args(["local", "status", "--output", "json", "--home"]).arg(self.home()));
        let pid = status.exits(0).json()["pid"].as_i64().and_then(|pid| pid.try_into().ok());
        let pid = nix::unistd::Pid::from_raw(pid.expect("a process"));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).expect("it runs");
        // Its port is the last thing that it lets go.
        until("the cloud to be gone", || std::net::TcpListener::bind(("127.0.0.1", self.port())).ok());
    }

    fn port(&self) -> u16 {
        self.endpoint().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
    }

    /// Starts the cloud again after that, at its old address and from its
    /// saved state, without deploying anything.
    pub fn revive(&self) {
        let port = self.port().to_string();
        let mut up = tenantry();
        up.envs(self.settings.variables.iter().map(|(name, value)| (name, value)));
        up.args(["local", "up", "--detach", "--no-deploy", "--port", &port, "--home"]).arg(self.home());
        run(&mut up).exits(0);
    }

    /// The cloud's folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.process.home
    }

    /// Where [`crate::machine_faults::plan`] has to put plans for it.
    #[must_use]
    pub fn faults(&self) -> PathBuf {
        self.process.home.join("faults")
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.variable("AWS_ENDPOINT_URL")
    }

    /// Its address and credentials.
    #[must_use]
    pub fn access(&self) -> Access {
        let value = |name: &str| self.variable(name).to_owned();
        Access {
            endpoint: value("AWS_ENDPOINT_URL"),
            key: value("AWS_ACCESS_KEY_ID"),
            secret: value("AWS_SECRET_ACCESS_KEY"),
        }
    }

    fn variable(&self, name: &str) -> &str {
        let found = self.variables.iter().find(|(found, _)| found == name);
        &found.unwrap_or_else(|| panic!("`local env` has {name}")).1
    }

    /// `tenantry`, pointed at this cloud by what `tenantry local env` prints.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = tenantry();
        command.envs(self.variables.clone());
        command
    }

    /// Runs `tenantry` on this cloud.
    #[must_use]
    pub fn tenantry(&self, arguments: &[&str]) -> Ran {
        run(self.command().args(arguments))
    }

    /// `tenantry` on this cloud, with the JSON that it prints; panics unless it
    /// exits with 0.
    #[must_use]
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        run(self.command().args(arguments).args(["--output", "json"])).exits(0).json()
    }

    /// Runs the AWS CLI on this cloud, with the same variables.
    #[must_use]
    pub fn aws(&self, arguments: &[&str]) -> Ran {
        let mut command = clean(venv::command("aws"));
        run(command.envs(self.variables.clone()).args(arguments).args(["--output", "json"]))
    }
}

/// The release build of `tenantry` itself, pointed nowhere.
#[must_use]
pub fn tenantry() -> Command {
    let mut command = clean(Command::new(process::program()));
    command.current_dir(workspace::root());
    command
}

/// Waits until `look` finds something.
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, what, look)
}

/// Waits until `look` finds something, at most for `patience`.
pub fn within<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {} s for {what}", patience.as_secs());
        // A look is often a command of its own, and the machine is busy enough.
        std::thread::sleep(Duration::from_millis(150));
    }
}

/// Without anything of the developer's own shell that would change what a
/// command does or where it goes.
fn clean(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let ours = text.starts_with("AWS_") || text.starts_with("TENANTRY_") || text.starts_with("CLICOLOR");
        if ours || text == "NO_COLOR" || text == "COLUMNS" {
            command.env_remove(&name);
        }
    }
    command.env("AWS_PAGER", "").env("AWS_EC2_METADATA_DISABLED", "true").stdin(Stdio::null());
    command
}
