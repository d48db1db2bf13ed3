//! The image map of a request as what the database is told (registry §5, §7).
//!
//! Old callers send more than counts and less than exact types: unknown keys are ignored, numbers may be texts.

use std::collections::{BTreeMap, HashMap};

use glance_common::model::{ImageId, ImageStatus, LocationMetadata, LocationStatus, Timestamp, Visibility};
use glance_common::registry_api::{
    ImageFields, ImageUpdate, LocationsChange, NewImage, NewLocation, Patch, PropertiesChange,
};
use serde_json::{Map, Value};

use super::error::V1Error;

/// Why a map cannot be used, in words that follow "Got error: ".
type Bad = String;

/// The object in a body.
///
/// # Errors
/// 400.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, V1Error> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(Value::Array(_)) => Err(V1Error::invalid("Unexpected body type. Expected dict.")),
        Ok(_) => Err(V1Error::invalid("Unexpected body type. Expected list/dict.")),
        Err(_) => Err(V1Error::invalid("Malformed JSON in request body.")),
    }
}

/// The map under `image`.
fn image(body: &Map<String, Value>) -> Result<Fields<'_>, V1Error> {
    match body.get("image") {
        Some(Value::Object(map)) => Ok(Fields(map)),
        _ => Err(V1Error::invalid("The body must be an object with the object 'image'.")),
    }
}

/// An image to create. `project` owns it, unless an administrator names another owner.
///
/// # Errors
/// 400 in the words that callers know.
pub(super) fn new_image(body: &[u8], is_admin: bool, project: Option<&str>) -> Result<NewImage, V1Error> {
    let body = object(body)?;
    let fields = image(&body)?;
    let id = match fields.0.get("id") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.is_empty() => None,
        Some(Value::String(text)) => Some(ImageId::parse(text).map_err(|_| bad_id())?),
        Some(_) => return Err(bad_id()),
    };
    let read = |fields: &Fields<'_>| -> Result<NewImage, Bad> {
        Ok(NewImage {
            id,
            name: fields.text("name")?.into_set().flatten(),
            status: fields.status()?.into_set().unwrap_or(ImageStatus::Active),
            visibility: fields.visibility()?.into_set().unwrap_or(Visibility::Shared),
            owner: match fields.text("owner")? {
                Patch::Set(owner) if is_admin => owner,
                _ => project.map(ToOwned::to_owned),
            },
            size: fields.size("size")?.into_set().flatten(),
            virtual_size: fields.size("virtual_size")?.into_set().flatten(),
            disk_format: fields.text("disk_format")?.into_set().flatten(),
            container_format: fields.text("container_format")?.into_set().flatten(),
            checksum: fields.text("checksum")?.into_set().flatten(),
            os_hash_algo: None,
            os_hash_value: None,
            min_disk: fields.minimum("min_disk")?.into_set().unwrap_or(0),
            min_ram: fields.minimum("min_ram")?.into_set().unwrap_or(0),
            protected: fields.flag("protected")?.into_set().unwrap_or(false),
            os_hidden: false,
            created_at: fields.time("created_at")?,
            updated_at: fields.time("updated_at")?,
            properties: fields.properties()?,
            tags: Vec::new(),
            locations: fields.locations()?.unwrap_or_default(),
            quota: None,
        })
    };
    read(&fields).map_err(|bad| V1Error::detailed(400, format!("Failed to add image metadata. Got error: {bad}")))
}

fn bad_id() -> V1Error {
    V1Error::invalid("Invalid image id format")
}

/// A change of an image. `purge` removes the properties that it does not name.
///
/// # Errors
/// 400 in the words that callers know.
pub(super) fn update(body: &[u8], is_admin: bool, purge: bool) -> Result<ImageUpdate, V1Error> {
    let body = object(body)?;
    let fields = image(&body)?;
    let read = |fields: &Fields<'_>| -> Result<ImageUpdate, Bad> {
        let set = ImageFields {
            name: fields.text("name")?,
            status: fields.status()?,
            visibility: fields.visibility()?,
            owner: if is_admin { fields.text("owner")? } else { Patch::Keep },
            size: fields.size("size")?,
            virtual_size: fields.size("virtual_size")?,
            disk_format: fields.text("disk_format")?,
            container_format: fields.text("container_format")?,
            checksum: fields.text("checksum")?,
            min_disk: fields.minimum("min_disk")?,
            min_ram: fields.minimum("min_ram")?,
            protected: fields.flag("protected")?,
            ..ImageFields::default()
        };
        // An empty list says nothing.
        let locations = fields.locations()?.filter(|list| !list.is_empty());
        Ok(ImageUpdate {
            from: from_state(body.get("from_state"))?,
            set,
            properties: PropertiesChange { purge, set: fields.properties()?, ..PropertiesChange::default() },
            locations: locations.map(LocationsChange::Replace),
            ..ImageUpdate::default()
        })
    };
    read(&fields).map_err(|bad| V1Error::detailed(400, failed_update(&bad)))
}

