//! Creating, changing and deleting images.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{NewLease, Patch, QuotaClaim};
use crate::model::{ImageId, ImageStatus, Location, LocationMetadata, LocationStatus, Timestamp, Visibility};

/// What a registry is: answer to `GET /v3`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceInfo {
    /// Version of the protocol, [`super::PROTOCOL`].
    pub protocol: u32,
    /// Revision of the database schema, for instance `2024_1_contract01`.
    pub schema_revision: String,
    /// Version of the program.
    pub version: String,
}

/// An image to create.
///
/// Errors: `duplicate` when the id was ever used (deleted rows count), `forbidden` when a caller without
/// administrator rights names another project as owner, `invalid` for text or numbers that no database can hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewImage {
    /// The id; none lets the registry make one.
    #[serde(default)]
    pub id: Option<ImageId>,
    /// Shown name.
    #[serde(default)]
    pub name: Option<String>,
    /// First status, nearly always `queued`.
    pub status: ImageStatus,
    /// Who may see it.
    pub visibility: Visibility,
    /// Project id; none makes an ownerless image.
    #[serde(default)]
    pub owner: Option<String>,
    /// Size of the data in bytes, when it exists already.
    #[serde(default)]
    pub size: Option<i64>,
    /// Size of the disk that the data describes, in bytes.
    #[serde(default)]
    pub virtual_size: Option<i64>,
    /// Format of the disk.
    #[serde(default)]
    pub disk_format: Option<String>,
    /// Format of the container.
    #[serde(default)]
    pub container_format: Option<String>,
    /// MD5 of the data, hexadecimal.
    #[serde(default)]
    pub checksum: Option<String>,
    /// Name of the digest in `os_hash_value`.
    #[serde(default)]
    pub os_hash_algo: Option<String>,
    /// Digest of the data, hexadecimal.
    #[serde(default)]
    pub os_hash_value: Option<String>,
    /// Smallest disk, GB.
    #[serde(default)]
    pub min_disk: i32,
    /// Smallest memory, MB.
    #[serde(default)]
    pub min_ram: i32,
    /// Refuse deletion.
    #[serde(default)]
    pub protected: bool,
    /// Leave out of default lists.
    #[serde(default)]
    pub os_hidden: bool,
    /// Time of creation; none means now.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// Time of the last change; none means the time of creation.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
    /// Custom properties.
    #[serde(default)]
    pub properties: BTreeMap<String, Option<String>>,
    /// Tags, in order; repeated ones count once.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Locations, in order.
    #[serde(default)]
    pub locations: Vec<NewLocation>,
    /// Limits of the project that it must not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<QuotaClaim>,
}

/// A location to add, or the new content of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLocation {
    /// Id of the live row to keep and update, in a replaced list; none adds a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The URL that the store driver wrote.
    pub url: String,
    /// Free data.
    #[serde(default)]
    pub metadata: LocationMetadata,
    /// Usually `active`.
    pub status: LocationStatus,
}

/// A change of an image. Fields that are absent stay as they are; the whole change is one transaction.
///
/// Errors: `over_quota`, `not_found`, `forbidden` (visible, but not the caller's to change), `conflict` (status is not in `from`;
/// details hold the actual one), `stale` (`if_version` differs), `lease_held`, `lease_lost`, `invalid`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImageUpdate {
    /// The statuses the image may come from; empty allows any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<ImageStatus>,
    /// The version that was read; another one in the database refuses the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub if_version: Option<i64>,
    /// Columns of the image itself.
    pub set: ImageFields,
    /// Custom properties.
    pub properties: PropertiesChange,
    /// The complete new list of tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Locations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locations: Option<LocationsChange>,
    /// A lease to take together with the change, for work that starts with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take_lease: Option<NewLease>,
    /// Id of the lease that ends with the change; the change is refused with `lease_lost` when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_lease: Option<String>,
    /// Limits of a project that the change must not pass; with `take_lease` what it needs is reserved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<QuotaClaim>,
}

/// New values for columns of an image.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImageFields {
    /// Shown name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<Option<String>>,
    /// Status.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub status: Patch<ImageStatus>,
    /// Who may see it.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub visibility: Patch<Visibility>,
    /// Project id; administrators only.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub owner: Patch<Option<String>>,
    /// Size of the data in bytes.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub size: Patch<Option<i64>>,
    /// Size of the disk that the data describes, in bytes.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub virtual_size: Patch<Option<i64>>,
    /// Format of the disk.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub disk_format: Patch<Option<String>>,
    /// Format of the container.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub container_format: Patch<Option<String>>,
    /// MD5 of the data.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub checksum: Patch<Option<String>>,
    /// Name of the digest.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub os_hash_algo: Patch<Option<String>>,
    /// Digest of the data.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub os_hash_value: Patch<Option<String>>,
    /// Smallest disk, GB.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub min_disk: Patch<i32>,
    /// Smallest memory, MB.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub min_ram: Patch<i32>,
    /// Refuse deletion.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub protected: Patch<bool>,
    /// Leave out of default lists.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub os_hidden: Patch<bool>,
}

/// A change of custom properties: first `purge`, then `remove`, then `set`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PropertiesChange {
    /// Remove every live property that is not in `set` and not in `keep`.
    pub purge: bool,
    /// Names that a purge leaves alone and that `set` may not touch (the import lock, protected properties).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
    /// Names to remove; absent ones are ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// Values to store; a removed row of the same name is revived (database §4).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, Option<String>>,
}

/// A change of the live locations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationsChange {
    /// Append these.
    Add(Vec<NewLocation>),
    /// This is the complete list now: entries with id are updated, those without added, all others marked `deleted`.
    Replace(Vec<NewLocation>),
}

/// Delete an image: row, properties, tags, members and locations get one time stamp.
///
/// Errors: `not_found`, `forbidden`, `conflict`, `protected`, `lease_lost`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageDelete {
    /// `deleted`, or `pending_delete` when the scrubber shall remove the data: locations get the same status.
    pub status: ImageStatus,
    /// The statuses the image may come from; empty allows any.
    #[serde(default)]
    pub from: Vec<ImageStatus>,
    /// Delete a protected image too.
    #[serde(default)]
    pub ignore_protection: bool,
    /// Id of the lease that ends with the deletion; it is refused with `lease_lost` when the lease is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_lease: Option<String>,
}

/// What a property has to be before it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PropertyExpectation {
    /// Anything.
    #[default]
    Any,
    /// Not set: this takes a lock. A set one gives `duplicate`.
    Absent,
    /// Set to this value. Anything else gives `conflict`.
    Value(Option<String>),
}

/// Write one property by itself. The time of the image's last change stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PropertyWrite {
    /// The new value.
    pub value: Option<String>,
    /// What must hold before.
    #[serde(default)]
    pub expect: PropertyExpectation,
}

/// Remove one property by itself: the row goes physically, as a lock must (registry §14).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PropertyRemove {
    /// What must hold before; an absent property or another value gives `not_found`.
    pub expect: PropertyExpectation,
}

/// Answer to `GET /v3/images/{id}/locations`, for administrators: the removed locations whose data is still to go, of
/// a deleted image too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocationList {
    /// Those with status `pending_delete`, in the order in which they were added.
    pub locations: Vec<Location>,
}

/// Remove one location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocationRemove {
    /// `deleted` (the data is gone) or `pending_delete` (the scrubber's turn).
    pub status: LocationStatus,
}
