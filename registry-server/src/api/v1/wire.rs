//! What the older protocol shows of an image (registry §5).

use std::collections::BTreeMap;

use glance_common::model::{Image, Location, Timestamp, Visibility};
use serde::Serialize;

/// An image with everything.
#[derive(Debug, Serialize)]
pub(super) struct WireImage {
    id: String,
    name: Option<String>,
    status: &'static str,
    size: Option<i64>,
    virtual_size: Option<i64>,
    checksum: Option<String>,
    disk_format: Option<String>,
    container_format: Option<String>,
    min_disk: i32,
    min_ram: i32,
    /// Left out of the answer to a deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_public: Option<bool>,
    protected: bool,
    owner: Option<String>,
    created_at: String,
    updated_at: String,
    deleted_at: Option<String>,
    deleted: bool,
    properties: BTreeMap<String, Option<String>>,
    /// URL of the first active location.
    location: Option<String>,
    location_data: Vec<Location>,
}

impl WireImage {
    /// The image; of a deleted one no properties and no locations.
    pub(super) fn new(mut image: Image) -> Self {
        if image.deleted {
            image.properties.clear();
            image.locations.clear();
        }
        Self::with_locations(image)
    }

    /// The same with all its locations.
    pub(super) fn with_locations(image: Image) -> Self {
        let location = image.active_locations().next().map(|location| location.url.clone());
        Self {
            location,
            is_public: Some(image.visibility == Visibility::Public),
            status: image.status.as_str(),
            id: image.id.into(),
            name: image.name,
            size: image.size,
            virtual_size: image.virtual_size,
            checksum: image.checksum,
            disk_format: image.disk_format,
            container_format: image.container_format,
            min_disk: image.min_disk,
            min_ram: image.min_ram,
            protected: image.protected,
            owner: image.owner,
            created_at: time(image.created_at),
            updated_at: time(image.updated_at),
            deleted_at: image.deleted_at.map(time),
            deleted: image.deleted,
            properties: if image.deleted { BTreeMap::new() } else { image.properties },
            location_data: image.locations,
        }
    }

    /// The answer to a deletion.
    pub(super) fn of_deleted(mut image: Image) -> Self {
        image.updated_at = image.deleted_at.unwrap_or(image.updated_at);
        Self { is_public: None, ..Self::new(image) }
    }
}

/// An item of the brief list.
#[derive(Debug, Serialize)]
pub(super) struct WireBrief {
    id: String,
    name: Option<String>,
    size: Option<i64>,
    disk_format: Option<String>,
    container_format: Option<String>,
    checksum: Option<String>,
}

impl From<Image> for WireBrief {
    fn from(image: Image) -> Self {
        Self {
            id: image.id.into(),
            name: image.name,
            size: image.size,
            disk_format: image.disk_format,
            container_format: image.container_format,
            checksum: image.checksum,
        }
    }
}

/// `{"image": …}`.
#[derive(Debug, Serialize)]
pub(super) struct One {
    pub(super) image: WireImage,
}

/// `{"images": […]}`.
#[derive(Debug, Serialize)]
pub(super) struct Many<T> {
    pub(super) images: Vec<T>,
}

/// UTC without zone, always with six digits of the second.
fn time(time: Timestamp) -> String {
    time.naive().format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}
