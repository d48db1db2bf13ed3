//! The listening socket.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};

use super::options::ServeOptions;

/// Pause between two attempts on a port in use.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// Why a server could not take its address.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The host name has no address.
    #[error("cannot resolve {host}: {source}")]
    Resolve {
        /// The configured `bind_host`.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// Another program kept the port during all attempts.
    #[error("Could not bind to {host}:{port} after trying for {seconds} seconds")]
    InUse {
        /// The configured `bind_host`.
        host: String,
        /// The configured `bind_port`.
        port: u16,
        /// How long it was tried.
        seconds: u64,
    },
    /// Anything else, such as a lack of permission.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address that was tried.
        address: SocketAddr,
        /// What the kernel said.
        source: io::Error,
    },
}

/// Opens the listening socket; a port in use is tried again until `bind_retry` has passed.
pub(super) async fn listen(options: &ServeOptions) -> Result<TcpListener, BindError> {
    let address = resolve(options).await?;
    let deadline = Instant::now() + options.bind_retry;
    loop {
        let source = match open(address, options) {
            Ok(listener) => return Ok(listener),
            Err(source) => source,
        };
        if source.kind() != io::ErrorKind::AddrInUse {
            return Err(BindError::Listen { address, source });
        }
        if Instant::now() >= deadline {
            return Err(BindError::InUse {
                host: options.bind_host.clone(),
                port: options.bind_port,
                seconds: options.bind_retry.as_secs(),
            });
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

async fn resolve(options: &ServeOptions) -> Result<SocketAddr, BindError> {
    let failed = |source| BindError::Resolve { host: options.bind_host.clone(), source };
    let host = options.bind_host.trim_start_matches('[').trim_end_matches(']');
    let mut found = tokio::net::lookup_host((host, options.bind_port)).await.map_err(failed)?;
    found.next().ok_or_else(|| failed(io::Error::other("no address")))
}

fn open(address: SocketAddr, options: &ServeOptions) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    // Accepted connections inherit both settings from the listening socket.
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(options.tcp_keepidle))?;
    socket.set_tcp_nodelay(true)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(options.backlog).unwrap_or(i32::MAX))?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
