//! What all requests share.

use std::sync::Arc;

use glance_registry_client::RegistryClient;

use crate::config::Options;
use crate::policy::Enforcer;
use crate::stores::catalog::StoreCatalog;

/// Everything a request needs beside itself. Built from one configuration and replaced as a whole on reload; a request
/// keeps the one that it began with.
pub struct AppState {
    /// The options.
    pub options: Options,
    /// The policy rules; reloads itself.
    pub policy: Arc<Enforcer>,
    /// The registry.
    pub registry: RegistryClient,
    /// The stores.
    pub stores: Arc<StoreCatalog>,
}
