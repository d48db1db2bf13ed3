//! The options that say which stores there are (spec/stores.md §1.2).

glance_common::choices! {
    /// How the locations of an image are ordered where stores have no weight.
    pub enum LocationStrategy {
        /// As they were added.
        LocationOrder = "location_order",
        /// By the type of their store.
        StoreType = "store_type",
    }
}

glance_common::options! {
    /// Which stores there are.
    pub struct EnabledBackends in "DEFAULT" {
        /// The stores, as comma separated pairs of an id and a type (file, http, swift, s3, rbd, cinder, vmware), such as
        /// `fast:file, web:http`. Each store has a section named by its id. Empty: one store of each type that
        /// `[glance_store] stores` lists.
        pub enabled_backends: glance_common::config::Dict = glance_common::config::Dict::default();
    }

    /// What holds for all stores.
    pub struct GlanceStoreOptions in "glance_store" {
        /// Id of the store that takes uploads which name none. Needed with enabled_backends.
        pub default_backend: Option<String> = None;
        /// Types of store without enabled_backends; deprecated.
        pub stores: Vec<String> = vec!["file".to_owned(), "http".to_owned()];
        /// Scheme of the store that takes uploads, without enabled_backends; deprecated. One of file, filesystem, http,
        /// https, swift, swift+http, swift+https, swift+config, rbd, cinder, vsphere, s3.
        pub default_store: String = "file".to_owned();
    }

    /// What each store has, whatever its type.
    pub struct StoreOptions in "glance_store" {
        /// Text shown to users in the list of stores.
        pub store_description: Option<String> = None;
        /// Order in which the locations of an image are tried for reading; higher first.
        pub weight: i64 = 0;
    }

    /// The order of locations without enabled_backends. With it, the weights of the stores decide.
    pub struct LocationOptions in "DEFAULT" {
        /// How the locations of an image are ordered for reading: as they were added, or by the type of their store.
        /// Without effect where enabled_backends is set.
        pub location_strategy: LocationStrategy = LocationStrategy::LocationOrder;
    }

    /// The strategy by type of store.
    pub struct StoreTypeOptions in "store_type_location_strategy" {
        /// Types of store, those to read from first at the beginning. Types that are not listed come last.
        pub store_type_preference: Vec<String> = Vec::new();
    }
}
