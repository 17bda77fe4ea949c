//! Every error of the command names the file or the program that it is about,
//! and what to do; none needs the local cloud to be seen.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tenantry_tests::cloud::{Ran, run, tenantry};
use tenantry_tests::template;

const TENANT: &str = "00000000-0000-4000-8000-000000000000";

/// A folder of a test's own, empty, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("tenantry-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder.canonicalize().unwrap())
    }

    /// What the command takes for a workspace, with these files in it.
    fn workspace(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = Self::new(name);
        for (path, text) in [&[("infra/control-plane.yaml", "")], files].concat() {
            folder.write(path, text);
        }
        folder
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let file = self.0.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    }

    fn path(&self, path: &str) -> String {
        self.0.join(path).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The command in `folder`, with nothing on the PATH.
fn bare(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = tenantry();
    command.args(arguments).current_dir(folder).env("PATH", folder.join("empty")).env_remove("CARGO");
    command
}

/// It failed, named `needle`, and said what to do.
fn names(ran: &Ran, needle: &str) {
    assert!(ran.code.is_some_and(|code| code != 0), "{ran:?}");
    assert!(ran.stderr.contains("error: ") && ran.stderr.contains("hint: "), "{ran:?}");
    assert!(ran.stderr.contains(needle), "no `{needle}` in {ran:?}");
}

/// A file that an event is read from: absent, a folder, below a file, or one
/// that the system cannot read.
#[test]
fn an_events_file_is_named_whatever_is_wrong_with_it() {
    let folder = Folder::new("event-files");
    let file = folder.write("file.json", "{}").to_str().unwrap().to_owned();
    let below = format!("{file}/below.json");
    let nowhere = [("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("AWS_REGION", "us-east-1")];
    for path in [&folder.path("absent.json"), &folder.path(""), &below, "/proc/self/mem"] {
        for command in ["validate", "publish"] {
            let mut it = tenantry();
            it.envs(nowhere).args(["event", command, "onboardingRequest", path]);
            names(&run(&mut it), path.trim_end_matches('/'));
        }
    }
    let from_folder = fs::File::open(&folder.0).unwrap();
    let mut it = tenantry();
    it.args(["event", "validate", "onboardingRequest", "-"]).stdin(Stdio::from(from_folder));
    names(&run(&mut it), "standard input");
}

/// The local cloud's folder and its files, where something else is in their place.
#[test]
fn the_local_clouds_folder_is_named() {
    let folder = Folder::workspace("home-files", &[("file", "")]);
    let home = folder.path("file");
    for arguments in [&["up"][..], &["down"], &["status"], &["env"]] {
        let mut it = bare(&folder.0, &[&["local"], arguments, &["--home", &home]].concat());
        names(&run(&mut it), &home);
    }
}

/// What the command needs of the clone that it runs in.
#[test]
fn what_is_missing_of_a_clone_is_named() {
    let folder = Folder::workspace("clone-files", &[]);
    names(&run(&mut bare(&folder.0, &["local", "prepare"])), &folder.path("infra/local/requirements.txt"));
    let elsewhere = Folder::new("no-clone");
    for arguments in [&["demo"][..], &["package"], &["deploy", "--bucket", "b"]] {
        names(&run(&mut bare(&elsewhere.0, arguments)), elsewhere.0.to_str().unwrap());
    }
    fs::write(folder.0.join(".tenantry"), "").unwrap();
    folder.write("infra/local/requirements.txt", "");
    names(&run(&mut bare(&folder.0, &["local", "prepare"])), &folder.path(".tenantry"));
    fs::write(folder.0.join("target"), "").unwrap();
    let deploy = ["deploy", "--no-package", "--bucket", "b"];
    names(&run(&mut bare(&folder.0, &deploy)), &folder.path("target/package"));
    let with_tiers = [&deploy[..], &["--tiers", "of-nobody.yaml"]].concat();
    names(&run(&mut bare(&folder.0, &with_tiers)), "of-nobody.yaml");
}

/// The files of tokens, where something else is in their place.
#[test]
fn the_files_of_tokens_are_named() {
    let folder = Folder::new("token-files");
    let state = folder.write("state", "");
    for arguments in [&["tenant", "list", "--api"][..], &["logout"], &["tenant", "show", TENANT, "--api"]] {
        let mut it = tenantry();
        it.args(arguments).env("XDG_STATE_HOME", &state).env("TENANTRY_API_URL", "https://api.example");
        names(&run(&mut it), state.to_str().unwrap());
    }
    for arguments in [&["tenant", "list", "--api"][..], &["logout"]] {
        let mut it = tenantry();
        it.args(arguments).env_remove("XDG_STATE_HOME").env("HOME", "relative");
        names(&run(&mut it), "HOME");
    }
}

/// Every program that the command starts, where there is none of that name.
#[test]
fn a_program_that_is_missing_is_named() {
    let folder = Folder::workspace("programs", &[("infra/local/requirements.txt", ""), ("infra/silo/x", "")]);
    let cases: [(&[&str], &str); 4] = [
        (&["package"], "`cargo` cannot be started"),
        (&["deploy", "--bucket", "b"], "`cargo` cannot be started"),
        (&["deploy", "--no-package", "--bucket", "b"], "`aws` cannot be started"),
        (&["local", "prepare"], "python3"),
    ];
    for (arguments, needle) in cases {
        names(&run(&mut bare(&folder.0, arguments)), needle);
    }
    let mut it = bare(&folder.0, &["package"]);
    names(&run(it.env("CARGO", "/no/such/cargo")), "`/no/such/cargo` cannot be started");
    let mut it = bare(&folder.0, &["login", "--api=https://api.example"]);
    names(&run(it.env("XDG_STATE_HOME", folder.path("state"))), "`aws` cannot be started");
    // An environment that has what it should have by its stamp, and no Python any more.
    folder.write(
        ".tenantry/venv/.requirements.sha256",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    let up = ["local", "up", "--no-deploy", "--port", "0"];
    names(&run(&mut bare(&folder.0, &up)), &folder.path(".tenantry/venv/bin/python"));
}

/// Functions are packaged from where cargo builds them, wherever that is: by
/// `CARGO_TARGET_DIR`, absolute or relative, or by cargo's own settings.
#[test]
fn functions_are_packaged_from_where_cargo_builds_them() {
    let functions = functions();
    assert!(functions.len() > 10, "{functions:?}");
    let manifest = "[package]\nname = \"functions\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    let folder = Folder::workspace("target-dir", &[("Cargo.toml", manifest)]);
    for function in &functions {
        folder.write(&format!("src/bin/{function}.rs"), "fn main() {}\n");
    }
    let elsewhere = folder.path("elsewhere");
    let below = folder.path("src");
    let package = |name: &str, prepare: &dyn Fn(&mut Command)| {
        let lambda = folder.0.join("target/lambda");
        let _ = fs::remove_dir_all(&lambda);
        let mut it = tenantry();
        prepare(it.arg("package").current_dir(&folder.0).env_remove("CARGO_TARGET_DIR"));
        run(&mut it).exits(0);
        for function in &functions {
            assert!(lambda.join(function).join("bootstrap").is_file(), "{name}: {function}");
        }
        assert!(!folder.0.join("target/release").exists(), "{name}");
    };
    package("absolute", &|it| {
        it.env("CARGO_TARGET_DIR", &elsewhere);
    });
    package("relative", &|it| {
        it.env("CARGO_TARGET_DIR", "elsewhere");
    });
    package("relative, from below", &|it| {
        it.env("CARGO_TARGET_DIR", "../elsewhere").current_dir(&below);
    });
    folder.write(".cargo/config.toml", "[build]\ntarget-dir = \"elsewhere\"\n");
    package("by cargo's settings", &|_| {});
}

/// The functions, by the templates.
fn functions() -> Vec<String> {
    let templates = ["control-plane.yaml", "tenant-silo.yaml"].map(template::load);
    let functions = templates.iter().flat_map(|whole| template::functions(whole).into_values());
    let folder = |function: serde_json::Value| {
        let uri = function["CodeUri"].as_str().expect("a path").to_owned();
        uri.trim_start_matches("../target/lambda/").trim_end_matches('/').to_owned()
    };
    functions.map(folder).collect()
}
