//! Images as clients of version 2 see them (images-v2 §5.1, §5.2, §7.4), written straight into the answer's bytes.

use std::fmt;

use glance_common::http::query;
use glance_common::model::{Image, ImageStatus, Timestamp};
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use crate::domain::{ImageSchema, properties};
use crate::stores::Location;
use crate::stores::catalog::StoreCatalog;

/// Bytes to begin an image's text with; most fit.
const TYPICAL_IMAGE: usize = 1024;

/// What this node shows, and to whom.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    /// Show `direct_url`.
    pub(super) direct_url: bool,
    /// Show `locations`.
    pub(super) locations: bool,
    /// Knows the order of locations, and whether stores have ids.
    pub(super) stores: &'a StoreCatalog,
    /// Knows which properties may be null.
    pub(super) schema: &'a ImageSchema,
    /// The caller sees the locations of deactivated images too.
    pub(super) to_admin: bool,
}

/// One image as JSON.
pub(super) fn image(image: &Image, shown: Shown<'_>) -> Result<Vec<u8>, serde_json::Error> {
    let mut out = Vec::with_capacity(TYPICAL_IMAGE);
    serde_json::to_writer(&mut out, &ImageView { image, shown })?;
    Ok(out)
}

/// One page of a list as JSON. `pairs` is the query of the request; `has_more` says that a next page may exist.
pub(super) fn images(
    images: &[Image],
    pairs: &[(String, String)],
    has_more: bool,
    shown: Shown<'_>,
) -> Result<Vec<u8>, serde_json::Error> {
    let without_marker = || pairs.iter().filter(|(key, _)| key != "marker").map(|(key, value)| (&**key, &**value));
    let link = |query: String| if query.is_empty() { "/v2/images".to_owned() } else { format!("/v2/images?{query}") };
    let last = images.last().filter(|_| has_more);
    let next = last.map(|last| link(query::encode(without_marker().chain([("marker", last.id.as_str())]))));
    let page = PageView {
        images: ImageViews { images, shown },
        first: link(query::encode(without_marker())),
        next,
        schema: "/v2/schemas/images",
    };
    let mut out = Vec::with_capacity(TYPICAL_IMAGE * (images.len() + 1));
    serde_json::to_writer(&mut out, &page)?;
    Ok(out)
}

#[derive(Serialize)]
struct PageView<'a> {
    images: ImageViews<'a>,
    first: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    schema: &'static str,
}

struct ImageViews<'a> {
    images: &'a [Image],
    shown: Shown<'a>,
}

impl Serialize for ImageViews<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.images.len()))?;
        for image in self.images {
            list.serialize_element(&ImageView { image, shown: self.shown })?;
        }
        list.end()
    }
}

struct ImageView<'a> {
    image: &'a Image,
    shown: Shown<'a>,
}

impl Serialize for ImageView<'_> {
    /// The keys come in the order of the original: custom properties, columns, links.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let image = self.image;
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &image.properties {
            if !properties::is_base(name) && !properties::is_hidden(name) {
                // Old clouds have nulls elsewhere too.
                match value.as_deref() {
                    None if self.shown.schema.is_declared(name) => map.serialize_entry(name, &None::<&str>)?,
                    value => map.serialize_entry(name, value.unwrap_or_default())?,
                }
            }
        }
        map.serialize_entry("name", &image.name)?;
        map.serialize_entry("disk_format", &image.disk_format)?;
        map.serialize_entry("container_format", &image.container_format)?;
        map.serialize_entry("visibility", &image.visibility)?;
        map.serialize_entry("size", &image.size)?;
        map.serialize_entry("virtual_size", &image.virtual_size)?;
        map.serialize_entry("status", &image.status)?;
        map.serialize_entry("checksum", &image.checksum)?;
        map.serialize_entry("protected", &image.protected)?;
        map.serialize_entry("min_ram", &image.min_ram)?;
        map.serialize_entry("min_disk", &image.min_disk)?;
        map.serialize_entry("owner", &image.owner)?;
        map.serialize_entry("os_hidden", &image.os_hidden)?;
        map.serialize_entry("os_hash_algo", &image.os_hash_algo)?;
        map.serialize_entry("os_hash_value", &image.os_hash_value)?;
        map.serialize_entry("id", image.id.as_str())?;
        map.serialize_entry("created_at", &Shortened(image.created_at))?;
        map.serialize_entry("updated_at", &Shortened(image.updated_at))?;
        let locations = self.locations();
        if self.shown.locations {
            map.serialize_entry("locations", &LocationViews(&locations))?;
        }
        if let Some(first) = locations.first().filter(|_| self.shown.direct_url) {
            map.serialize_entry("direct_url", &first.url)?;
        }
        map.serialize_entry("tags", &image.tags)?;
        map.serialize_entry("self", &Text(format_args!("/v2/images/{}", image.id)))?;
        map.serialize_entry("file", &Text(format_args!("/v2/images/{}/file", image.id)))?;
        map.serialize_entry("schema", "/v2/schemas/image")?;
        if let Some(stores) = self.stores(&locations) {
            map.serialize_entry("stores", &stores)?;
        }
        map.end()
    }
}

impl ImageView<'_> {
    /// The locations that this caller may know of, in the order of reading. Empty too where this node shows none of
    /// them, nor anything that follows from them.
    fn locations(&self) -> Vec<Location> {
        let Shown { direct_url, locations, stores, to_admin, .. } = self.shown;
        let hidden = self.image.status == ImageStatus::Deactivated && !to_admin;
        if hidden || !(direct_url || locations || stores.is_multi_store()) {
            return Vec::new();
        }
        crate::service::locations_for_reading(stores, self.image)
    }

    /// The ids of the stores that hold the image.
    fn stores(&self, locations: &[Location]) -> Option<String> {
        if locations.is_empty() || !self.shown.stores.is_multi_store() {
            return None;
        }
        let ids: Vec<&str> = locations.iter().filter_map(Location::store_id).collect();
        Some(ids.join(","))
    }
}

struct LocationViews<'a>(&'a [Location]);

impl Serialize for LocationViews<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct LocationView<'a> {
            url: &'a str,
            metadata: &'a serde_json::Map<String, serde_json::Value>,
        }
        serializer.collect_seq(self.0.iter().map(|at| LocationView { url: &at.url, metadata: &at.metadata }))
    }
}

/// A text that is put together while it is written.
struct Text<'a>(fmt::Arguments<'a>);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A time in whole seconds, `2026-01-02T03:04:05Z`.
pub(super) struct Shortened(pub(super) Timestamp);

impl fmt::Display for Shortened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use chrono::{Datelike, Timelike};
        let time = self.0.naive();
        let (year, month, day) = (time.year(), time.month(), time.day());
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl Serialize for Shortened {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
#[path = "views_tests.rs"]
mod tests;
