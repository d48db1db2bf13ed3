//! From configuration to stores.

use std::path::PathBuf;
use std::sync::Arc;

use glance_common::config::{Config, Section, SectionSpec};

use super::super::file::{FileOptions, FileStore};
use super::super::guard::Guarded;
use super::super::http::{HttpOptions, HttpStore};
use super::super::{Opened, Store};
use super::{
    CatalogError, ConfiguredStore, Driver, EnabledBackends, GlanceStoreOptions, LocationOptions, LocationStrategy,
    STAGING_STORE, StoreCatalog, StoreOptions, StoreTypeOptions, TASKS_STORE,
};
use crate::outgoing::{ImportFilteringOptions, UrlJudge};

/// Section of options for all stores that do not set them themselves.
const DEFAULTS_GROUP: &str = "backend_defaults";
/// Where the reserved stores keep their folders unless told otherwise.
const RESERVED_ROOT: &str = "/var/lib/glance";

/// A store that cannot be had, with the reason.
struct LeftOut {
    id: String,
    reason: String,
}

/// What became of the stores of the configuration.
#[derive(Default)]
struct Outcome {
    stores: Vec<ConfiguredStore>,
    left_out: Vec<LeftOut>,
}

pub(super) fn open(config: &Config) -> Result<StoreCatalog, CatalogError> {
    let enabled = config.section::<EnabledBackends>()?.enabled_backends;
    if enabled.is_empty() { open_single(config) } else { open_multi(config, enabled.iter()) }
}

fn open_multi<'a>(
    config: &Config,
    enabled: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<StoreCatalog, CatalogError> {
    let mut outcome = Outcome::default();
    for (id, type_name) in enabled {
        if id.starts_with("os_glance_") {
            return Err(CatalogError::ReservedId { id: id.to_owned() });
        }
        outcome.add(config, id, type_name, Some(id))?;
    }
    let default = config.section::<GlanceStoreOptions>()?.default_backend.ok_or(CatalogError::NoDefault)?;
    let reserved = vec![open_reserved(config, STAGING_STORE)?, open_reserved(config, TASKS_STORE)?];
    let index = outcome.default_index(&default, |store| store.id == default)?;
    Ok(StoreCatalog { stores: outcome.stores, reserved, default: index, multi_store: true, preference: Vec::new() })
}

fn open_single(config: &Config) -> Result<StoreCatalog, CatalogError> {
    let options = config.section::<GlanceStoreOptions>()?;
    let mut outcome = Outcome::default();
    for type_name in &options.stores {
        // Old files name types by scheme as well.
        let driver = Driver::by_name(type_name).or_else(|| Driver::by_scheme(type_name));
        let name = driver.map_or(type_name.as_str(), |known| known.name());
        if !outcome.stores.iter().any(|store| store.id == name) {
            outcome.add(config, name, name, None)?;
        }
    }
    let wanted = Driver::by_scheme(&options.default_store);
    let id = wanted.map_or(options.default_store.as_str(), |driver| driver.name());
    let index = outcome.default_index(id, |store| Some(store.driver) == wanted)?;
    let preference = preference(config)?;
    Ok(StoreCatalog { stores: outcome.stores, reserved: Vec::new(), default: index, multi_store: false, preference })
}

/// The types of store in the order of reading.
fn preference(config: &Config) -> Result<Vec<Driver>, CatalogError> {
    if config.section::<LocationOptions>()?.location_strategy == LocationStrategy::LocationOrder {
        return Ok(Vec::new());
    }
    let names = config.section::<StoreTypeOptions>()?.store_type_preference;
    let driver = |name: &String| {
        let known = Driver::by_name(name).or_else(|| Driver::by_scheme(name));
        if known.is_none() {
            log::warn!("[store_type_location_strategy] store_type_preference: there is no store type {name:?}");
        }
        known
    };
    Ok(names.iter().filter_map(driver).collect())
}

