//! What a server is told about its socket, its clients and its end.

use std::path::PathBuf;
use std::time::Duration;

use super::tls::TlsError;

/// Longer than any server runs.
const ENDLESS_SECONDS: u64 = 100 * 365 * 24 * 3600;

/// Everything [`Server`](super::Server) needs to know; the server crates map their configuration
/// sections to it. [`Default`] holds Glance's own defaults.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Address or host name to listen on (`bind_host`).
    pub bind_host: String,
    /// Port to listen on (`bind_port`); 0 takes any free one, see [`Bound::local_addr`](super::Bound::local_addr).
    pub bind_port: u16,
    /// How long a port in use is tried again before the start fails.
    pub bind_retry: Duration,
    /// Connections the kernel queues until they are accepted (`backlog`).
    pub backlog: u32,
    /// Worker threads (`workers`); `None` and 0 mean one for each processor.
    pub workers: Option<usize>,
    /// Idle time after which TCP probes a connection (`tcp_keepidle`).
    pub tcp_keepidle: Duration,
    /// Whether a connection serves more than one request (`http_keepalive`).
    pub http_keepalive: bool,
    /// How long a client may neither send nor take anything (`client_socket_timeout`); zero: for ever.
    pub client_socket_timeout: Duration,
    /// How long a client may take to send the head of a request; zero: for ever.
    pub client_head_timeout: Duration,
    /// Longest request line and longest header line in bytes (`max_header_line`).
    pub max_header_line: usize,
    /// How long running requests may go on after SIGTERM (`graceful_shutdown_timeout`), in whole seconds; zero: as
    /// long as they need.
    pub graceful_shutdown_timeout: Duration,
    /// How long new connections are still accepted after SIGTERM, while `/readyz` already says no;
    /// for load balancers that need to notice first.
    pub drain_delay: Duration,
    /// Threads that move files to sockets; downloads beyond them are read into memory piecewise.
    pub transfer_threads: usize,
    /// Whether [`Bound::run`](super::Bound::run) listens to SIGTERM, SIGINT and SIGHUP.
    pub handle_signals: bool,
    /// Set: the port speaks TLS, with HTTP/2 and HTTP/1.1.
    pub tls: Option<TlsOptions>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            bind_host: "0.0.0.0".to_owned(),
            bind_port: 0,
            bind_retry: Duration::from_secs(30),
            backlog: 4096,
            workers: None,
            tcp_keepidle: Duration::from_secs(600),
            http_keepalive: true,
            client_socket_timeout: Duration::from_secs(900),
            client_head_timeout: Duration::from_secs(60),
            max_header_line: 16384,
            graceful_shutdown_timeout: Duration::from_secs(60),
            drain_delay: Duration::ZERO,
            transfer_threads: 64,
            handle_signals: true,
            tls: None,
        }
    }
}

impl ServeOptions {
    /// Number of worker threads to start, at least one.
    pub(super) fn worker_count(&self) -> usize {
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        match self.workers {
            None | Some(0) => processors(),
            Some(count) => count.min(512),
        }
    }

    /// Seconds that running requests may go on.
    pub(super) fn drain_seconds(&self) -> u64 {
        match self.graceful_shutdown_timeout.as_secs() {
            0 if self.graceful_shutdown_timeout.is_zero() => ENDLESS_SECONDS,
            seconds => seconds.max(1),
        }
    }
}

/// The files of a TLS port, all PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsOptions {
    /// Certificate of the server, followed by the ones that lead to its authority.
    pub cert_file: PathBuf,
    /// Private key (PKCS#8, PKCS#1 or SEC1).
    pub key_file: PathBuf,
    /// Authorities of clients; set, every client must show a certificate of one of them.
    pub ca_file: Option<PathBuf>,
}

impl TlsOptions {
    /// The TLS part of a configuration: `None` when neither certificate nor key is named.
    ///
    /// # Errors
    /// [`TlsError::Incomplete`] when only one of the two is named, [`TlsError::AuthorityAlone`] when `ca_file` is named
    /// without them.
    pub fn from_files(
        cert_file: Option<PathBuf>,
        key_file: Option<PathBuf>,
        ca_file: Option<PathBuf>,
    ) -> Result<Option<Self>, TlsError> {
        match (cert_file, key_file) {
            (Some(cert_file), Some(key_file)) => Ok(Some(Self { cert_file, key_file, ca_file })),
            (None, None) if ca_file.is_some() => Err(TlsError::AuthorityAlone),
            (None, None) => Ok(None),
            _ => Err(TlsError::Incomplete),
        }
    }
}
