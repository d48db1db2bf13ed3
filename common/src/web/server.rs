//! One way to start, reload and stop a server.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_server::ServerHandle;
use actix_web::web::ServiceConfig;
use tokio::task::JoinHandle;

use super::health::Health;
use super::hooks::ServeHooks;
use super::listener::{BindError, listen};
use super::options::ServeOptions;
use super::process::raise_open_files;
use super::service::Plan;
use super::signals;
use super::tls::{TlsError, TlsState};
use crate::threads::Pool;

/// Longest time for reading configuration and policy again.
const RELOAD_LIMIT: Duration = Duration::from_secs(60);

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
