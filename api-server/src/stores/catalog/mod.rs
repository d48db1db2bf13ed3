//! The configured stores: built once from the configuration, and the choice of one for a location.
//!
//! Two set-ups exist (spec/stores.md §1.2): several stores with ids (`enabled_backends`), and the older form with one
//! store of each type (`[glance_store] stores`). A driver whose options are bad is kept for reading, with a warning;
//! one that cannot run at all is left out. The service does not start without the store that takes uploads.

mod build;
mod client_location;
mod driver;
mod heal;
mod options;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::future::join_all;
use glance_common::config::{Config, ConfigError, SectionSpec};
use glance_common::logging::with_causes;
use tokio::time::timeout;

pub use client_location::Unacceptable;
pub use driver::Driver;
pub use heal::{StorePrefixes, heal};
pub use options::{
    EnabledBackends, GlanceStoreOptions, LocationOptions, LocationStrategy, StoreOptions, StoreTypeOptions,
};

use super::{ByteRange, Location, Reading, Store, StoreError, StoreErrorKind};

/// How long a readiness check waits for a store.
const PROBE_WAIT: Duration = Duration::from_secs(3);
/// Store that keeps data between `stage` and `import`; never shown to users.
pub const STAGING_STORE: &str = "os_glance_staging_store";
/// Store that tasks work in; never shown to users.
pub const TASKS_STORE: &str = "os_glance_tasks_store";

/// A configuration with which the service must not start.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// An option has an impossible value.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// `enabled_backends` without a default.
    #[error(
        "[glance_store] default_backend is not set, but [DEFAULT] enabled_backends names stores: set it to one of their ids"
    )]
    NoDefault,
    /// The default is not among the stores.
    #[error("the default store {id:?} is not configured; configured are: {}", configured.join(", "))]
    UnknownDefault {
        /// The id, or in single-store mode the scheme.
        id: String,
        /// The ids that there are.
        configured: Vec<String>,
    },
    /// The default is configured but cannot run.
    #[error("the default store {id:?} is not available: {reason}")]
    DefaultLeftOut {
        /// Its id.
        id: String,
        /// Why it was left out.
        reason: String,
    },
    /// An id that the service keeps for itself.
    #[error("[DEFAULT] enabled_backends: the store id {id:?} is reserved: ids may not start with os_glance_")]
    ReservedId {
        /// The id.
        id: String,
    },
}

/// One store of the configuration.
#[derive(Debug)]
pub struct ConfiguredStore {
    /// Its id; in single-store mode the name of its type.
    pub id: String,
    /// Its type.
    pub driver: Driver,
    /// Text for users.
    pub description: Option<String>,
    /// Order for reading; higher first.
    pub weight: i64,
    /// The store, behind its guard.
    pub store: Arc<dyn Store>,
}

/// All stores of this server.
#[derive(Debug)]
pub struct StoreCatalog {
    /// In the order of the configuration.
    stores: Vec<ConfiguredStore>,
    /// Staging and tasks, only with several stores.
    reserved: Vec<ConfiguredStore>,
    default: usize,
    multi_store: bool,
    /// Types of store in the order of reading, without several stores; those that are not listed come last.
    preference: Vec<Driver>,
}

impl StoreCatalog {
    /// Builds the stores that the configuration names. Makes the folders of file stores where they are missing.
    ///
    /// # Errors
    /// [`CatalogError`] for a configuration with which the service must not start.
    pub fn open(config: &Config) -> Result<Self, CatalogError> {
        build::open(config)
    }

    /// The tables of all options that the stores of this configuration read.
    ///
    /// # Errors
    /// [`CatalogError`] when `enabled_backends` cannot be read.
    pub fn option_tables(config: &Config) -> Result<Vec<SectionSpec>, CatalogError> {
        build::option_tables(config)
    }

    /// The stores that users may know of, in the order of the configuration.
    #[must_use]
    pub fn stores(&self) -> &[ConfiguredStore] {
        &self.stores
    }

    /// The store for uploads that name none.
    #[must_use]
    pub fn default_store(&self) -> &ConfiguredStore {
        &self.stores[self.default]
    }

    /// Whether stores have ids that users can name.
    #[must_use]
    pub fn is_multi_store(&self) -> bool {
        self.multi_store
    }