/// The words of an update that cannot be made.
pub(super) fn failed_update(reason: &str) -> String {
    format!("Failed to update image metadata. Got error: {reason}")
}

/// The status that the image must have.
fn from_state(value: Option<&Value>) -> Result<Vec<ImageStatus>, Bad> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(word)) if word.is_empty() => Ok(Vec::new()),
        Some(Value::String(word)) => status(word).map(|status| vec![status]),
        Some(_) => Err("'from_state' must be a status.".to_owned()),
    }
}

fn status(word: &str) -> Result<ImageStatus, Bad> {
    word.parse().map_err(|_| format!("Invalid image status '{word}' for image."))
}

/// An image map.
struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn text(&self, name: &str) -> Result<Patch<Option<String>>, Bad> {
        match self.0.get(name) {
            None => Ok(Patch::Keep),
            Some(Value::Null) => Ok(Patch::Set(None)),
            Some(Value::String(text)) => Ok(Patch::Set(Some(text.clone()))),
            Some(_) => Err(format!("'{name}' must be a text.")),
        }
    }

    fn number(&self, name: &str, max: i64) -> Result<Patch<Option<i64>>, Bad> {
        let text = match self.0.get(name) {
            None => return Ok(Patch::Keep),
            Some(Value::Null) => return Ok(Patch::Set(None)),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(_) => return Err(format!("'{name}' must be an integer.")),
        };
        let text = text.strip_suffix(".0").unwrap_or(&text);
        let number: i128 = match text.parse() {
            Ok(number) => number,
            // Too many digits, or an exponent.
            Err(_) if text.parse::<f64>().is_ok_and(|number| number >= 1e18) => i128::MAX,
            Err(_) => return Err(format!("'{name}' must be an integer.")),
        };
        match i64::try_from(number) {
            Ok(number) if number < 0 => Err(format!("'{name}' must not be negative.")),
            Ok(number) if number <= max => Ok(Patch::Set(Some(number))),
            _ if number < 0 => Err(format!("'{name}' must not be negative.")),
            _ => Err(format!("'{name}' value out of range, must not exceed {max}.")),
        }
    }

    fn size(&self, name: &str) -> Result<Patch<Option<i64>>, Bad> {
        self.number(name, i64::MAX)
    }

    /// `min_disk` or `min_ram`: null means 0.
    fn minimum(&self, name: &str) -> Result<Patch<i32>, Bad> {
        Ok(match self.number(name, i32::MAX.into())? {
            Patch::Keep => Patch::Keep,
            Patch::Set(number) => Patch::Set(number.and_then(|number| i32::try_from(number).ok()).unwrap_or(0)),
        })
    }

    fn flag(&self, name: &str) -> Result<Patch<bool>, Bad> {
        let word = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(Patch::Keep),
            Some(Value::Bool(value)) => return Ok(Patch::Set(*value)),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::String(word)) => word.to_ascii_lowercase(),
            Some(_) => String::new(),
        };
        match word.as_str() {
            "true" | "1" => Ok(Patch::Set(true)),
            "false" | "0" => Ok(Patch::Set(false)),
            _ => Err(format!("'{name}' must be true or false.")),
        }
    }

    /// A point in time, as far as callers may set it: at a creation.
    fn time(&self, name: &str) -> Result<Option<Timestamp>, Bad> {
        match self.text(name)?.into_set().flatten() {
            None => Ok(None),
            Some(text) => match Timestamp::parse_iso8601(&text) {
                Ok(time) => Ok(Some(time)),
                Err(_) => Err(format!("Invalid time format for {name}.")),
            },
        }
    }

    fn status(&self) -> Result<Patch<ImageStatus>, Bad> {
        match self.text("status")? {
            Patch::Keep => Ok(Patch::Keep),
            Patch::Set(word) => status(word.as_deref().unwrap_or("None")).map(Patch::Set),
        }
    }

    /// `is_public`, or the newer word.
    fn visibility(&self) -> Result<Patch<Visibility>, Bad> {
        match (self.flag("is_public")?, self.text("visibility")?.into_set().flatten()) {
            (Patch::Set(_), Some(_)) => {
                Err("Specifying both 'visibility' and 'is_public' is not permitted.".to_owned())
            }
            (Patch::Set(true), None) => Ok(Patch::Set(Visibility::Public)),
            (Patch::Set(false), None) => Ok(Patch::Set(Visibility::Shared)),
            (Patch::Keep, None) => Ok(Patch::Keep),
            (Patch::Keep, Some(word)) => {
                word.parse().map(Patch::Set).map_err(|_| format!("Invalid visibility '{word}' for image."))
            }
        }
    }

    fn properties(&self) -> Result<BTreeMap<String, Option<String>>, Bad> {
        let map = match self.0.get("properties") {
            None | Some(Value::Null) => return Ok(BTreeMap::new()),
            Some(Value::Object(map)) => map,
            Some(_) => return Err("'properties' must be an object.".to_owned()),
        };
        let value = |name: &str, value: &Value| match value {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            Value::Number(number) => Ok(Some(number.to_string())),
            Value::Bool(flag) => Ok(Some(u8::from(*flag).to_string())),
            Value::Array(_) | Value::Object(_) => Err(format!("The value of the property '{name}' must be a text.")),
        };
        map.iter().map(|(name, given)| Ok((name.clone(), value(name, given)?))).collect()
    }

    /// Locations from up to three keys: `location` (a URL) or `locations` (a list of them), then `location_data`, whose
    /// maps also tell more of a URL that was named before. None when no key names any.
    fn locations(&self) -> Result<Option<Vec<NewLocation>>, Bad> {
        let urls: Vec<&Value> = match (self.0.get("location"), self.0.get("locations")) {
            (Some(url), _) if url.as_str() == Some("") => Vec::new(),
            (Some(url), _) if url.is_string() => vec![url],
            (None | Some(Value::Null), Some(Value::Array(urls))) => urls.iter().collect(),
            (None | Some(Value::Null), None | Some(Value::Null)) => Vec::new(),
            _ => return Err("'location' must be a URL, 'locations' a list of URLs.".to_owned()),
        };
        let maps: &[Value] = match self.0.get("location_data") {
            None | Some(Value::Null) => &[],
            Some(Value::Array(maps)) => maps,
            Some(_) => return Err("'location_data' must be a list.".to_owned()),
        };
        if urls.is_empty() && maps.is_empty() {
            return Ok(None);
        }
        let given = urls.into_iter().map(plain_location).chain(maps.iter().map(location));
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut merged: Vec<NewLocation> = Vec::new();
        for location in given {
            let location = location?;
            match places.get(&location.url) {
                Some(place) => merged[*place] = location,
                None => {
                    places.insert(location.url.clone(), merged.len());
                    merged.push(location);
                }
            }
        }
        Ok(Some(merged))
    }
}

fn plain_location(url: &Value) -> Result<NewLocation, Bad> {
    let url = url.as_str().ok_or("a location must be a URL.")?.to_owned();
    Ok(NewLocation { id: None, url, metadata: LocationMetadata::new(), status: LocationStatus::Active })
}

/// An entry of `location_data`. Its texts may hold secrets, and are not quoted.
fn location(entry: &Value) -> Result<NewLocation, Bad> {
    let bad = |what: &str| format!("an entry of 'location_data' has no good '{what}'.");
    let url = entry["url"].as_str().ok_or_else(|| bad("url"))?.to_owned();
    let id = match &entry["id"] {
        Value::Null => None,
        id => Some(id.as_i64().ok_or_else(|| bad("id"))?),
    };
    let metadata = match &entry["metadata"] {
        Value::Null => LocationMetadata::new(),
        Value::Object(metadata) => metadata.clone(),
        _ => return Err(bad("metadata")),
    };
    let status = match &entry["status"] {
        Value::Null => LocationStatus::Active,
        status => status.as_str().and_then(|word| word.parse().ok()).ok_or_else(|| bad("status"))?,
    };
    Ok(NewLocation { id, url, metadata, status })
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
