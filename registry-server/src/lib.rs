//! The registry: image metadata in SQL behind a private REST protocol.
//!
//! [`Registry::start`] makes a server out of [`Settings`]; `main.rs` and tests use it alike. Requests go
//! `auth → api → db`: who asks, what is asked, one transaction.
//!
//! | module | what it holds |
//! |---|---|
//! | [`config`] | options and what is made of them |
//! | [`auth`] | which peers may speak for others, and what their identity headers mean |
//! | `api` | the route table, handlers, the OpenAPI document |
//! | [`db`] | the only door to the database, and the queries |
//! | [`manage`] | what `glance-manage` does |
//! | `error`, `error_response` | refusals and their form |

mod api;
pub mod auth;
mod chores;
pub mod config;
pub mod db;
mod error;
mod error_response;
pub mod manage;
mod state;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::web::{Data, ServiceConfig};
use glance_common::keystone::Figures;
use glance_common::web::{Health, Metrics, ServeError, ServeHooks, Server, Serving};
use thiserror::Error;

use crate::chores::{Chores, Prepared};
use crate::config::{Settings, SettingsError};
use crate::db::{Db, DbError};
use crate::state::{State, Terms};

/// Name of the program: of its configuration file, its log, its metrics.
pub const PROGRAM: &str = "glance-registry";

/// How long the database may take to answer a readiness check.
const READY_LIMIT: Duration = Duration::from_secs(3);

/// Why the registry cannot start or go on. Printed as `ERROR: <text>`.
#[derive(Debug, Error)]
pub enum StartError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The database is not one that this program may use.
    #[error("{0}")]
    Database(#[from] DbError),
    /// The address is taken, TLS files are broken, the system refuses resources.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The figures cannot be set up.
    #[error("cannot set up metrics: {0}")]
    Metrics(String),
}

/// A running registry.
pub struct Registry {
    serving: Serving,
    _chores: Chores,
}

impl Registry {
    /// Judges the settings, prepares the database, and serves. `reload` runs on SIGHUP and gives the settings anew: who
    /// is trusted and what is allowed follows them at once; socket, database and encryption key are those of the start.
    ///
    /// A database that is away does not stop the start: requests get 503 and `/readyz` says no until it is there.
    ///
    /// # Errors
    /// [`StartError`] for everything that waiting does not heal.
    pub async fn start<F, Fut>(settings: &Settings, reload: F) -> Result<Self, StartError>
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Settings, String>> + Send + 'static,
    {
        let options = settings.serve_options()?;
        let figures = Figures::new("glance_registry").map_err(|error| StartError::Metrics(error.to_string()))?;
        let terms = Terms::new(settings, figures.clone())?;
        let db = Db::open(&settings.database, settings.cipher()?)?;
        let prepared = Prepared::try_now(&db).await?;
        let bound = Server::bind(options).await?;

        let metrics = Metrics::new("glance_registry").map_err(|error| StartError::Metrics(error.to_string()))?;
        figures.register(metrics.registry()).map_err(|error| StartError::Metrics(error.to_string()))?;
        let hooks = ServeHooks::new(metrics).render_faults(error_response::render_fault);
        let health = health(settings, &db, &prepared);
        let state = Data::new(State::new(db.clone(), prepared.clone(), terms));
        let renewed = state.clone();
        let hooks = hooks.on_reload(move || {
            let (settings, state) = (reload(), renewed.clone());
            async move { state.renew(&settings.await?).map_err(|error| error.to_string()) }
        });
        let max_request_id = settings.registry.max_request_id_length;
        let v1 = settings.registry.enable_v1_registry;
        let routes = move |config: &mut ServiceConfig| {
            config.app_data(state.clone());
            api::configure(config, max_request_id, v1);
        };
        let serving = bound.start(routes, health, hooks)?;
        log::info!("{PROGRAM} listens on {}", serving.local_addr());
        Ok(Self { serving, _chores: Chores::start(db, prepared) })
    }

    /// The address in use.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.serving.local_addr()
    }

    /// Serve until a signal ends it.
    ///
    /// # Errors
    /// [`StartError::Serve`].
    pub async fn wait(self) -> Result<(), StartError> {
        Ok(self.serving.wait().await?)
    }

    /// Stop from within the program; running requests are finished.
    ///
    /// # Errors
    /// [`StartError::Serve`].
    pub async fn stop(self) -> Result<(), StartError> {
        Ok(self.serving.stop(true).await?)
    }
}

/// `/healthcheck` and `/readyz`.
fn health(settings: &Settings, db: &Db, prepared: &Prepared) -> Health {
    let (db, prepared) = (db.clone(), prepared.clone());
    let health = Health::new().check("database", READY_LIMIT, move || {
        let (db, prepared) = (db.clone(), prepared.clone());
        async move {
            prepared.check().map_err(|error| error.to_string())?;
            db.ping().await.map_err(|error| error.to_string())
        }
    });
    match &settings.health.disable_by_file_path {
        Some(path) => health.disable_by_file(path),
        None => health,
    }
}
