//! Where CloudFormation takes a custom resource's answers: a presigned URL, to
//! which the answer is `PUT`.
//!
//! Source: "Custom resource response objects", AWS CloudFormation User Guide.

use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A server on loopback that keeps what is put there.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) url: String,
    given: Arc<Mutex<Vec<Value>>>,
    server: JoinHandle<()>,
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Answers {
    pub(super) async fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/answer?signature=s", listener.local_addr().expect("an address"));
        let given = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&given);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Some(answer) = take(stream).await {
                    taken.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
                }
            }
        });
        Self { url, given, server }
    }

    pub(super) fn given(&self) -> Vec<Value> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One request of a connection, answered as S3 does.
async fn take(stream: TcpStream) -> Option<Value> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while stream.read_line(&mut head).await.ok()? > 2 {}
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    // Kept first: whoever is answered may look at once.
    let body = head.starts_with("PUT ").then(|| serde_json::from_slice(&body).ok()).flatten();
    stream.write_all(answer.as_bytes()).await.ok()?;
    body
}
