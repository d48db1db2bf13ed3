//! From a configuration to a running server.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use glance_common::config::{Config, ConfigError};
use glance_common::context::RequestContext;
use glance_common::web::tls::TlsError;
use glance_common::web::{Bound, Health, Metrics, ServeError, ServeHooks, Serving};

use crate::api::error_response::render_fault;
use crate::api::pipeline::Edge;
use crate::service::recovery;
use crate::state::{AppState, StateError};

/// How often policy files are looked at.
const POLICY_LOOK: Duration = Duration::from_secs(1);
/// How long a store or the registry may take to answer a readiness check.
const CHECK_LIMIT: Duration = Duration::from_secs(5);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The TLS options cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A pipeline that believes headers must not be reachable by everybody.
    #[error(
        "the pipeline believes identity headers and must not listen on {address}, which others than private networks \
         can reach: set bind_host to a loopback or private address, or trusted_auth_allow_public if a proxy before this \
         server removes foreign identity headers"
    )]
    Public {
        /// The address.
        address: IpAddr,
    },
    /// The address cannot be taken, or the system refuses threads.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The metrics cannot be registered.
    #[error("the metrics cannot be set up: {0}")]
    Metrics(String),
}

/// Gives the configuration anew when the server is told to reload, and does what else a reload means to the program, such
/// as opening the log files anew. Runs on a blocking thread.
pub type ReloadConfig = Arc<dyn Fn() -> Result<Config, ConfigError> + Send + Sync>;

/// Starts API servers.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Starts a server; it answers when this returns, whether or not the registry is up.
    ///
    /// # Errors
    /// [`StartError`] for a configuration with which the server must not start, and for an address that is taken.
    pub async fn start(config: &Config, reload: ReloadConfig) -> Result<Serving, StartError> {
        let app = AppState::build(config)?;
        for warning in app.options.warnings() {
            log::warn!("{warning}");
        }
        if app.cors.as_ref().is_some_and(|cors| cors.has_wildcard()) {
            log::warn!("[cors] allowed_origin: pages of all origins may use the API, without credentials");
        }
        if !app.policy.enforces_new_defaults() {
            log::warn!("[oslo_policy] enforce_new_defaults is off: what the old rules allowed is allowed as well");
        }
        for warning in app.validator.iter().flat_map(|validator| validator.warnings()) {
            log::warn!("[keystone_authtoken] {warning}");
        }
        let bound = bind(&app).await?;
        let token_figures = app.token_figures.clone();
        let disable_file = app.options.health.disable_by_file_path.clone();
        let edge = Arc::new(Edge::new(app));
        let mut health = health(&edge);
        if let Some(file) = disable_file {
            health = health.disable_by_file(file);
        }
        let metrics = Metrics::new("glance_api").map_err(|error| StartError::Metrics(error.to_string()))?;
        token_figures.register(metrics.registry()).map_err(|error| StartError::Metrics(error.to_string()))?;
        let hooks =
            ServeHooks::new(metrics).render_faults(render_fault).on_reload(reloading(Arc::clone(&edge), reload));
        let routes = Arc::clone(&edge);
        let serving = bound.start(move |config| routes.configure(config), health, hooks)?;
        tokio::spawn(watch_policy(Arc::clone(&edge)));
        tokio::spawn(recovery::run(move || edge.app()));
        Ok(serving)
    }
}

/// Takes the address, unless the pipeline must not listen there.
async fn bind(app: &AppState) -> Result<Bound, StartError> {
    let options = &app.options.server;
    let may_listen = |address| options.trusted_auth_allow_public || app.flavor.may_listen_on(address);
    // An address in numbers is judged before it is taken, a name by what it stands for.
    if let Ok(address) = app.options.socket.bind_host.parse()
        && !may_listen(address)
    {
        return Err(StartError::Public { address });
    }
    let bound = glance_common::web::Server::bind(app.options.socket.serve_options(options.bind_port)?).await?;
    let address = bound.local_addr().ip();
    if may_listen(address) { Ok(bound) } else { Err(StartError::Public { address }) }
}

/// Ready is who reaches the registry and every store.
fn health(edge: &Arc<Edge>) -> Health {
    let registry = Arc::clone(edge);
    let stores = Arc::clone(edge);
    Health::new()
        .check("registry", CHECK_LIMIT, move || {
            let app = registry.app();
            async move {
                let nobody = RequestContext::service("req-readiness");
                app.registry.info(&nobody).await.map(drop).map_err(|error| error.cause().unwrap_or(error.to_string()))
            }
        })
        .check("stores", CHECK_LIMIT, move || {
            let app = stores.app();
            async move {
                for configured in app.stores.stores() {
                    configured.store.probe().await.map_err(|error| format!("{}: {error}", configured.id))?;
                }
                Ok(())
            }
        })
}

/// What SIGHUP does: everything is built anew from the configuration, and put in place of the old only if all of it can be
/// used.
fn reloading(
    edge: Arc<Edge>,
    reload: ReloadConfig,
) -> impl Fn() -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync + 'static {
    move || {
        let (edge, reload) = (Arc::clone(&edge), Arc::clone(&reload));
        Box::pin(async move {
            let rebuild = move || -> Result<(), String> {
                let config = reload().map_err(|error| error.to_string())?;
                let app = edge.app().rebuild(&config).map_err(|error| error.to_string())?;
                edge.replace(app);
                log::info!("the configuration was read again");
                Ok(())
            };
            tokio::task::spawn_blocking(rebuild).await.map_err(|error| error.to_string())?
        })
    }
}

/// Reads policy files again when they change, away from requests.
async fn watch_policy(edge: Arc<Edge>) {
    let mut tick = tokio::time::interval(POLICY_LOOK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let policy = Arc::clone(&edge.app().policy);
        if tokio::task::spawn_blocking(move || policy.reload_if_changed()).await.is_err() {
            log::error!("the look at the policy files was cut short");
        }
    }
}
