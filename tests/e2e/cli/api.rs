//! Signing in, and the commands through the API: by people who have a password
//! and no AWS credentials.

use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{
    Api, Ask, Cloud, PASSWORD, Ran, Screen, cloud, run, run_with, start, tenantry, until,
};
use tenantry_tests::venv;

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// Somebody's own machine: where the API is, and a place for tokens.
struct Laptop {
    api: &'static Api,
    endpoint: String,
    state: PathBuf,
}

impl Laptop {
    /// The machine of `user`, who is in the user pool and in `group`.
    fn of(cloud: &Cloud, user: &str, group: &str) -> Self {
        let api = cloud.api();
        let _ = api.sign_up(&api.pool, &api.users_client, user, group);
        Self { api, endpoint: cloud.endpoint().to_owned(), state: cloud.home().join(format!("state-{user}")) }
    }

    /// The same, and the user has signed in.
    fn signed_in(cloud: &Cloud, user: &str, group: &str) -> Self {
        let laptop = Self::of(cloud, user, group);
        laptop.login(user, PASSWORD).exits(0);
        laptop
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = tenantry();
        command.env("XDG_STATE_HOME", &self.state).env("TENANTRY_API_URL", self.api.url()).args(arguments);
        command
    }

    fn login(&self, user: &str, password: &str) -> Ran {
        let place = ["--client-id", &self.api.users_client, "--endpoint", &self.endpoint];
        let login = [&["login", "--user", user, "--password-stdin"][..], &place].concat();
        run_with(&mut self.command(&login), &format!("{password}\n"))
    }

