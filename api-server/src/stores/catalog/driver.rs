//! Types of stores and the URL schemes that belong to each (spec/stores.md §1.1).

use std::fmt;

/// A type of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Driver {
    /// Folders of this machine.
    File,
    /// Web servers, for reading only.
    Http,
    /// OpenStack object storage.
    Swift,
    /// Amazon S3 and servers that speak its protocol.
    S3,
    /// Ceph block devices.
    Rbd,
    /// OpenStack block storage.
    Cinder,
    /// VMware datastores.
    Vmware,
}

/// Each type with its name and its schemes; the first scheme is the one that single-store mode calls it by.
const TABLE: [(Driver, &str, &[&str]); 7] = [
    (Driver::File, "file", &["file", "filesystem"]),
    (Driver::Http, "http", &["http", "https"]),
    (Driver::Swift, "swift", &["swift+https", "swift", "swift+http", "swift+config"]),
    (Driver::S3, "s3", &["s3", "s3+http", "s3+https"]),
    (Driver::Rbd, "rbd", &["rbd"]),
    (Driver::Cinder, "cinder", &["cinder"]),
    (Driver::Vmware, "vmware", &["vsphere"]),
];

impl Driver {
    /// The type with this name in `enabled_backends` or `stores`.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|(_, known, _)| *known == name).map(|(driver, ..)| *driver)
    }

    /// The type whose locations have this scheme.
    #[must_use]
    pub fn by_scheme(scheme: &str) -> Option<Self> {
        TABLE.iter().find(|(.., schemes)| schemes.contains(&scheme)).map(|(driver, ..)| *driver)
    }

    /// Name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// Schemes of its locations.
    #[must_use]
    pub fn schemes(self) -> &'static [&'static str] {
        TABLE[self as usize].2
    }
}

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_schemes_lead_back_to_their_type() {
        for (driver, name, schemes) in TABLE {
            assert_eq!(driver.name(), name);
            assert_eq!(Driver::by_name(name), Some(driver));
            for scheme in schemes {
                assert_eq!(Driver::by_scheme(scheme), Some(driver), "{scheme}");
            }
        }
        assert_eq!(Driver::by_scheme("FILE"), None);
        assert_eq!(Driver::by_name("vsphere"), None);
    }
}
