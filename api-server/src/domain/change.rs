//! What a caller wants to change of an image: operations in order, as read from a request of any API version.

use glance_common::model::Visibility;

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
    /// Any operation on locations.
    Locations(LocationsOperation),
}

/// What is tried with locations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocationsOperation {
    /// Add one.
    Add,
    /// Replace all of them by none.
    ReplaceByNone,
    /// Replace all of them.
    Replace,
    /// Remove one.
    Remove,
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
