//! The options of `[oslo_limit]` beside those of the account (import-tasks-stores-cache §9.5).

use glance_common::config::{Config, ConfigError, Seconds, SectionSpec};
use glance_common::keystone::AuthOptions;

/// The section.
const GROUP: &str = "oslo_limit";

glance_common::choices! {
    /// An interface of an endpoint; older spellings are still read.
    pub enum Interface {
        /// For everybody.
        Public = "public" | "publicURL",
        /// For services.
        Internal = "internal" | "internalURL",
        /// For administrators.
        Admin = "admin" | "adminURL",
    }
}

glance_common::options! {
    /// Where the identity service keeps the limits of projects, with use_keystone_limits.
    pub struct LimitOptions in "oslo_limit" {
        /// Id of this service's endpoint, for which limits are registered.
        pub endpoint_id: Option<String> = None;
        /// Type of this service, to find the endpoint where endpoint_id is not set.
        pub endpoint_service_type: Option<String> = None;
        /// Name of this service, to find the endpoint.
        pub endpoint_service_name: Option<String> = None;
        /// Region of the endpoint.
        pub endpoint_region_name: Option<String> = None;
        /// Interface of the endpoint.
        pub endpoint_interface: Interface = Interface::Public;
        /// Interfaces of the identity service in the catalogue, the best one first; unset: public.
        pub valid_interfaces: Vec<Interface> = Vec::new();
        /// URL of the identity service for limits; unset: the one in the catalogue.
        pub endpoint_override: Option<String> = None;
        /// Seconds for which limits are remembered before they are asked for again.
        pub limit_cache_time: Seconds = Seconds::new(5), max 3600;
    }
}

/// All that is needed to ask for limits.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// What is asked.
    pub(super) limits: LimitOptions,
    /// As whom.
    pub(super) account: AuthOptions,
}

impl Options {
    /// Reads the section.
    ///
    /// # Errors
    /// [`ConfigError::BadValue`] for the first bad option.
    pub(super) fn read(config: &Config) -> Result<Self, ConfigError> {
        Ok(Self { limits: config.section()?, account: AuthOptions::load(config, GROUP)? })
    }

    /// The tables of its options.
    #[must_use]
    pub(super) fn tables(config: &Config) -> Vec<SectionSpec> {
        use glance_common::config::Section as _;
        let mut tables = vec![LimitOptions::spec()];
        tables.extend(AuthOptions::tables(config, GROUP));
        tables
    }
}
