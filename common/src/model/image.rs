//! An image and what belongs to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ImageId, ImageStatus, LocationStatus, MemberStatus, Timestamp, Visibility};

/// Free data of a location: usually `{"store": "<store id>"}`. Order of keys as stored (database §3).
pub type LocationMetadata = Map<String, Value>;

/// An image with everything a view needs, as the registry hands it out in one answer. What is null or an empty list is
/// left out of its JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// The id.
    pub id: ImageId,
    /// Shown name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is in its life.
    pub status: ImageStatus,
    /// Who may see it.
    pub visibility: Visibility,
    /// Project id; none for an ownerless image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Size of the data in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// Size of the disk that the data describes, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_size: Option<i64>,
    /// `raw`, `qcow2`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_format: Option<String>,
    /// `bare`, `ovf`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_format: Option<String>,
    /// MD5 of the data, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// Name of the digest in `os_hash_value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_hash_algo: Option<String>,
    /// Digest of the data, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_hash_value: Option<String>,
    /// Smallest disk to boot it, GB.
    pub min_disk: i32,
    /// Smallest memory to boot it, MB.
    pub min_ram: i32,
    /// A protected image cannot be deleted.
    pub protected: bool,
    /// Left out of default lists.
    pub os_hidden: bool,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it or what belongs to it last changed.
    pub updated_at: Timestamp,
    /// When it was deleted. May be set on a live row; `deleted` alone decides (database §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// Soft-deleted.
    #[serde(default)]
    pub deleted: bool,
    /// Custom properties; old rows may hold NULL values.
    #[serde(default)]
    pub properties: BTreeMap<String, Option<String>>,
    /// Tags in the order in which they were added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Locations in the order in which they were added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Location>,
    /// What the caller is to this image, when it is a member of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<Membership>,
    /// Grows with every change; an update may demand the value it has read.
    #[serde(default)]
    pub version: i64,
}

/// Where (one copy of) the data of an image is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Row id, unique in the whole database.
    pub id: i64,
    /// The URL that the store driver wrote. May hold secrets: never logged.
    pub url: String,
    /// Free data; names the store in multi-store set-ups.
    #[serde(default)]
    pub metadata: LocationMetadata,
    /// Only `active` ones are shown or read.
    pub status: LocationStatus,
}

/// The caller's own member row of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// What the member said to the offer.
    pub status: MemberStatus,
    /// The member may share the image on (API v1).
    pub can_share: bool,
}

impl Image {
    /// The locations that may be shown and read: those with status `active`.
    pub fn active_locations(&self) -> impl Iterator<Item = &Location> {
        self.locations.iter().filter(|location| location.status == LocationStatus::Active)
    }
}
