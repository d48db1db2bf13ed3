//! A web server with image data, for locations on the web.
//!
//! | path | answer |
//! |---|---|
//! | `/data`, `/data/NAME` | the data; ranges are honoured |
//! | `/plain` | the data; ranges are ignored |
//! | `/empty` | no data |
//! | `/unsized` | the data without a length |
//! | `/broken` | the promise of the data, and the end of the connection before its first byte |
//! | `/status/N` | status N |
//! | `/to/N?URL` | status N, leading to URL |

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::must::Must;

/// Longest line of a request.
const LONGEST_LINE: u64 = 64 * 1024;
/// How long a connection may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// A running web server; dropping it ends it.
#[derive(Debug)]
pub struct WebServer {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    data: Vec<u8>,
    seen: Mutex<Vec<String>>,
    ended: AtomicBool,
}

/// Status, headers, the length to promise where one is, and the body.
struct Answer<'a> {
    status: u16,
    headers: Vec<String>,
    length: Option<usize>,
    body: &'a [u8],
}

impl WebServer {
    /// Starts one that serves these bytes.
    ///
    /// # Panics
    /// When no port can be had.
    pub fn start(data: &[u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").must("a port for a web server");
        let port = listener.local_addr().must("the address of a socket").port();
        let shared = Shared { data: data.to_vec(), seen: Mutex::default(), ended: AtomicBool::new(false) };
        let shared = Arc::new(shared);
        let state = Arc::clone(&shared);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                if state.ended.load(Ordering::SeqCst) {
                    return;
                }
                let state = Arc::clone(&state);
                std::thread::spawn(move || state.serve(&socket));
            }
        });
        Self { port, shared }
    }

    /// Where it answers, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it was asked so far: method, path and range, such as `GET /data bytes=0-4`.
    pub fn seen(&self) -> Vec<String> {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // wakes the accepting thread
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl Shared {
    fn serve(&self, socket: &TcpStream) -> io::Result<()> {
        socket.set_read_timeout(Some(SILENCE))?;
        socket.set_nodelay(true)?;
        let mut reader = BufReader::new(socket);
        loop {
            let Some((line, range)) = read_head(&mut reader)? else { return Ok(()) };
            if self.ended.load(Ordering::SeqCst) {
                return socket.shutdown(Shutdown::Both);
            }
            let mut words = line.split(' ');
            let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let asked = format!("{method} {path} {}", range.as_deref().unwrap_or_default()).trim_end().to_owned();
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
            let answer = self.answer(path, range.as_deref());
            if !send(socket, method, &answer)? {
                return socket.shutdown(Shutdown::Both);
            }
        }
    }

    fn answer(&self, path: &str, range: Option<&str>) -> Answer<'_> {
        let data = self.data.as_slice();
        let whole = Answer { status: 200, headers: Vec::new(), length: Some(data.len()), body: data };
        let empty = |status, headers| Answer { status, headers, length: Some(0), body: &[] };
        let (name, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
        match name {
            "data" => range.and_then(|range| part(data, range)).unwrap_or(whole),
            "plain" => whole,
            "empty" => empty(200, Vec::new()),
            "unsized" => Answer { length: None, ..whole },
            "broken" => Answer { body: &[], ..whole },
            "status" => empty(rest.parse().unwrap_or(500), Vec::new()),
            "to" => {
                let (status, target) = rest.split_once('?').unwrap_or((rest, ""));
                empty(status.parse().unwrap_or(500), vec![format!("Location: {target}")])
            }
            _ => empty(404, Vec::new()),
        }
    }
}

/// The line of a request and its range; none at the end of the connection.
fn read_head(reader: &mut impl BufRead) -> io::Result<Option<(String, Option<String>)>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.by_ref().take(LONGEST_LINE).read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let range = lines.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("range").then(|| value.trim().to_owned())
    });
    Ok(lines.into_iter().next().map(|line| (line, range)))
}

/// The part that `bytes=FIRST-LAST` asks for.
fn part<'a>(data: &'a [u8], range: &str) -> Option<Answer<'a>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
    let body = data.get(first..=last)?;
    let headers = vec![format!("Content-Range: bytes {first}-{last}/{}", data.len())];
    Some(Answer { status: 206, headers, length: Some(body.len()), body })
}

/// Sends an answer. Says whether the connection goes on.
fn send(mut socket: &TcpStream, method: &str, answer: &Answer<'_>) -> io::Result<bool> {
    let mut head = format!("HTTP/1.1 {} X\r\n", answer.status);
    let length = answer.length.map(|length| format!("Content-Length: {length}"));
    for line in answer.headers.iter().chain(&length) {
        head.push_str(line);
        head.push_str("\r\n");
    }
    let is_whole = answer.length == Some(answer.body.len());
    if !is_whole {
        head.push_str("Connection: close\r\n");
    }
    head.push_str("\r\n");
    socket.write_all(head.as_bytes())?;
    if method != "HEAD" {
        socket.write_all(answer.body)?;
    }
    Ok(is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Address, Request};

    #[test]
    fn it_answers_as_it_says() {
        let server = WebServer::start(b"0123456789");
        let address = Address::loopback(server.port);
        let get = |path: &str| Request::new("GET", path).send_to(&address);
        assert_eq!(get("/data/a").must("an answer").body, b"0123456789");
        let part = Request::new("GET", "/data").header("Range", "bytes=2-3").send_to(&address).must("an answer");
        assert_eq!((part.status, part.body), (206, b"23".to_vec()));
        assert_eq!(get("/unsized").must("an answer").body, b"0123456789");
        assert_eq!(get("/status/503").must("an answer").status, 503);
        assert_eq!(get("/to/302?x").must("an answer").header("location"), Some("x"));
        assert!(get("/broken").is_err());
        assert_eq!(server.seen().first().map(String::as_str), Some("GET /data/a"));
    }
}
