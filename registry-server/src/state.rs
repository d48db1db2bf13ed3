//! What all requests share.

use std::sync::Arc;

use arc_swap::ArcSwap;
use glance_common::keystone::Figures;

use crate::auth::Authentication;
use crate::chores::Prepared;
use crate::config::{Settings, SettingsError};
use crate::db::Db;

/// The database, and the terms on which requests are served.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) db: Db,
    pub(crate) prepared: Prepared,
    terms: ArcSwap<Terms>,
}

/// What a reload may change. A request keeps the terms that it began with.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) authentication: Authentication,
    /// Longest body in bytes.
    pub(crate) max_body: usize,
    /// Images in a list at most.
    pub(crate) max_images: u32,
    /// Images in a list of the older protocol, where the caller names no number.
    pub(crate) default_images: u32,
    /// What the above was made from.
    settings: Settings,
    /// Counts tokens; the same after a reload.
    figures: Figures,
}

impl Terms {
    pub(crate) fn new(settings: &Settings, figures: Figures) -> Result<Self, SettingsError> {
        Ok(Self {
            authentication: settings.authentication(figures.clone())?,
            max_body: usize::try_from(settings.registry.max_request_body.bytes()).unwrap_or(usize::MAX),
            max_images: settings.registry.api_limit_max,
            default_images: settings.registry.limit_param_default,
            settings: settings.clone(),
            figures,
        })
    }

    /// New terms. Where peers are known the same way as before, used signatures stay used.
    fn renewed(&self, settings: &Settings) -> Result<Self, SettingsError> {
        let mut terms = Self::new(settings, self.figures.clone())?;
        if self.settings.knows_peers_like(settings) {
            terms.authentication.peers = Arc::clone(&self.authentication.peers);
        }
        Ok(terms)
    }
}

impl State {
    pub(crate) fn new(db: Db, prepared: Prepared, terms: Terms) -> Self {
        Self { db, prepared, terms: ArcSwap::from_pointee(terms) }
    }

    /// The terms of now.
    pub(crate) fn terms(&self) -> Arc<Terms> {
        self.terms.load_full()
    }

    /// Serve new requests by other settings.
    pub(crate) fn renew(&self, settings: &Settings) -> Result<(), SettingsError> {
        let terms = self.terms().renewed(settings)?;
        self.terms.store(Arc::new(terms));
        Ok(())
    }
}
