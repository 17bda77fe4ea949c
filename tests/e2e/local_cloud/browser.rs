//! A headless Chromium, driven by the WebDriver protocol (W3C) through its own
//! driver. The half dozen calls that are needed are no reason for a library.

use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The driver, and the session that is open in it.
pub(crate) struct Browser {
    driver: Child,
    url: String,
    session: RefCell<Option<String>>,
    profile: TempDir,
}

impl Browser {
    /// Starts the driver; `None`, with a word about it, where there is none.
    /// With `TENANTRY_BROWSER=required` there must be one.
    pub(crate) fn start() -> Option<Self> {
        let mut command = Command::new("chromedriver");
        let spawned = command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut driver) = spawned else {
            let required = std::env::var("TENANTRY_BROWSER").is_ok_and(|value| value == "required");
            assert!(!required, "there is no chromedriver");
            // Nobody who reads the run may think that it was tried.
            let said = "LEFT OUT: there is no Chromium with its driver here (Debian: chromium, chromium-driver). \
                 The same requests, with a browser's headers, are in infra/local/tests/test_local_cloud.py.";
            writeln!(std::io::stderr(), "{said}").expect("standard error");
            return None;
        };
        let mut lines = BufReader::new(driver.stdout.take().expect("a pipe")).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let port = line.split("on port ").nth(1)?;
            port.trim_end_matches('.').parse::<u16>().ok().filter(|port| *port > 0)
        });
        let url = format!("http://127.0.0.1:{}", port.expect("the driver says its port"));
        // Whatever else it says has somewhere to go.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let profile = tempfile::tempdir().expect("a folder");
        Some(Self { driver, url, session: RefCell::default(), profile })
    }

    /// Opens a session in which every name is asked for at the proxy, and the
    /// loopback interface directly.
    pub(crate) fn proxy(&self, address: &str) {
        let arguments = [
            "--headless".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            format!("--user-data-dir={}", self.profile.path().display()),
            format!("--proxy-server=http://{address}"),
        ];
        let options = json!({ "args": arguments });
        let wanted = json!({ "browserName": "chrome", "goog:chromeOptions": options });
        let answer = self.call("POST", "/session", &json!({ "capabilities": { "alwaysMatch": wanted } }));
        let id = answer["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}"));
        *self.session.borrow_mut() = Some(id.to_owned());
    }

    /// Opens a page, and waits until it is loaded.
    pub(crate) fn open(&self, url: &str) {
        self.in_session("/url", &json!({ "url": url }));
    }

    /// What a script returns; `None` for null.
    pub(crate) fn value(&self, script: &str) -> Option<Value> {
        let value = self.in_session("/execute/sync", &json!({ "script": script, "args": [] }));
        (!value.is_null()).then_some(value)
    }

    fn in_session(&self, path: &str, body: &Value) -> Value {
        let session = self.session.borrow().clone().expect("a session");
        self.call("POST", &format!("/session/{session}{path}"), body)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let url = format!("{}{path}", self.url);
        let answer = match method {
            "DELETE" => agent.delete(&url).call(),
            _ => agent.post(&url).header("content-type", "application/json").send(&body.to_string()),
        };
        let text = answer.expect("the driver answers").body_mut().read_to_string().expect("text");
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        let value = answer["value"].clone();
        assert!(value.get("error").is_none(), "{method} {path}: {value}");
        value
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(session) = self.session.borrow_mut().take() {
            // It ends with its session; a test that failed is told of for its own reason.
            let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
            let _ = agent.delete(format!("{}/session/{session}", self.url)).call();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
