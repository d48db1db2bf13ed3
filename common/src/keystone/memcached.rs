//! A small client of memcached: get and set in its text protocol, bounded in time, servers that fail left alone.
//!
//! Nothing here fails: what memcached does not answer is not known, and is asked for elsewhere.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::KeystoneError;
use super::token_options::TokenOptions;

/// Port of a server that is named without one.
const PORT: u16 = 11_211;
/// Longest wait for a server, whatever the options say: a request waits for it.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Longest entry that is kept; memcached refuses more than a mebibyte.
const LONGEST_ENTRY: usize = 1_000_000;
/// Longest line that a server may send.
const LONGEST_LINE: u64 = 4096;

/// The servers.
#[derive(Debug)]
pub(super) struct Memcached {
    servers: Vec<Server>,
    limits: Limits,
    tls: Option<Tls>,
}

#[derive(Debug)]
struct Limits {
    wait: Duration,
    rest: Duration,
    idle: Duration,
    connections: usize,
}

struct Tls(TlsConnector);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

#[derive(Debug)]
struct Server {
    host: String,
    port: u16,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<(Instant, Connection)>,
    dead_since: Option<Instant>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("idle", &self.idle.len()).field("dead_since", &self.dead_since).finish()
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

type Connection = BufReader<Box<dyn Stream>>;

impl Memcached {
    /// The servers of the options. Connects to nothing.
    ///
    /// # Errors
    /// [`KeystoneError::Options`] for a name that is none, [`KeystoneError::File`] for certificates that cannot be used.
    pub(super) fn new(options: &TokenOptions) -> Result<Self, KeystoneError> {
        let bad = |text: &String| KeystoneError::Options(format!("memcached_servers: '{text}' is no host:port"));
        let servers = options.memcached_servers.iter().map(|text| Server::parse(text).ok_or_else(|| bad(text)));
        let tls =
            if options.memcache_tls_enabled { Some(Tls(super::memcached_tls::connector(options)?)) } else { None };
        Ok(Self {
            servers: servers.collect::<Result<_, _>>()?,
            limits: Limits {
                wait: options.memcache_pool_socket_timeout.duration().min(LONGEST_WAIT),
                rest: options.memcache_pool_dead_retry.duration(),
                idle: options.memcache_pool_unused_timeout.duration(),
                connections: options.memcache_pool_maxsize,
            },
            tls,
        })
    }

    /// The entry of this name. Names are made of letters, digits and dashes.
    pub(super) async fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.with(name, async |mut connection| {
            let found = read_entry(&mut connection, name).await?;
            Ok((connection, found))
        })
        .await
        .flatten()
    }

    /// Keeps an entry for so many seconds.
    pub(super) async fn set(&self, name: &str, entry: &[u8], seconds: u64) {
        if entry.len() > LONGEST_ENTRY {
            return;
        }
        self.with(name, async |mut connection| {
            write_entry(&mut connection, name, entry, seconds).await?;
            Ok((connection, ()))
        })
        .await;
    }

    /// Does something on a connection to the server of this name.
    async fn with<T>(
        &self,
        name: &str,
        exchange: impl AsyncFnOnce(Connection) -> io::Result<(Connection, T)>,
    ) -> Option<T> {
        let server = self.server_of(name)?;
        let work = async {
            let connection = match server.idle(&self.limits) {
                Some(connection) => connection,
                None => self.connect(server).await?,
            };
            exchange(connection).await
        };
        let outcome = tokio::time::timeout(self.limits.wait, work).await;
        match outcome.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok((connection, value)) => {
                server.keep(connection, &self.limits);
                Some(value)
            }
            Err(error) => {
                server.rest(&error, &self.limits);
                None
            }
        }
    }

    /// The same name always leads to the same server, while all live.
    fn server_of(&self, name: &str) -> Option<&Server> {
        let alive: Vec<&Server> = self.servers.iter().filter(|server| server.is_alive(&self.limits)).collect();
        let sum = name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
        (!alive.is_empty()).then(|| alive[sum % alive.len()])
    }

    async fn connect(&self, server: &Server) -> io::Result<Connection> {
        let stream = TcpStream::connect((server.host.as_str(), server.port)).await?;
        stream.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(stream),
            Some(Tls(connector)) => {
                let name = ServerName::try_from(server.host.clone()).map_err(io::Error::other)?;
                Box::new(connector.connect(name, stream).await?)
            }
        };
        Ok(BufReader::new(stream))
    }
}

