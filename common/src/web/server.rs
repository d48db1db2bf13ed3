//! One way to start, reload and stop a server.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Protocol};
use actix_server::{GracefulShutdownSignal, ServerHandle};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::App;
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::web::ServiceConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::{Connection, ConnectionLimits, Io};
use super::guard::{self, Guard};
use super::health::Health;
use super::hooks::ServeHooks;
use super::listener::{BindError, listen};
use super::observe::{self, Observer};
use super::operations::{self, Operations};
use super::options::ServeOptions;
use super::process::raise_open_files;
use super::sendfile::pool::Pool;
use super::signals;
use super::tls::{TlsError, TlsState};

/// Longest time for a TLS handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// Longest time for reading configuration and policy again.
const RELOAD_LIMIT: Duration = Duration::from_secs(60);
/// How long a closing connection may take to read the end of its answer.
const DISCONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Why a server could not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address could not be taken.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The TLS files cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The operating system refused a thread, a descriptor or a signal handler.
    #[error("the server failed: {0}")]
    Io(#[from] io::Error),
}

/// Starts servers.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Reads the TLS files and takes the address; connections wait from here on.
    ///
    /// # Errors
    /// [`ServeError::Tls`] at once, [`ServeError::Bind`] after `bind_retry` when the port is in use.
    pub async fn bind(options: ServeOptions) -> Result<Bound, ServeError> {
        let tls = options.tls.clone().map(TlsState::load).transpose()?.map(Arc::new);
        raise_open_files();
        let listener = listen(&options).await?;
        let address = listener.local_addr()?;
        Ok(Bound { options, tls, listener, address })
    }
}

/// A server that has its address but answers nobody yet.
pub struct Bound {
    options: ServeOptions,
    tls: Option<Arc<TlsState>>,
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// The address in use, with the real port when 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until a signal ends it; see [`Serving::wait`] for the signals.
    ///
    /// `routes` adds the server's own routes; it runs once in each worker.
    ///
    /// # Errors
    /// [`ServeError::Io`] when threads or signal handlers cannot be set up.
    pub async fn run<F>(self, routes: F, health: Health, hooks: ServeHooks) -> Result<(), ServeError>
    where
        F: Fn(&mut ServiceConfig) + Send + Clone + 'static,
    {
        self.start(routes, health, hooks)?.wait().await
    }

    /// As [`run`](Self::run), but returns once the server answers.
    ///
    /// # Errors
    /// [`ServeError::Io`] when threads cannot be set up.
    pub fn start<F>(self, routes: F, health: Health, hooks: ServeHooks) -> Result<Serving, ServeError>
    where
        F: Fn(&mut ServiceConfig) + Send + Clone + 'static,
    {
        let Self { options, tls, listener, address } = self;
        let builder = actix_server::Server::build()
            .workers(options.worker_count())
            .backlog(options.backlog)
            .shutdown_timeout(options.drain_seconds())
            .disable_signals();
        let plan = Plan {
            routes,
            address,
            drain: builder.graceful_shutdown_signal(),
            transfers: Pool::new("file-send", options.transfer_threads),
            options: options.clone(),
            tls: tls.clone(),
            health: health.clone(),
            hooks: hooks.clone(),
        };
        let name = "http";
        let server = match &tls {
            None => builder.listen(name, listener, move || plan.clone().plain_service())?,
            Some(_) => builder.listen(name, listener, move || plan.clone().tls_service())?,
        };
        let server = server.run();
        let handle = server.handle();
        let task = tokio::spawn(server);
        Ok(Serving { options, address, tls, health, hooks, handle, task })
    }
}

/// A server that answers.
pub struct Serving {
    pub(super) options: ServeOptions,
    address: SocketAddr,
    pub(super) tls: Option<Arc<TlsState>>,
    pub(super) health: Health,
    pub(super) hooks: ServeHooks,
    pub(super) handle: ServerHandle,
    pub(super) task: JoinHandle<io::Result<()>>,
}

impl Serving {
    /// The address in use.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the end. With `handle_signals`:
    ///
    /// | signal | effect |
    /// |---|---|
    /// | SIGTERM, SIGINT | drain: no new connections, running requests go on up to `graceful_shutdown_timeout` |
    /// | the second of them | stops at once |
    /// | SIGHUP | [`ServeHooks::on_reload`], then the TLS files are read again |
    ///
    /// systemd hears of each when `NOTIFY_SOCKET` is set.
    ///
    /// # Errors
    /// [`ServeError::Io`] when the server or a signal handler failed.
    pub async fn wait(self) -> Result<(), ServeError> {
        if self.options.handle_signals {
            return signals::run(self).await;
        }
        self.join().await
    }

    /// Stops from within the program: running requests go on up to `graceful_shutdown_timeout`, or
    /// are cut off when not `graceful`.
    ///
    /// # Errors
    /// [`ServeError::Io`] when the server had failed before.
    pub async fn stop(self, graceful: bool) -> Result<(), ServeError> {
        self.health.start_draining();
        self.handle.stop(graceful).await;
        self.join().await
    }

    /// Reads configuration and TLS files again, as SIGHUP does.
    pub async fn reload(&self) {
        match tokio::time::timeout(RELOAD_LIMIT, self.hooks.reload()).await {
            Ok(Ok(())) => {}
            Ok(Err(reason)) => log::error!("reload failed, going on as before: {reason}"),
            Err(_) => log::error!("reload took too long, going on as before"),
        }
        let Some(tls) = self.tls.clone() else { return };
        match tokio::task::spawn_blocking(move || tls.reload()).await {
            Ok(Ok(())) => log::info!("TLS files were read again"),
            Ok(Err(error)) => log::error!("the old TLS files stay in use: {error}"),
            Err(error) => log::error!("the old TLS files stay in use: {error}"),
        }
    }

    async fn join(self) -> Result<(), ServeError> {
        self.task.await.map_err(io::Error::other)??;
        Ok(())
    }
}

/// All that a worker needs to build its service.
#[derive(Clone)]
struct Plan<F> {
    routes: F,
    address: SocketAddr,
    drain: GracefulShutdownSignal,
    transfers: Arc<Pool>,
    options: ServeOptions,
    tls: Option<Arc<TlsState>>,
    health: Health,
    hooks: ServeHooks,
}

impl<F> Plan<F>
where
    F: Fn(&mut ServiceConfig) + Send + Clone + 'static,
{
    fn plain_service(
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

    fn tls_service(
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
