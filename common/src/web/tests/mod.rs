//! Servers on loopback ports and clients that speak to them byte by byte.

mod downloads;
mod lifecycle;
mod operators;
mod refusals;
mod tls;
mod uploads;

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::web::{Data, Query, ServiceConfig, get, post};
use actix_web::{HttpRequest, HttpResponse};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::sendfile::file_body;
use super::{Health, Metrics, RequestIds, ServeHooks, ServeOptions, Server, Serving};

/// Longest time that any step of a test may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The file that `/file` serves.
#[derive(Clone)]
struct Served {
    path: std::path::PathBuf,
    length: u64,
}

#[derive(serde::Deserialize)]
struct Part {
    first: Option<u64>,
    length: Option<u64>,
}

async fn send_file(request: HttpRequest, part: Query<Part>, served: Data<Served>) -> HttpResponse {
    let first = part.first.unwrap_or(0);
    let length = part.length.unwrap_or(served.length - first);
    let file = File::open(&served.path).unwrap();
    HttpResponse::Ok().no_chunking(length).body(file_body(&request, file, first, length))
}

async fn panics() -> HttpResponse {
    panic!("as the test wants it")
}

async fn echo(request: HttpRequest, payload: actix_web::web::Payload) -> HttpResponse {
    match super::read_body(&request, &mut payload.into_inner(), 1000).await {
        Ok(body) => HttpResponse::Ok().body(body),
        Err(error) => {
            let status = actix_web::http::StatusCode::from_u16(error.status()).unwrap();
            HttpResponse::build(status).body(error.to_string())
        }
    }
}

async fn slow() -> HttpResponse {
    tokio::time::sleep(Duration::from_millis(1500)).await;
    HttpResponse::Ok().body("slow but here")
}

fn routes(served: Served) -> impl Fn(&mut ServiceConfig) + Send + Clone + 'static {
    move |config| {
        let ids = RequestIds::new(64);
        config
            .app_data(Data::new(served.clone()))
            .route("/file", get().to(send_file))
            .route("/file", actix_web::web::head().to(send_file))
            .route("/hello", get().to(async || "hello"))
            .route("/echo", post().to(echo))
            .route("/examine", post().to(uploads::examine))
            .route("/slow", get().to(slow))
            .service(
                actix_web::web::scope("/named")
                    .wrap(ids)
                    .route("/hello", get().to(async || "hello"))
                    .route("/panic", get().to(panics)),
            )
            .route("/panic", get().to(panics));
    }
}

fn options() -> ServeOptions {
    ServeOptions {
        bind_host: "127.0.0.1".to_owned(),
        workers: Some(1),
        handle_signals: false,
        graceful_shutdown_timeout: Duration::from_secs(5),
        ..ServeOptions::default()
    }
}

fn hooks() -> ServeHooks {
    ServeHooks::new(Metrics::new("test").unwrap())
}

/// A server, and the file it serves with its content.
struct Site {
    serving: Serving,
    file: NamedTempFile,
    content: Vec<u8>,
}

impl Site {
    async fn start(length: usize) -> Self {
        Self::start_with(options(), Health::new(), hooks(), length).await
    }

    async fn start_with(options: ServeOptions, health: Health, hooks: ServeHooks, length: usize) -> Self {
        let content = noise(length);
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(&content).unwrap();
        let served = Served { path: file.path().to_owned(), length: length as u64 };
        let bound = Server::bind(options).await.unwrap();
        let serving = bound.start(routes(served), health, hooks).unwrap();
        Self { serving, file, content }
    }

    fn address(&self) -> SocketAddr {
        self.serving.local_addr()
    }

    async fn connect(&self) -> Client {
        Client::connect(self.address()).await
    }

    /// One request on a connection of its own.
    async fn get(&self, path: &str) -> Answer {
        let mut client = self.connect().await;
        client.send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        client.answer().await
    }

    async fn stop(self) {
        self.serving.stop(true).await.unwrap();
    }
}

/// Bytes without a pattern that a shifted range could hide in.
fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for chunk in bytes.chunks_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
    }
    bytes
}

#[derive(Debug)]
struct Answer {
    status: u16,
    /// In lower case.
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One connection.
struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), read: Vec::new() }
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// False at the end of the connection.
    async fn read_more(&mut self) -> bool {
        let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.read)).await;
        matches!(read.expect("the server is silent"), Ok(count) if count > 0)
    }

    async fn head(&mut self) -> (u16, String) {
        loop {
            if let Some(end) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head: Vec<u8> = self.read.drain(..end + 4).collect();
                let head = String::from_utf8(head).unwrap().to_lowercase();
                let status = head.split(' ').nth(1).unwrap().parse().unwrap();
                return (status, head);
            }
            assert!(self.read_more().await, "no head, only {:?}", String::from_utf8_lossy(&self.read));
        }
    }

    /// The next answer, with a body of the length that its head announces.
    async fn answer(&mut self) -> Answer {
        let (status, head) = self.head().await;
        let mut answer = Answer { status, head, body: Vec::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.read.len() < length {
            assert!(self.read_more().await, "the body ends after {} of {length} bytes", self.read.len());
        }
        answer.body = self.read.drain(..length).collect();
        answer
    }

    /// Everything until the server closes.
    async fn rest(&mut self) -> Vec<u8> {
        while self.read_more().await {}
        std::mem::take(&mut self.read)
    }
}

/// Asks until the answer is yes.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = std::time::Instant::now() + PATIENCE;
    while !holds().await {
        assert!(std::time::Instant::now() < deadline, "still not: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
