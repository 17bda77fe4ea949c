//! A server on loopback that answers whatever a test wants it to: for what no
//! well-behaved server sends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A request, as far as tests ask.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The action of an AWS service (`x-amz-target`), after its last dot.
    pub action: String,
}

/// How the server answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// With a status and a body of JSON.
    Json(u16, String),
    /// With a body that begins so and never ends.
    Endless(String),
}

/// The server; it answers as long as the test process runs.
#[derive(Debug)]
pub struct Server {
    /// Its address.
    pub url: String,
    requests: Arc<AtomicUsize>,
    sent: Arc<AtomicUsize>,
}

impl Server {
    /// Starts a server that answers by `answer`.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (requests, sent) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counted, written, answer) = (Arc::clone(&requests), Arc::clone(&sent), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, counted, written) =
                    (Arc::clone(&answer), Arc::clone(&counted), Arc::clone(&written));
                std::thread::spawn(move || {
                    // Whoever has read enough hangs up.
                    let _ = serve(&stream, &*answer, &counted, &written);
                });
            }
        });
        Self { url, requests, sent }
    }

    /// How many requests came.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// How many bytes of endless answers were taken.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

fn serve(
    stream: &TcpStream,
    answer: &dyn Fn(&Request) -> Reply,
    counted: &AtomicUsize,
    written: &AtomicUsize,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut out = stream;
    loop {
        let Some(request) = read(&mut reader)? else { return Ok(()) };
        counted.fetch_add(1, Ordering::SeqCst);
        match answer(&request) {
            Reply::Json(status, body) => {
                let length = body.len();
                write!(
                    out,
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
                )?;
            }
            Reply::Endless(begin) => {
                write!(
                    out,
                    "HTTP/1.1 200 X\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{begin}"
                )?;
                let chunk = [b' '; 1 << 16];
                loop {
                    out.write_all(&chunk)?;
                    written.fetch_add(chunk.len(), Ordering::SeqCst);
                }
            }
        }
        out.flush()?;
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (mut length, mut action) = (0, String::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or_default(),
            "x-amz-target" => action = value.trim().rsplit('.').next().unwrap_or_default().to_owned(),
            _ => {}
        }
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    Ok(Some(Request { method, path, action }))
}
