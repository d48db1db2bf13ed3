//! The options of every server's socket and healthcheck, as operators write them.

use std::path::PathBuf;

use super::options::{ServeOptions, TlsOptions};
use super::tls::TlsError;
use crate::config::Seconds;

crate::options! {
    /// Where the server listens, and how it treats connections. The port is each server's own option.
    pub struct SocketOptions in "DEFAULT" {
        /// Address or host name to listen on.
        pub bind_host: String = "0.0.0.0".to_owned();
        /// Worker threads; unset or 0: one for each processor.
        pub workers: Option<usize> = None, max 512;
        /// Connections that the kernel queues until they are accepted.
        pub backlog: u32 = 4096, min 1;
        /// Idle seconds after which TCP probes a connection.
        pub tcp_keepidle: Seconds = Seconds::new(600), min 1;
        /// Whether a connection serves more than one request.
        pub http_keepalive: bool = true;
        /// Seconds that a client may neither send nor take anything; 0: for ever.
        pub client_socket_timeout: Seconds = Seconds::new(900);
        /// Seconds in which the head of a request must have arrived, from its first byte on; 0: any time.
        pub client_head_timeout: Seconds = Seconds::new(60);
        /// Longest request line and longest header line in bytes.
        pub max_header_line: usize = 16384, min 1024;
        /// Seconds that running requests may go on after SIGTERM.
        pub graceful_shutdown_timeout: Seconds = Seconds::new(60);
        /// Seconds after SIGTERM in which new connections are still served while /readyz already says no, so that load
        /// balancers look elsewhere first.
        pub drain_delay: Seconds = Seconds::new(0), max 600;
        /// Certificate of the server, followed by those that lead to its authority (PEM). Set: the port speaks TLS.
        pub cert_file: Option<PathBuf> = None;
        /// Private key of the certificate (PEM).
        pub key_file: Option<PathBuf> = None;
        /// Authorities of clients (PEM). Set: every client must show a certificate of one of them.
        pub ca_file: Option<PathBuf> = None;
    }

    /// The healthcheck.
    pub struct HealthOptions in "healthcheck" {
        /// While this file exists, /healthcheck answers 503.
        pub disable_by_file_path: Option<PathBuf> = Some(PathBuf::from("/etc/glance/healthcheck_disable"));
    }
}

impl SocketOptions {
    /// What the shell of a server needs to listen on `port`.
    ///
    /// # Errors
    /// [`TlsError::Incomplete`] and [`TlsError::AuthorityAlone`] when the three files do not go together.
    pub fn serve_options(&self, port: u16) -> Result<ServeOptions, TlsError> {
        let tls = TlsOptions::from_files(self.cert_file.clone(), self.key_file.clone(), self.ca_file.clone())?;
        Ok(ServeOptions {
            bind_host: self.bind_host.clone(),
            bind_port: port,
            backlog: self.backlog,
            workers: self.workers,
            tcp_keepidle: self.tcp_keepidle.duration(),
            http_keepalive: self.http_keepalive,
            client_socket_timeout: self.client_socket_timeout.duration(),
            client_head_timeout: self.client_head_timeout.duration(),
            max_header_line: self.max_header_line,
            graceful_shutdown_timeout: self.graceful_shutdown_timeout.duration(),
            drain_delay: self.drain_delay.duration(),
            tls,
            ..ServeOptions::default()
        })
    }
}