    /// A command through the API.
    fn tenantry(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(&[arguments, &["--api"]].concat()))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        self.tenantry(&[arguments, &["--output", "json"]].concat()).exits(0).json()
    }

    fn folder(&self) -> PathBuf {
        self.state.join("tenantry/sessions")
    }

    /// The files with tokens.
    fn files(&self) -> Vec<PathBuf> {
        let Ok(found) = std::fs::read_dir(self.folder()) else { return Vec::new() };
        found.map(|file| file.expect("a file").path()).collect()
    }

    /// The session, with its access token at its end.
    fn age(&self) -> Value {
        let file = self.files().remove(0);
        let mut session: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        session["expiresAt"] = json!("2026-01-01T00:00:00Z");
        std::fs::write(file, session.to_string()).unwrap();
        session
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

/// Tokens are in one file, which is the user's alone; the password is nowhere. A
/// token at its end is renewed without anybody noticing; what others may read is
/// refused; and who has signed out has nothing that is worth anything.
#[test]
fn tokens_are_kept_and_the_password_is_not() {
    let cloud = cloud();
    let laptop = Laptop::of(&cloud, "cli-keeper", "viewers");
    let unknown = laptop.tenantry(&["tenant", "list"]).exits(1);
    assert!(unknown.stderr.contains("not signed in") && unknown.stderr.contains("tenantry login"));
    let wrong = laptop.login("cli-keeper", "Not-The-Passw0rd!").exits(1);
    assert!(wrong.stderr.contains("Incorrect username or password"), "{}", wrong.stderr);
    assert_eq!(laptop.files(), Vec::<PathBuf>::new());

    let login = laptop.login("cli-keeper", PASSWORD).exits(0);
    assert!(login.stderr.contains("cli-keeper is signed in"), "{}", login.stderr);
    assert!(!format!("{}{}", login.stdout, login.stderr).contains(PASSWORD));
    let file = laptop.files().remove(0);
    assert_eq!((laptop.files().len(), mode(&file), mode(&laptop.folder())), (1, 0o600, 0o700));
    assert!(!std::fs::read_to_string(&file).unwrap().contains(PASSWORD));
    laptop.tenantry(&["tenant", "list"]).exits(0);

    let old = laptop.age();
    laptop.tenantry(&["tenant", "list"]).exits(0);
    let renewed: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_ne!(renewed["expiresAt"], old["expiresAt"]);
    assert_eq!((mode(&file), &renewed["refreshToken"]), (0o600, &old["refreshToken"]));

    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = laptop.tenantry(&["tenant", "list"]).exits(1);
    assert!(open.stderr.contains("its mode is 644"), "{}", open.stderr);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();

    let copy = laptop.age();
    run(&mut laptop.command(&["logout"])).exits(0);
    assert_eq!(laptop.files(), Vec::<PathBuf>::new());
    std::fs::write(&file, copy.to_string()).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let ended = laptop.tenantry(&["tenant", "list"]).exits(1);
    assert!(ended.stderr.contains("has ended") && ended.stderr.contains("run `tenantry login`"));
}

/// With AWS credentials, the stack tells where to sign in; without a terminal
/// and a password, nobody is asked for one.
#[test]
fn the_stack_tells_where_to_sign_in() {
    let cloud = cloud();
    let laptop = Laptop::of(&cloud, "cli-operator-of-aws", "viewers");
    let mut login = cloud.command();
    login.env("XDG_STATE_HOME", &laptop.state).env("TENANTRY_API_URL", laptop.api.url());
    login.args(["login", "--user", "cli-operator-of-aws", "--password-stdin"]);
    run_with(&mut login, PASSWORD).exits(0);
    // The only API that somebody is signed in at need not be named again.
    run(laptop.command(&["tenant", "list", "--api"]).env_remove("TENANTRY_API_URL")).exits(0);
    let named = run(laptop.command(&["tenant", "list"]).env("TENANTRY_API", laptop.api.url()));
    named.exits(0);
    let plain = run(&mut laptop.command(&["tenant", "list", "--api=http://api.example"])).exits(2);
    assert!(plain.stderr.contains("it must begin with https://"), "{}", plain.stderr);
    let bad = run(laptop.command(&["tenant", "list", "--api"]).env("TENANTRY_TOKEN", "no.to.ken")).exits(1);
    assert!(bad.stderr.contains("rejects the token"), "{}", bad.stderr);
}

/// Who was invited chooses a password at the terminal, where it is not seen.
#[test]
fn an_invitation_is_taken_up_at_the_terminal() {
    let cloud = cloud();
    let api = cloud.api();
    let invited = json!({
        "UserPoolId": api.pool, "Username": "cli-invited", "MessageAction": "SUPPRESS",
        "TemporaryPassword": "Invited-Passw0rd-1!",
        "UserAttributes": [{ "Name": "email", "Value": "cli-invited@ops.example" }],
    });
    api.cognito("AdminCreateUser", &invited);
    let laptop =
        Laptop { api, endpoint: cloud.endpoint().to_owned(), state: cloud.home().join("state-invited") };
    let place = ["--client-id", &api.users_client, "--endpoint", &laptop.endpoint];
    let mut screen = Screen::start(&laptop.command(&[&["login"][..], &place].concat()));
    let _ = screen.until("the question who it is", |text| text.contains("User name or e-mail:"));
    screen.press("cli-invited\r");
    let _ = screen.until("the question for the password", |text| text.contains("Password:"));
    screen.press("Invited-Passw0rd-1!\r");
    let _ = screen.until("the question for a new one", |text| text.contains("New password:"));
    screen.press(&format!("{PASSWORD}\r"));
    let _ = screen.until("the question to repeat it", |text| text.contains("Once more:"));
    screen.press(&format!("{PASSWORD}\r"));
    let shown = screen.until("the sign-in", |text| text.contains("cli-invited is signed in"));
    assert!(!shown.contains("Passw0rd"), "{shown}");
    assert_eq!(screen.exit_code(), Some(0));
}

/// Who has an authenticator is asked for its code; with another one nobody is
/// signed in, and is told what to do.
#[test]
fn an_authenticators_code_is_asked_for() {
    let cloud = cloud();
    let api = cloud.api();
    let token = api.sign_up(&api.pool, &api.users_client, "cli-careful", "operators");
    let associated = api.cognito("AssociateSoftwareToken", &json!({ "AccessToken": token }));
    let secret = associated["SecretCode"].as_str().expect("a secret").to_owned();
    let code = || code_of(&secret);
    api.cognito("VerifySoftwareToken", &json!({ "AccessToken": token, "UserCode": code() }));
    let settings = json!({ "Enabled": true, "PreferredMfa": true });
    api.cognito(
        "SetUserMFAPreference",
        &json!({ "AccessToken": token, "SoftwareTokenMfaSettings": settings }),
    );
    let laptop =
        Laptop { api, endpoint: cloud.endpoint().to_owned(), state: cloud.home().join("state-careful") };
    let place = ["--client-id", &api.users_client, "--endpoint", &laptop.endpoint, "--user", "cli-careful"];
    let sign_in = |code: &str| {
        let screen = Screen::start(&laptop.command(&[&["login"][..], &place].concat()));
        let _ = screen.until("the question for the password", |text| text.contains("Password:"));
        screen.press(&format!("{PASSWORD}\r"));
        let _ = screen.until("the question for the code", |text| text.contains("Code of the authenticator:"));
        screen.press(&format!("{code}\r"));
        screen
    };
    let wrong = format!("{:06}", (code().parse::<u32>().expect("six digits") + 500_000) % 1_000_000);
    let mut refused = sign_in(&wrong);
    let _ = refused.until("the reason", |text| text.contains("CodeMismatchException"));
    assert_eq!(refused.exit_code(), Some(1));
    assert!(!laptop.folder().exists(), "nobody is signed in");
    let mut accepted = sign_in(&code());
    let _ = accepted.until("the sign-in", |text| text.contains("cli-careful is signed in"));
    assert_eq!(accepted.exit_code(), Some(0));
    let _ = laptop.json(&["tenant", "list"]);
}

/// Where administrators need an authenticator, one without it is told so, can do
/// nothing else, and enrols one by the command; from then on its code is asked
/// for, and everything is open.
#[test]
fn an_administrator_enrols_an_authenticator() {
    let cloud = cloud();
    let careful = ("AdminsNeedMfa".to_owned(), "true".to_owned());
    let plane = cloud.plane_with("careful", &[careful]);
    let api: &'static Api = Box::leak(Box::new(plane.api()));
    let laptop =
        Laptop { api, endpoint: cloud.endpoint().to_owned(), state: cloud.home().join("state-admin") };
    let _ = api.sign_up(&api.pool, &api.users_client, "careful-admin", "admins");
    let told = laptop.login("careful-admin", PASSWORD).exits(0);
    assert!(told.stderr.contains("--enrol-authenticator"), "{}", told.stderr);
    for refused in [&["user", "list"][..], &["tenant", "list"]] {
        assert_ne!(laptop.tenantry(refused).code, Some(0), "{refused:?}");
    }
    let place = ["--client-id", &api.users_client, "--endpoint", &laptop.endpoint, "--user", "careful-admin"];
    let enrol = laptop.command(&[&["login", "--enrol-authenticator"][..], &place].concat());
    let mut screen = Screen::start(&enrol);
    let _ = screen.until("the question for the password", |text| text.contains("Password:"));
    screen.press(&format!("{PASSWORD}\r"));
    let shown = screen.until("the question for the code", |text| text.contains("authenticator shows now:"));
    let secret = shown.split("Secret: ").nth(1).and_then(|rest| rest.split_whitespace().next());
    screen.press(&format!("{}\r", code_of(secret.expect("a secret"))));
    let _ = screen.until("the sign-in", |text| text.contains("careful-admin is signed in"));
    assert_eq!(screen.exit_code(), Some(0));
    assert!(laptop.json(&["user", "list"]).to_string().contains("careful-admin"));
    let asked = Screen::start(&laptop.command(&[&["login"][..], &place].concat()));
    let _ = asked.until("the question for the password", |text| text.contains("Password:"));
    asked.press(&format!("{PASSWORD}\r"));
    let _ = asked.until("the question for the code", |text| text.contains("Code of the authenticator:"));
}

/// What an authenticator shows now (RFC 6238).
fn code_of(secret: &str) -> String {
    let program = "import base64, hashlib, hmac, struct, sys, time\n\
                   mac = hmac.new(base64.b32decode(sys.argv[1]), struct.pack('>Q', int(time.time()) // 30), hashlib.sha1).digest()\n\
                   at = mac[-1] & 15\n\
                   print('%06d' % ((struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000))";
    run(venv::command("python").args(["-c", program, secret])).exits(0).stdout.trim().to_owned()
}

/// A tenant's life through the API, with the same commands, output and exit
/// codes as without it.
#[test]
fn a_tenants_life_through_the_api() {
    let cloud = cloud();
    let laptop = Laptop::signed_in(&cloud, "cli-operator", "operators");
    let onboard =
        ["tenant", "onboard", "--name", "Through API", "--email", "a@api.example", "--tier", "platinum"];
    let key = uuid::Uuid::new_v4().to_string();
    let onboard = [&onboard[..], &["--idempotency-key", &key]].concat();
    let asked = laptop.json(&onboard);
    let id = asked["tenantId"].as_str().expect("an id").to_owned();
    assert!(asked["eventId"].is_string(), "{asked}");
    let settled = laptop.tenantry(&[&onboard[..], &["--wait"]].concat()).exits(0);
    assert!(settled.stderr.contains("✓ Active") && settled.stdout.contains(&id), "{settled:?}");

    // All that differs is what the API does not tell.
    let direct = cloud.tenantry(&["tenant", "show", &id]).exits(0).stdout;
    assert_eq!(laptop.tenantry(&["tenant", "show", &id]).exits(0).stdout, direct);
    for same in [
        &["tenant", "history", &id][..],
        &["tenant", "list", "--prefix", "through"],
        &["execution", "show", &id],
    ] {
        let json = [same, &["--output", "json"]].concat();
        assert_eq!(laptop.tenantry(&json).exits(0).json(), cloud.tenantry(&json).exits(0).json(), "{same:?}");
    }
    let listed = laptop.json(&["execution", "list", "--limit", "1000"]);
    let mine =
        listed.as_array().unwrap().iter().find(|one| one["tenantId"] == json!(id)).expect("its execution");
    assert_eq!((&mine["stateMachine"], &mine["status"]), (&json!("provision-silo"), &json!("SUCCEEDED")));
    let _ = laptop.json(&["queue", "list"]);

    // Attributes that are called as fields of ours are in nobody's way.
    let posing = json!({
        "waiting": "x", "openRequests": 1, "due": { "since": 1 }, "cancel": [], "heard": "x", "changedBy": 1,
    });
    let change = Ask::new("PATCH", &format!("/tenant-registrations/{id}")).by(laptop.api.token("operator"));
    let _ = laptop.api.send_patiently(&change.with(&posing)).expect(202);
    until("the attributes", || {
        let shown = laptop.json(&["tenant", "show", &id]);
        (shown["tenant"]["attributes"] == posing).then_some(())
    });
    let suspend = ["tenant", "suspend", &id, "--reason", "invoice overdue", "--wait"];
    let suspended = laptop.tenantry(&suspend).exits(0);
    assert!(suspended.stderr.contains("✓ Suspended"), "{}", suspended.stderr);
    assert_eq!(cloud.history(&id, EventName::DeactivateRequest.as_str())[0]["why"], "invoice overdue");
    let nothing = laptop.tenantry(&["tenant", "retry", &id]).exits(4);
    assert!(nothing.stderr.contains("refused (NothingToRetry)"), "{}", nothing.stderr);
    let gone = laptop.tenantry(&["tenant", "offboard", &id, "--wait"]).exits(0);
    assert!(gone.stdout.contains("Deprovisioned"), "{}", gone.stdout);
}

/// What is wrong has the exit codes that it has without the API, and a message
/// with the field, its limit, and the request's id.
#[test]
fn what_the_api_refuses_is_explained() {
    let cloud = cloud();
    let laptop = Laptop::signed_in(&cloud, "cli-mistaken", "operators");
    let onboard = ["tenant", "onboard", "--name", "Refused By API", "--email", "a@api.example", "--tier"];
    let cases: [(i32, &[&str], &[&str]); 7] = [
        (3, &["there is no tenant"], &["tenant", "show", NOBODY]),
        (3, &["has had no execution"], &["execution", "show", NOBODY]),
        (3, &["no visible dead-letter message"], &["queue", "redrive", "no-such-id"]),
        (6, &["`tier` must be a tier", "InvalidField, request "], &[&onboard[..], &["tin"]].concat()),
        (2, &["`--id` cannot be used with --api"], &[&onboard[..], &["platinum", "--id", NOBODY]].concat()),
        (2, &["`tenantry event` needs AWS credentials"], &["event", "catalog"]),
        (2, &["`tenantry sweep` needs AWS credentials"], &["sweep"]),
    ];
    for (code, said, arguments) in cases {
        let ran = laptop.tenantry(arguments).exits(code);
        assert!(said.iter().all(|said| ran.stderr.contains(said)), "{arguments:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

/// A viewer looks, and is told who may do more.
#[test]
fn a_viewer_is_told_who_may() {
    let cloud = cloud();
    let laptop = Laptop::signed_in(&cloud, "cli-viewer", "viewers");
    let guest = cloud.guest("Only Looked At");
    let id = guest["tenantId"].as_str().expect("an id");
    laptop.tenantry(&["tenant", "show", id]).exits(0);
    let watching = start(&mut laptop.command(&["tenant", "watch", id, "--api"]));
    until("the tenant's line", || watching.stdout().contains("Only Looked At  Provisioning").then_some(()));
    watching.interrupt();
    let _ = watching.end().exits(130);
    for refused in [&["tenant", "cancel", id][..], &["user", "list"], &["queue", "redrive", "--all"]] {
        let ran = laptop.tenantry(refused).exits(1);
        assert!(ran.stderr.contains("your groups do not allow"), "{}", ran.stderr);
        assert!(ran.stderr.contains("hint: viewers read") && ran.stderr.contains("ask an administrator"));
    }
}

/// An administrator looks after users: each command, and what it leaves.
#[test]
fn users_are_looked_after() {
    let cloud = cloud();
    let laptop = Laptop::signed_in(&cloud, "cli-admin", "admins");
    let create =
        ["user", "create", "--name", "cli-ada", "--email", "cli-ada@ops.example", "--group", "viewers"];
    let created = laptop.tenantry(&create).exits(0);
    assert!(created.stderr.contains("an invitation is sent to cli-ada@ops.example"), "{}", created.stderr);
    let taken = laptop.tenantry(&create).exits(4);
    assert!(taken.stderr.contains("refused (UserExists)"), "{}", taken.stderr);
    let listed = laptop.json(&["user", "list"]);
    assert!(listed["users"].as_array().unwrap().iter().any(|user| user["userName"] == "cli-ada"), "{listed}");
    laptop.tenantry(&["user", "update", "cli-ada", "--group", "operators"]).exits(0);
    laptop.tenantry(&["user", "disable", "cli-ada"]).exits(0);
    let shown = laptop.json(&["user", "show", "cli-ada"]);
    assert_eq!((&shown["userRole"], &shown["enabled"]), (&json!("operators"), &json!(false)));
    let people = laptop.tenantry(&["user", "show", "cli-ada"]).exits(0).stdout;
    assert!(people.contains("Group    operators") && people.contains(", disabled"), "{people}");
    laptop.tenantry(&["user", "enable", "cli-ada"]).exits(0);
    let own = laptop.tenantry(&["user", "disable", "cli-admin"]).exits(4);
    assert!(own.stderr.contains("another administrator"), "{}", own.stderr);
    laptop.tenantry(&["user", "delete", "cli-ada", "--yes"]).exits(0);
    let gone = laptop.tenantry(&["user", "show", "cli-ada"]).exits(3);
    assert!(gone.stderr.contains("there is no user cli-ada"), "{}", gone.stderr);
}
