//! A small blocking HTTP/1.1 client. It hides nothing: what it sends can be wrong on purpose,
//! and what it received is kept byte for byte.

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::must::Must;

/// Longest silence of a server that a test accepts.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Where a server listens.
#[derive(Debug, Clone)]
pub struct Address {
    /// Host name or address with the port, as in a `Host` header.
    pub authority: String,
    /// How to speak TLS to it; plain when absent.
    pub tls: Option<Arc<rustls::ClientConfig>>,
}

impl Address {
    /// A plain port on loopback.
    pub fn loopback(port: u16) -> Self {
        Self { authority: format!("127.0.0.1:{port}"), tls: None }
    }

    /// `http://host:port` with or without a trailing slash.
    pub fn from_url(url: &str) -> Self {
        let rest = url.strip_prefix("http://").unwrap_or(url);
        Self { authority: rest.trim_end_matches('/').to_owned(), tls: None }
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// When nobody listens, or the TLS settings do not fit.
    pub fn connect(&self) -> io::Result<Connection> {
        let socket = TcpStream::connect(&self.authority)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        socket.set_nodelay(true)?;
        let raw = socket.try_clone()?;
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(socket),
            Some(config) => {
                let host = self.authority.split(':').next().unwrap_or_default().to_owned();
                let name = rustls::pki_types::ServerName::try_from(host).map_err(io::Error::other)?;
                let session = rustls::ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
                Box::new(rustls::StreamOwned::new(session, socket))
            }
        };
        Ok(Connection { stream: BufReader::new(stream), raw })
    }
}

/// What a connection is read from and written to.
pub trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// One connection to a server.
pub struct Connection {
    stream: BufReader<Box<dyn Stream>>,
    raw: TcpStream,
}

impl Connection {
    /// Sends bytes as they are.
    ///
    /// # Errors
    /// When the other side has gone.
    pub fn write(&mut self, data: &[u8]) -> io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(data)?;
        stream.flush()
    }

    /// Says that nothing more will be sent, while answers can still be read.
    pub fn finish_writing(&mut self) {
        // the other side may have closed first, which is as good
        let _ = self.raw.shutdown(Shutdown::Write);
    }

    /// Closes it at once.
    pub fn abort(self) {
        let _ = self.raw.shutdown(Shutdown::Both);
    }

    /// Sends a request and reads its answer; the connection may be used again afterwards.
    ///
    /// # Errors
    /// When no complete answer arrives.
    pub fn exchange(&mut self, request: &Request, authority: &str) -> io::Result<Answer> {
        let sent = request.write_to(self, authority);
        // a server may refuse before it has read everything: its answer counts more
        let answer = self.answer(request.method == "HEAD");
        match (sent, answer) {
            (_, Ok(answer)) => Ok(answer),
            (Err(error), Err(_)) => Err(error),
            (Ok(()), Err(error)) => Err(error),
        }
    }

    /// Reads one answer; interim ones (1xx) are passed over.
    ///
    /// # Errors
    /// When it is cut short or is not HTTP.
    pub fn answer(&mut self, no_body: bool) -> io::Result<Answer> {
        loop {
            let mut answer = self.head()?;
            if answer.status < 200 {
                continue;
            }
            if !no_body && !matches!(answer.status, 204 | 304) {
                answer.body = self.body(&answer)?;
            }
            return Ok(answer);
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\r\n") {
            if self.stream.read(&mut byte)? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "closed within a line"));
            }
            line.push(byte[0]);
        }
        line.truncate(line.len() - 2);
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    fn head(&mut self) -> io::Result<Answer> {
        let status_line = self.line()?;
        let mut words = status_line.splitn(3, ' ');
        let version = words.next().unwrap_or_default();
        let status = words.next().and_then(|code| code.parse().ok());
        let (true, Some(status)) = (version.starts_with("HTTP/1."), status) else {
            return Err(io::Error::other(format!("not an HTTP answer: {status_line:?}")));
        };
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
        Ok(Answer { status, headers, body: Vec::new() })
    }

    fn body(&mut self, answer: &Answer) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        if answer.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
            loop {
                let line = self.line()?;
                let digits = line.split(';').next().unwrap_or_default().trim();
                let size = u64::from_str_radix(digits, 16).map_err(io::Error::other)?;
                self.take_exactly(size, &mut body)?;
                // the end of the chunk, or of the (empty) trailers
                self.line()?;
                if size == 0 {
                    return Ok(body);
                }
            }
        }
        match answer.header("content-length") {
            Some(length) => {
                let length = length.parse().map_err(io::Error::other)?;
                self.take_exactly(length, &mut body)?;
            }
            None => {
                self.stream.read_to_end(&mut body)?;
            }
        }
        Ok(body)
    }

    fn take_exactly(&mut self, length: u64, body: &mut Vec<u8>) -> io::Result<()> {
        let got = self.stream.by_ref().take(length).read_to_end(body)?;
        if u64::try_from(got).ok() == Some(length) {
            return Ok(());
        }
        let text = format!("{got} of {length} bytes arrived");
        Err(io::Error::new(io::ErrorKind::UnexpectedEof, text))
    }
}

