//! From an accepted socket to the server's routes; one such service runs in each worker.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Protocol};
use actix_server::GracefulShutdownSignal;
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::App;
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::web::ServiceConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::{Connection, ConnectionLimits, Io};
use super::guard::{self, Guard};
use super::health::Health;
use super::hooks::ServeHooks;
use super::observe::{self, Observer};
use super::operations::{self, Operations};
use super::options::ServeOptions;
use super::tls::TlsState;
use crate::threads::Pool;

/// Longest time for a TLS handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// How long a closing connection may take to read the end of its answer.
const DISCONNECT_LIMIT: Duration = Duration::from_secs(5);

/// All that a worker needs to build its service.
#[derive(Clone)]
pub(super) struct Plan<F> {
    pub(super) routes: F,
    pub(super) address: SocketAddr,
    pub(super) drain: GracefulShutdownSignal,
    pub(super) transfers: Arc<Pool>,
    pub(super) options: ServeOptions,
    pub(super) tls: Option<Arc<TlsState>>,
    pub(super) health: Health,
    pub(super) hooks: ServeHooks,
}

impl<F> Plan<F>
where
    F: Fn(&mut ServiceConfig) + Send + Clone + 'static,
{
    /// Answers connections without TLS.
    pub(super) fn plain_service(
        self,
    ) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> {
        let open = self.opener();
        fn_service(move |stream: TcpStream| {
            let io = open(stream);
            let peer = io.peer_addr();
            async move { Ok::<_, DispatchError>((io, Protocol::Http1, peer)) }
        })
        .and_then(self.http_service(|io: &Io| io.connection().clone()))
    }

    /// Answers connections with TLS.
    pub(super) fn tls_service(
        self,
    ) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> {
        let (open, tls) = (self.opener(), self.tls.clone());
        fn_service(move |stream: TcpStream| {
            let io = open(stream);
            let config = tls.as_ref().map(|tls| tls.current());
            async move { accept_tls(io, config).await.map_err(DispatchError::Io) }
        })
        .and_then(self.http_service(|stream: &TlsStream<Io>| stream.get_ref().0.connection().clone()))
    }

    /// Puts our own layer around an accepted socket.
    fn opener(&self) -> impl Fn(TcpStream) -> Io + Clone + use<F> {
        let limits =
            ConnectionLimits { idle: self.options.client_socket_timeout, head: self.options.client_head_timeout };
        let (transfers, drain) = (Arc::clone(&self.transfers), self.drain.clone());
        move |stream| Io::new(stream, limits, Arc::clone(&transfers), drain.clone())
    }

    fn http_service<T>(
        self,
        connection_of: impl Fn(&T) -> Connection + 'static,
    ) -> impl ServiceFactory<
        (T, Protocol, Option<SocketAddr>),
        Config = (),
        Response = (),
        Error = DispatchError,
        InitError = (),
    >
    where
        T: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let idle = self.options.client_socket_timeout;
        let keep_alive = match (self.options.http_keepalive, idle.is_zero()) {
            (false, _) => KeepAlive::Disabled,
            (true, true) => KeepAlive::Os,
            (true, false) => KeepAlive::Timeout(idle),
        };
        let drain = self.drain.clone();
        let (secure, address) = (self.tls.is_some(), self.address);
        // actix's own server builds it the same way, through a function that only it may call.
        let config = move |()| AppConfig::__priv_test_new(secure, address.to_string(), address);
        HttpService::build()
            .keep_alive(keep_alive)
            .client_request_timeout(self.options.client_head_timeout)
            .client_disconnect_timeout(DISCONNECT_LIMIT)
            .local_addr(address)
            .graceful_shutdown_signal(move || {
                let drain = drain.clone();
                async move { drain.notified().await }
            })
            .on_connect_ext(move |io: &T, data| {
                data.insert(connection_of(io));
            })
            .finish(map_config(self.app(), config))
    }

    /// The server's routes behind the middlewares that every server has; the last `wrap` is the
    /// outermost.
    fn app(
        self,
    ) -> impl ServiceFactory<
        actix_http::Request,
        Config = AppConfig,
        Response = ServiceResponse<BoxBody>,
        Error = actix_http::Response<BoxBody>,
        InitError = (),
    > {
        let (health, metrics) = (self.health, self.hooks.metrics);
        let operators = Operations { health: health.clone(), metrics: metrics.clone() };
        let limits = Guard { max_line: self.options.max_header_line, render: self.hooks.render };
        let observer = Observer { metrics, health };
        App::new()
            .configure(self.routes)
            .wrap(from_fn(move |request, next| operations::operations(operators.clone(), request, next)))
            .wrap(from_fn(move |request, next| guard::guard(limits.clone(), request, next)))
            .wrap(from_fn(move |request, next| observe::observe(observer.clone(), request, next)))
            .into_factory()
            .map_err(|error: actix_web::Error| error.error_response().into())
    }
}

async fn accept_tls(
    io: Io,
    config: Option<Arc<rustls::ServerConfig>>,
) -> io::Result<(TlsStream<Io>, Protocol, Option<SocketAddr>)> {
    let config = config.ok_or_else(|| io::Error::other("the port has no certificate"))?;
    let peer = io.peer_addr();
    let handshake = TlsAcceptor::from(config).accept(io);
    let stream = tokio::time::timeout(HANDSHAKE_LIMIT, handshake)
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    stream.get_ref().0.connection().set_encrypted(http2);
    let protocol = if http2 { Protocol::Http2 } else { Protocol::Http1 };
    Ok((stream, protocol, peer))
}
