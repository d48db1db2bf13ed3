//! What Glance knows: its options with their defaults, whether we use them or not.
//!
//! An option that is known here never counts as unknown, and its default serves `$name` in other values. The tables
//! are the sample files of Glance 33 reduced to facts; `known/regenerate.py` makes them anew.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::layers::normalised;
use super::oslo_ini;

/// Sample files of Glance 33 with every option at its default: program, text.
pub const SAMPLES: [(&str, &str); 4] = [
    ("glance-api", include_str!("known/glance-api.conf")),
    ("glance-cache", include_str!("known/glance-cache.conf")),
    ("glance-manage", include_str!("known/glance-manage.conf")),
    ("glance-scrubber", include_str!("known/glance-scrubber.conf")),
];

/// Former names, options of the keystoneauth plugins, and options of releases up to 15.
const OLD_NAMES: &str = include_str!("known/old-names.conf");

/// Sections of Glance that hold the options of one store driver; any store's section may have them.
const DRIVER_SECTIONS: [&str; 8] = [
    "glance_store",
    "file",
    "cinder",
    "glance.store.http.store",
    "glance.store.rbd.store",
    "glance.store.s3.store",
    "glance.store.swift.store",
    "glance.store.vmware_datastore.store",
];

/// Options by section and name; the value is the default.
static KNOWN: LazyLock<BTreeMap<String, BTreeMap<String, String>>> = LazyLock::new(|| {
    let mut known: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let texts = SAMPLES.iter().map(|(_, text)| *text).chain([OLD_NAMES]);
    for entry in texts.flat_map(|text| oslo_ini::parse(text).unwrap_or_default()) {
        let section = known.entry(normalised(&entry.section)).or_default();
        section.entry(entry.key).or_insert(entry.value);
    }
    known
});

/// Whether Glance knows the option.
pub(super) fn is_known(group: &str, key: &str) -> bool {
    KNOWN.get(&normalised(group)).is_some_and(|section| section.contains_key(key))
}

/// Whether some store driver of Glance has the option.
pub(super) fn is_store_option(key: &str) -> bool {
    DRIVER_SECTIONS.iter().any(|group| is_known(group, key))
}

/// The default of an option of Glance, `<None>` included.
pub(super) fn default(group: &str, key: &str) -> Option<&'static str> {
    KNOWN.get(&normalised(group))?.get(key).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Section};
    use crate::logging::LoggingOptions;

    #[test]
    fn all_tables_are_in_the_format() {
        for (program, text) in SAMPLES.into_iter().chain([("old names", OLD_NAMES)]) {
            let entries = oslo_ini::parse(text).unwrap();
            assert!(entries.len() > 30, "{program} has only {} options", entries.len());
        }
    }

    #[test]
    fn the_samples_of_glance_load_with_every_option_at_its_default() {
        for (program, text) in SAMPLES {
            let config = Config::from_text(text).unwrap();
            let options: LoggingOptions = config.section().unwrap();
            assert!(!options.debug && options.log_file.is_none(), "{program}");
            assert_eq!(config.warnings(&[LoggingOptions::spec()]), Vec::<String>::new(), "{program}");
        }
    }

    #[test]
    fn options_are_found_by_section() {
        assert!(is_known("DEFAULT", "image_size_cap"));
        assert!(is_known("DEFAULT", "sql_connection"));
        assert!(is_known("oslo_messaging_rabbit", "heartbeat_rate"));
        assert!(is_known("keystone_authtoken", "username"));
        assert!(!is_known("DEFAULT", "heartbeat_rate"));
        assert!(!is_known("nonsense", "image_size_cap"));
        assert!(is_store_option("filesystem_store_datadir"));
        assert_eq!(default("DEFAULT", "image_cache_sqlite_db"), Some("cache.db"));
    }
}
