//! What a caller wants to change of an image: operations in order, as read from a request of any API version.

use glance_common::model::{LocationMetadata, Visibility};

/// A list of operations. All of them happen, or none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImageChange {
    /// In the order of the request.
    pub operations: Vec<Operation>,
    /// `add` of what exists already replaces it (JSON patch 2.1) instead of being a conflict (2.0).
    pub add_overwrites: bool,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Set something that may be absent.
    Add(Attribute),
    /// Set something that must be there.
    Replace(Attribute),
    /// Remove the attribute or custom property of this name.
    Remove(String),
    /// Change where the data is.
    Locations(LocationsOperation),
}

/// What is done with locations.
#[derive(Debug, Clone, PartialEq)]
pub enum LocationsOperation {
    /// Add one.
    Add {
        /// Where in the list; beyond its end is at its end.
        at: Position,
        /// The location.
        location: GivenLocation,
    },
    /// Put this list in place of all. An empty one is refused.
    Replace(Vec<GivenLocation>),
    /// Remove one, and its data.
    Remove {
        /// Where in the list.
        at: Position,
    },
}

/// A place in the list of locations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// The last one, or behind it.
    End,
    /// Counted from 0.
    At(usize),
    /// The text names no place.
    Nowhere,
}

/// A location as a caller gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenLocation {
    /// Its URL, right by length.
    pub url: String,
    /// Free data.
    pub metadata: LocationMetadata,
    /// What the caller says of the data: `checksum`, `os_hash_algo`, `os_hash_value` with their values.
    pub promised: Vec<(String, String)>,
}

/// Something of an image with its new value, right by type and length.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// Shown name.
    Name(Option<String>),
    /// Who may see it.
    Visibility(Visibility),
    /// Whose it is; none makes it ownerless.
    Owner(Option<String>),
    /// Refuse deletion.
    Protected(bool),
    /// Leave out of default lists.
    OsHidden(bool),
    /// Format of the disk.
    DiskFormat(Option<String>),
    /// Format of the container.
    ContainerFormat(Option<String>),
    /// Smallest memory, MB, as given.
    MinRam(i64),
    /// Smallest disk, GB, as given.
    MinDisk(i64),
    /// All tags, as submitted.
    Tags(Vec<String>),
    /// A custom property.
    Custom {
        /// Name.
        name: String,
        /// Value; null only where the operator's schema allows it.
        value: Option<String>,
    },
}

impl Attribute {
    /// The name under which clients know it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Name(_) => "name",
            Self::Visibility(_) => "visibility",
            Self::Owner(_) => "owner",
            Self::Protected(_) => "protected",
            Self::OsHidden(_) => "os_hidden",
            Self::DiskFormat(_) => "disk_format",
            Self::ContainerFormat(_) => "container_format",
            Self::MinRam(_) => "min_ram",
            Self::MinDisk(_) => "min_disk",
            Self::Tags(_) => "tags",
            Self::Custom { name, .. } => name,
        }
    }
}