/// What a request carries.
#[derive(Debug, Clone, Default)]
pub enum Body {
    /// Nothing, and no length is stated.
    #[default]
    None,
    /// Bytes with their length stated.
    Bytes(Vec<u8>),
    /// Bytes in chunks of the given size, without a stated length.
    Chunked(Vec<u8>, usize),
    /// A file's content with its length stated.
    File(PathBuf),
}

/// A request to be sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method, as it goes out.
    pub method: String,
    /// Request target, as it goes out (path and query).
    pub target: String,
    /// Headers in the order of sending. `Host` and the framing headers are added.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: &str, target: &str) -> Self {
        Self { method: method.into(), target: target.into(), headers: Vec::new(), body: Body::None }
    }

    /// Adds a header, replacing earlier ones of that name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(present, _)| !present.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets a JSON body with its content type.
    #[must_use]
    pub fn json(mut self, value: &Value) -> Self {
        self.body = Body::Bytes(value.to_string().into_bytes());
        self.header("Content-Type", "application/json")
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// Sends it on a connection of its own.
    ///
    /// # Errors
    /// When no complete answer arrives.
    pub fn send_to(&self, address: &Address) -> io::Result<Answer> {
        let request = self.clone().header("Connection", "close");
        address.connect()?.exchange(&request, &address.authority)
    }

    /// The request line and the headers, as sent.
    pub fn head(&self, authority: &str) -> io::Result<String> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        if !self.has("host") {
            head += &format!("Host: {authority}\r\n");
        }
        for (name, value) in &self.headers {
            if name.eq_ignore_ascii_case("transfer-encoding") && matches!(self.body, Body::Chunked(..)) {
                continue;
            }
            head += &format!("{name}: {value}\r\n");
        }
        match &self.body {
            Body::None => {}
            Body::Chunked(..) => head += "Transfer-Encoding: chunked\r\n",
            _ if self.has("content-length") => {}
            Body::Bytes(data) => head += &format!("Content-Length: {}\r\n", data.len()),
            Body::File(path) => {
                head += &format!("Content-Length: {}\r\n", std::fs::metadata(path)?.len());
            }
        }
        Ok(head + "\r\n")
    }

    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(present, _)| present.eq_ignore_ascii_case(name))
    }

    fn write_to(&self, connection: &mut Connection, authority: &str) -> io::Result<()> {
        let head = self.head(authority)?;
        connection.write(head.as_bytes())?;
        match &self.body {
            Body::None => Ok(()),
            Body::Bytes(data) => connection.write(data),
            Body::Chunked(data, size) => {
                for chunk in data.chunks((*size).max(1)) {
                    connection.write(format!("{:x}\r\n", chunk.len()).as_bytes())?;
                    connection.write(chunk)?;
                    connection.write(b"\r\n")?;
                }
                connection.write(b"0\r\n\r\n")
            }
            Body::File(path) => {
                let mut file = std::fs::File::open(path)?;
                let mut block = vec![0; 256 * 1024];
                loop {
                    match file.read(&mut block)? {
                        0 => break,
                        count => connection.stream.get_mut().write_all(&block[..count])?,
                    }
                }
                connection.stream.get_mut().flush()
            }
        }
    }
}

/// What a server said.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, freed from its transfer coding.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(present, _)| present == name).map(|(_, value)| value.as_str())
    }

    /// The body as text, with replacement characters where it is none.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON; the text shows the answer.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).must(format!("not JSON: {self}"))
    }

    /// Fails the test unless the status is the wanted one.
    ///
    /// # Panics
    /// When it is another; the text shows the answer.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "unexpected answer: {self}");
        self
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        let text = self.text();
        let shown: String = text.chars().take(2000).collect();
        write!(f, "\n{shown}")
    }
}
