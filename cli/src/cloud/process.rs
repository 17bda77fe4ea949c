//! Starting and stopping the emulator. It runs with the user's own rights, on
//! loopback only, with a clean environment and in a process group of its own.

use super::credentials::Credentials;
use super::state::{ACCOUNT, Cloud, Home, REGION};
use crate::error::{CliError, Result};
use crate::files;
use crate::output::{Mark, Output};
use crate::program;
use crate::workspace::Workspace;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// How long the emulator may take to answer for the first time.
const READY: Duration = Duration::from_secs(30);
/// How long it may take to stop of its own accord.
const GRACE: Duration = Duration::from_secs(10);

/// Starts a local cloud on `port` (0: a free one) and waits until it answers.
pub(crate) async fn start(
    workspace: &Workspace,
    home: &Home,
    programs: &Path,
    port: u16,
    output: &Output,
) -> Result<Cloud> {
    if let Some(running) = home.running() {
        return Err(CliError::hinted(
            format!("a local cloud is running already, at {}", running.endpoint),
            "use it, or stop it: tenantry local down",
        ));
    }
    let port = free_port(port)?;
    let endpoint = format!("http://127.0.0.1:{port}");
    let log = fs_err::File::create(home.log()).map_err(files::failed)?;
    let errors = log.try_clone().map_err(files::failed)?;
    let builds = home.path().join("builds");
    files::create_folder(&builds)?;
    let credentials = home.credentials()?;
    let mut command = Command::new(programs.join("python"));
    let environment = environment(programs, port, &endpoint, &credentials);
    command.args(["-m", "tenantry_local"]).env_clear().envs(environment);
    command.envs(settings());
    command.env("PYTHONPATH", workspace.root.join("infra/local")).env("TENANTRY_LOCAL_WORK", &builds);
    command.env("HOME", home.path()).current_dir(home.path());
    command.stdin(Stdio::null()).stdout(log.into_file()).stderr(errors.into_file()).process_group(0);
    let mut child = program::start(
        &mut command,
        "make the virtual environment anew: rm -r .tenantry/venv, and tenantry local prepare",
    )?;
    let pid = child.id().and_then(|id| i32::try_from(id).ok());
    let Some(pid) = pid else { return Err(CliError::Failed("the local cloud ended at once".into())) };
    let cloud = Cloud { pid, port, endpoint, api_url: None, credentials };
    home.keep(&cloud)?;
    let begun = Instant::now();
    while !answers(&cloud.endpoint).await {
        if let Some(status) = child.try_wait().map_err(|error| program::lost("python", &error))? {
            home.forget()?;
            return Err(unstarted(home, &format!("the local cloud ended at once ({status})")));
        }
        if begun.elapsed() > READY {
            stop(home, output).await?;
            return Err(unstarted(home, "the local cloud does not answer"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    output.say(Mark::Good, &format!("local cloud at {}", cloud.endpoint));
    Ok(cloud)
}

/// Stops the local cloud of `home` and everything that it started; whether one
/// was running.
pub(crate) async fn stop(home: &Home, output: &Output) -> Result<bool> {
    let Some(cloud) = home.running() else {
        home.forget()?;
        return Ok(false);
    };
    let group = Pid::from_raw(cloud.pid);
    // A group that is gone already is what is wanted.
    let _ = killpg(group, Signal::SIGTERM);
    let begun = Instant::now();
    while killpg(group, None).is_ok() {
        if begun.elapsed() > GRACE {
            output.say(Mark::Note, "the local cloud does not stop: killing it");
            let _ = killpg(group, Signal::SIGKILL);
            break;
        }
        // The emulator itself is ours to bury if this command started it.
        let _ = nix::sys::wait::waitpid(group, Some(nix::sys::wait::WaitPidFlag::WNOHANG));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    home.forget()?;
    Ok(true)
}

/// What the emulator and, through it, functions and builds see.
fn environment(
    programs: &Path,
    port: u16,
    endpoint: &str,
    credentials: &Credentials,
) -> Vec<(&'static str, String)> {
    let system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    vec![
        ("PATH", format!("{}:{system}", programs.display())),
        ("LANG", "C.UTF-8".to_owned()),
        ("BIND_HOST", "127.0.0.1".to_owned()),
        ("GATEWAY_PORT", port.to_string()),
        ("MINISTACK_HOST", "127.0.0.1".to_owned()),
        ("MINISTACK_ACCOUNT_ID", ACCOUNT.to_owned()),
        ("MINISTACK_REGION", REGION.to_owned()),
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", credentials.key.clone()),
        ("AWS_SECRET_ACCESS_KEY", credentials.secret.reveal().to_owned()),
        // Each function runs as a process for each concurrent call.
        ("LAMBDA_ACCOUNT_CONCURRENCY", "32".to_owned()),
        // As on AWS, a token whose trigger fails is not issued.
        ("MINISTACK_COGNITO_PRETOKEN_STRICT", "1".to_owned()),
        ("SFTP_ENABLED", "0".to_owned()),
        ("IOT_MTLS_ENABLED", "0".to_owned()),
        ("PYTHONUNBUFFERED", "1".to_owned()),
    ]
}

/// The local cloud's own settings, which the user may have made.
fn settings() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        name.starts_with("TENANTRY_LOCAL_") || name == "SFN_WAIT_SCALE"
    })
}

fn free_port(port: u16) -> Result<u16> {
    let taken = |error: std::io::Error| {
        CliError::hinted(
            format!("port {port} on 127.0.0.1 cannot be used: {error}"),
            "choose another one with --port, or 0 for any that is free",
        )
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).map_err(taken)?;
    Ok(listener.local_addr().map_err(taken)?.port())
}

async fn answers(endpoint: &str) -> bool {
    let url = format!("{endpoint}/_ministack/health");
    let ask = move || {
        let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(2))).build();
        config.new_agent().get(&url).call().is_ok()
    };
    tokio::task::spawn_blocking(ask).await.unwrap_or(false)
}

/// The end of the log says why.
fn unstarted(home: &Home, what: &str) -> CliError {
    let log = files::read_end(&home.log(), 64 << 10).unwrap_or_default();
    let tail: Vec<&str> = log.lines().rev().take(5).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    CliError::hinted(
        format!("{what}: {}", tail.join(" | ")),
        format!("the whole log is in {}", home.log().display()),
    )
}