impl Server {
    /// `host`, `host:port`, `[v6]:port`, also after `inet:` or `inet6:`.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("inet6:").or_else(|| text.strip_prefix("inet:")).unwrap_or(text);
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, PORT),
            Some((host, port)) => (host, port.strip_prefix(':')?.parse().ok()?),
            None => match text.rsplit_once(':') {
                Some((host, port)) if !host.contains(':') => (host, port.parse().ok()?),
                Some(_) | None => (text, PORT),
            },
        };
        let plain = !host.is_empty() && !host.contains(['/', ' ']);
        plain.then(|| Self { host: host.to_owned(), port, state: Mutex::default() })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_alive(&self, limits: &Limits) -> bool {
        self.state().dead_since.is_none_or(|since| since.elapsed() >= limits.rest)
    }

    fn idle(&self, limits: &Limits) -> Option<Connection> {
        let mut state = self.state();
        state.idle.retain(|(since, _)| since.elapsed() < limits.idle);
        state.idle.pop().map(|(_, connection)| connection)
    }

    fn keep(&self, connection: Connection, limits: &Limits) {
        let mut state = self.state();
        if state.dead_since.take().is_some() {
            log::info!("memcached at {}:{} answers again", self.host, self.port);
        }
        if state.idle.len() < limits.connections {
            state.idle.push((Instant::now(), connection));
        }
    }

    fn rest(&self, error: &io::Error, limits: &Limits) {
        let mut state = self.state();
        state.idle.clear();
        state.dead_since = Some(Instant::now());
        log::warn!("memcached at {}:{} is left alone for {:?}: {error}", self.host, self.port, limits.rest);
    }
}

async fn read_entry(connection: &mut Connection, name: &str) -> io::Result<Option<Vec<u8>>> {
    connection.write_all(format!("get {name}\r\n").as_bytes()).await?;
    let head = line(connection).await?;
    if head == "END" {
        return Ok(None);
    }
    let mut words = head.split(' ');
    let (Some("VALUE"), Some(found)) = (words.next(), words.next()) else { return Err(nonsense(&head)) };
    let length = words.nth(1).and_then(|text| text.parse::<usize>().ok()).filter(|length| *length <= LONGEST_ENTRY);
    let Some(length) = length.filter(|_| found == name) else { return Err(nonsense(&head)) };
    let mut entry = vec![0; length];
    connection.read_exact(&mut entry).await?;
    let (rest, end) = (line(connection).await?, line(connection).await?);
    if rest.is_empty() && end == "END" { Ok(Some(entry)) } else { Err(nonsense(&end)) }
}

async fn write_entry(connection: &mut Connection, name: &str, entry: &[u8], seconds: u64) -> io::Result<()> {
    let mut message = format!("set {name} 0 {seconds} {}\r\n", entry.len()).into_bytes();
    message.extend_from_slice(entry);
    message.extend_from_slice(b"\r\n");
    connection.write_all(&message).await?;
    let answer = line(connection).await?;
    // too large or out of memory: the connection is as good as before
    if answer == "STORED" || answer == "NOT_STORED" || answer.starts_with("SERVER_ERROR") {
        return Ok(());
    }
    Err(nonsense(&answer))
}

async fn line(connection: &mut Connection) -> io::Result<String> {
    let mut bytes = Vec::new();
    connection.take(LONGEST_LINE).read_until(b'\n', &mut bytes).await?;
    let text = bytes.strip_suffix(b"\r\n").ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
    Ok(String::from_utf8_lossy(text).into_owned())
}

fn nonsense(text: &str) -> io::Error {
    let shown: String = text.chars().take(80).collect();
    io::Error::other(format!("unexpected answer {shown:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_named_in_several_ways() {
        let table = [
            ("m", Some(("m", 11_211))),
            ("m:1", Some(("m", 1))),
            ("inet:m:1", Some(("m", 1))),
            ("inet6:[::1]:1", Some(("::1", 1))),
            ("[::1]", Some(("::1", 11_211))),
            ("::1", Some(("::1", 11_211))),
            ("10.0.0.1:2", Some(("10.0.0.1", 2))),
            ("", None),
            (":1", None),
            ("m:x", None),
            ("[::1]x", None),
            ("unix:/path", None),
        ];
        for (text, expected) in table {
            let found = Server::parse(text);
            assert_eq!(found.as_ref().map(|server| (server.host.as_str(), server.port)), expected, "{text}");
        }
    }
}