impl Outcome {
    /// Opens one store. `group` is its section with several stores; without, all options are in `[glance_store]`.
    fn add(&mut self, config: &Config, id: &str, type_name: &str, group: Option<&str>) -> Result<(), CatalogError> {
        let section = group.unwrap_or(GlanceStoreOptions::GROUP);
        let fallbacks: &[&str] = if group.is_some() { &[DEFAULTS_GROUP] } else { &[] };
        let common: StoreOptions = config.section_at(section, fallbacks)?;
        let Some(driver) = Driver::by_name(type_name) else {
            self.leave_out(id, format!("there is no store type {type_name:?}"));
            return Ok(());
        };
        match open_driver(driver, config, section, fallbacks)? {
            Ok(opened) => self.stores.push(ConfiguredStore {
                id: id.to_owned(),
                driver,
                description: common.store_description,
                weight: common.weight,
                store: guard(opened, id, group.map(ToOwned::to_owned)),
            }),
            Err(reason) => self.leave_out(id, reason),
        }
        Ok(())
    }

    fn leave_out(&mut self, id: &str, reason: String) {
        log::warn!("store {id} is left out: {reason}");
        self.left_out.push(LeftOut { id: id.to_owned(), reason });
    }

    /// Position of the store that takes uploads.
    fn default_index(&self, id: &str, is_default: impl FnMut(&ConfiguredStore) -> bool) -> Result<usize, CatalogError> {
        if let Some(index) = self.stores.iter().position(is_default) {
            return Ok(index);
        }
        let id = id.to_owned();
        match self.left_out.iter().find(|left| left.id == id) {
            Some(left) => Err(CatalogError::DefaultLeftOut { id, reason: left.reason.clone() }),
            None => {
                let configured = self.stores.iter().map(|store| store.id.clone()).collect();
                Err(CatalogError::UnknownDefault { id, configured })
            }
        }
    }
}

/// The one place where a type becomes a driver. The inner error is the reason to leave the store out.
fn open_driver(
    driver: Driver,
    config: &Config,
    section: &str,
    fallbacks: &[&str],
) -> Result<Result<Opened, String>, CatalogError> {
    Ok(match driver {
        Driver::File => Ok(FileStore::open(&config.section_at::<FileOptions>(section, fallbacks)?)),
        Driver::Http => {
            let judge = Arc::new(UrlJudge::new(&config.section()?));
            HttpStore::open(&config.section_at::<HttpOptions>(section, fallbacks)?, &judge)
        }
        Driver::Swift | Driver::S3 | Driver::Rbd | Driver::Cinder | Driver::Vmware => {
            Err(format!("driver {driver} is not available in this build"))
        }
    })
}

/// The staging or tasks store: a folder, whatever the other stores are.
fn open_reserved(config: &Config, id: &str) -> Result<ConfiguredStore, CatalogError> {
    let mut options: FileOptions = config.section_at(id, &[])?;
    if config.raw(id, "filesystem_store_datadir").is_none() {
        options.filesystem_store_datadir = Some(PathBuf::from(RESERVED_ROOT).join(id));
    }
    Ok(ConfiguredStore {
        id: id.to_owned(),
        driver: Driver::File,
        description: None,
        weight: 0,
        store: guard(FileStore::open(&options), id, Some(id.to_owned())),
    })
}

/// Warns of what is bad about the options, and puts the guard before the driver.
fn guard(opened: Opened, id: &str, store_id: Option<String>) -> Arc<dyn Store> {
    if let Some(problem) = &opened.problem {
        log::warn!("store {id} is for reading only: it could not be configured correctly: {problem}");
    }
    Arc::new(Guarded::new(opened.store, store_id, opened.problem.is_some()))
}

pub(super) fn option_tables(config: &Config) -> Result<Vec<SectionSpec>, CatalogError> {
    let mut tables = vec![
        EnabledBackends::spec(),
        GlanceStoreOptions::spec(),
        LocationOptions::spec(),
        StoreTypeOptions::spec(),
        ImportFilteringOptions::spec(),
    ];
    let enabled = config.section::<EnabledBackends>()?.enabled_backends;
    let mut groups: Vec<&str> = enabled.iter().map(|(id, _)| id).collect();
    if groups.is_empty() {
        groups.push(GlanceStoreOptions::GROUP);
    } else {
        groups.extend([DEFAULTS_GROUP, STAGING_STORE, TASKS_STORE]);
    }
    for group in groups {
        tables.extend([StoreOptions::spec_at(group), FileOptions::spec_at(group), HttpOptions::spec_at(group)]);
    }
    Ok(tables)
}
