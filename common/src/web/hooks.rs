//! What a server crate adds to the common life of a server.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::HeaderMap;

use super::faults::{self, FaultRenderer};
use super::metrics::Metrics;
use crate::http::fault::Fault;

type ReloadFuture = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// The server crate's own parts of reload, metrics and error answers.
#[derive(Clone)]
pub struct ServeHooks {
    pub(super) metrics: Metrics,
    pub(super) render: FaultRenderer,
    reload: Option<Arc<dyn Fn() -> ReloadFuture + Send + Sync>>,
}

impl ServeHooks {
    /// Hooks that do nothing on reload and answer errors in the form of the image API.
    pub fn new(metrics: Metrics) -> Self {
        Self { metrics, render: Arc::new(faults::render), reload: None }
    }

    /// Called on SIGHUP, before the TLS files are read again: re-reads configuration and policy, and
    /// reopens logs. On an error, which goes to the log, the server goes on with what it has.
    #[must_use]
    pub fn on_reload<F, Fut>(mut self, reload: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.reload = Some(Arc::new(move || Box::pin(reload())));
        self
    }

    /// Replaces the form in which refusals before any handler are answered.
    #[must_use]
    pub fn render_faults<F>(mut self, render: F) -> Self
    where
        F: Fn(&HeaderMap, &Fault) -> HttpResponse + Send + Sync + 'static,
    {
        self.render = Arc::new(render);
        self
    }

    pub(super) async fn reload(&self) -> Result<(), String> {
        match &self.reload {
            Some(reload) => reload().await,
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ServeHooks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServeHooks").finish_non_exhaustive()
    }
}