    /// The store with this id, among those that users may know of.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&ConfiguredStore> {
        self.stores.iter().find(|store| store.id == id)
    }

    /// The staging or the tasks store ([`STAGING_STORE`], [`TASKS_STORE`]); only with several stores.
    #[must_use]
    pub fn reserved(&self, id: &str) -> Option<&ConfiguredStore> {
        self.reserved.iter().find(|store| store.id == id)
    }

    /// The stores to try for a location, in order (spec/stores.md §1.5): the one that the metadata names, else
    /// all whose type serves the URL's scheme.
    ///
    /// # Errors
    /// `UnknownScheme` where no store is left.
    pub fn candidates(&self, at: &Location) -> Result<Vec<&ConfiguredStore>, StoreError> {
        let serves = |store: &&ConfiguredStore| store.driver.schemes().contains(&at.scheme());
        let found: Vec<_> = match at.store_id() {
            Some(id) if self.multi_store => {
                self.find(id).or_else(|| self.reserved(id)).into_iter().filter(serves).collect()
            }
            _ => self.stores.iter().filter(serves).collect(),
        };
        if found.is_empty() {
            return Err(StoreErrorKind::UnknownScheme { scheme: at.scheme().to_owned() }.into());
        }
        Ok(found)
    }

    /// Opens the object at a location, wherever it is.
    ///
    /// # Errors
    /// As [`Store::get`]; with several candidates the error of the last one.
    pub async fn get(&self, at: &Location, range: Option<ByteRange>) -> Result<Reading, StoreError> {
        self.first(at, |store| store.get(at, range)).await
    }

    /// Size in bytes of the object at a location.
    ///
    /// # Errors
    /// As [`Store::size`]; with several candidates the error of the last one.
    pub async fn size(&self, at: &Location) -> Result<Option<u64>, StoreError> {
        self.first(at, |store| store.size(at)).await
    }

    /// Removes the object at a location.
    ///
    /// # Errors
    /// As [`Store::delete`]; with several candidates the error of the last one.
    pub async fn delete(&self, at: &Location) -> Result<(), StoreError> {
        self.first(at, |store| store.delete(at)).await
    }

    /// Tries the candidates in turn while they say that the object is not theirs.
    async fn first<'a, T>(
        &'a self,
        at: &'a Location,
        operation: impl Fn(&'a dyn Store) -> BoxFuture<'a, Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let mut last = StoreError::from(StoreErrorKind::NotFound);
        for candidate in self.candidates(at)? {
            match operation(candidate.store.as_ref()).await {
                Err(error) if is_elsewhere(error.kind()) => last = error,
                outcome => return outcome,
            }
        }
        Err(last)
    }

    /// Sorts an image's locations as they are to be tried for reading; otherwise they stay as they were.
    pub fn sort_for_reading(&self, locations: &mut [Location]) {
        locations.sort_by_cached_key(|at| self.rank(at));
    }

    /// How early a location is tried for reading, lower first: with several stores by their weight, else by the
    /// preferred types of `location_strategy`.
    #[must_use]
    pub fn rank(&self, at: &Location) -> i64 {
        if self.multi_store {
            let weight = self.candidates(at).ok().and_then(|found| found.first().map(|store| store.weight));
            return weight.unwrap_or(0).saturating_neg();
        }
        let driver = Driver::by_scheme(at.scheme());
        let place = self.preference.iter().position(|preferred| Some(*preferred) == driver);
        i64::try_from(place.unwrap_or(self.preference.len())).unwrap_or(i64::MAX)
    }

    /// Gives locations without a configured store their store's id; see [`heal()`]. Returns whether one changed.
    pub fn heal(&self, locations: &mut [Location]) -> bool {
        if !self.multi_store {
            return false;
        }
        heal(locations, &self.prefixes())
    }

    /// Notes in a location that a client names which store's it is; the URL decides, whatever its metadata says.
    pub fn assign(&self, location: &mut Location) {
        if self.multi_store
            && let Some(id) = heal::owner(&location.url, &self.prefixes())
        {
            location.set_store_id(id);
        }
    }

    fn prefixes(&self) -> Vec<StorePrefixes<'_>> {
        let stores = self.stores.iter();
        stores.map(|store| StorePrefixes { id: &store.id, prefixes: store.store.url_prefixes() }).collect()
    }

    /// The ids of the stores that do not answer within a few seconds, with the reason.
    pub async fn unavailable(&self) -> Vec<(&str, StoreError)> {
        let probes = self.stores.iter().map(async |configured| {
            let answer = timeout(PROBE_WAIT, configured.store.probe()).await;
            let late = |_| Err(StoreErrorKind::Timeout { after: PROBE_WAIT }.into());
            answer.unwrap_or_else(late).err().map(|error| (configured.id.as_str(), error))
        });
        join_all(probes).await.into_iter().flatten().collect()
    }

    /// Runs the recovery pass of every store and says how many leavings were removed. A store that fails is
    /// logged and does not keep the others from theirs.
    pub async fn recover(&self) -> usize {
        let mut removed = 0;
        for configured in self.stores.iter().chain(&self.reserved) {
            match configured.store.recover().await {
                Ok(count) => removed += count,
                Err(error) => log::error!("store {}: recovery pass failed: {}", configured.id, with_causes(&error)),
            }
        }
        removed
    }
}

/// Whether the failure says that the object belongs to another store.
fn is_elsewhere(kind: &StoreErrorKind) -> bool {
    matches!(kind, StoreErrorKind::NotFound | StoreErrorKind::UnknownScheme { .. } | StoreErrorKind::BadStoreUri { .. })
}

#[cfg(test)]
mod tests;
