//! Rules for changing where the data of an image is (images-v2 §8.8).
//!
//! The service asks them in two steps, since between them it asks the store for the size of what is added: first
//! [`begin`], then [`add`] or [`replace`].

use glance_common::model::{Image, Location, LocationMetadata, LocationStatus};
use serde_json::Value;

use super::change::{GivenLocation, LocationsOperation, Position};
use super::lifecycle::Step;
use super::{Quotas, Refusal, lifecycle};

/// Row id of a location that is not stored yet.
pub const NEW: i64 = 0;
/// Bytes of an MD5 digest.
const MD5_BYTES: usize = 16;

/// The digest that the service computes of image data: what clients may promise of a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestRule {
    /// `hashing_algorithm`.
    pub algorithm: &'static str,
    /// Size of such a digest.
    pub bytes: usize,
}

/// What the caller says of the data at a location, as far as the image does not say it already.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Promised {
    /// MD5, hexadecimal.
    pub checksum: Option<String>,
    /// Name of the digest.
    pub os_hash_algo: Option<String>,
    /// The digest, hexadecimal.
    pub os_hash_value: Option<String>,
}

/// The check before the store is asked: is this for images in this status, does what is promised of the data fit, is
/// the position one, are there not too many?
///
/// # Errors
/// 409, 400, 403 and 413 in the words of images-v2 §8.8.
pub fn begin(
    image: &Image,
    operation: &LocationsOperation,
    rule: DigestRule,
    quotas: &Quotas,
) -> Result<Promised, Refusal> {
    let count = image.locations.len();
    match operation {
        LocationsOperation::Replace(list) => {
            lifecycle::check_locations_change(image.status, lifecycle::LocationsChange::Replace)?;
            let promised = promised(image, list, rule)?;
            quotas.check_locations(list.len())?;
            if count > 0 && !same_urls(&image.locations, list) {
                return Err(Refusal::invalid("Original locations is not empty"));
            }
            Ok(promised)
        }
        LocationsOperation::Add { at, location } => {
            lifecycle::check_locations_change(image.status, lifecycle::LocationsChange::Add)?;
            let promised = promised(image, std::slice::from_ref(location), rule)?;
            if *at == Position::Nowhere {
                return Err(Refusal::invalid("Invalid position for adding a location."));
            }
            quotas.check_locations(count.saturating_add(1))?;
            Ok(promised)
        }
        LocationsOperation::Remove { at } => {
            lifecycle::check_locations_change(image.status, lifecycle::LocationsChange::Remove)?;
            if count == 1 {
                return Err(Refusal::forbidden_detail("Cannot remove last location in the image."));
            }
            removed_index(*at, count).map(|_| Promised::default())
        }
    }
}

/// Which of so many locations is to be removed.
///
/// # Errors
/// 400 where there is none.
pub fn removed_index(at: Position, count: usize) -> Result<usize, Refusal> {
    let index = match at {
        Position::End => count.checked_sub(1),
        Position::At(index) => Some(index).filter(|index| *index < count),
        Position::Nowhere => None,
    };
    index.ok_or_else(|| Refusal::invalid("Invalid position for removing a location."))
}

/// Does a new list name the places of the present one, whatever their order and metadata?
#[must_use]
pub fn same_urls(present: &[Location], list: &[GivenLocation]) -> bool {
    let mut present: Vec<&str> = present.iter().map(|at| at.url.as_str()).collect();
    let mut given: Vec<&str> = list.iter().map(|at| at.url.as_str()).collect();
    present.sort_unstable();
    given.sort_unstable();
    present == given
}

/// Adds a location that was found to be there, with data of `size` bytes.
///
/// # Errors
/// 400 for one that is there already, and for data that is not as large as the image.
pub fn add(image: &mut Image, at: Position, location: &GivenLocation, size: i64) -> Result<(), Refusal> {
    if image.locations.iter().any(|other| is_same(other, location)) {
        return Err(already_exists(&location.url));
    }
    check_size(image, size)?;
    let index = match at {
        Position::At(index) => index.min(image.locations.len()),
        Position::End | Position::Nowhere => image.locations.len(),
    };
    image.locations.insert(index, new_location(location));
    activate(image, size)
}

/// Puts the list in place of the present one. `sizes` are those of the places of the list where they are new.
///
/// # Errors
/// 400 for a place that is named twice with the same metadata, and for data that is not as large as the image.
pub fn replace(image: &mut Image, list: &[GivenLocation], sizes: &[i64]) -> Result<(), Refusal> {
    let mut present = std::mem::take(&mut image.locations);
    for (index, given) in list.iter().enumerate() {
        if image.locations.iter().any(|other| is_same(other, given)) {
            return Err(already_exists(&given.url));
        }
        let kept = present.iter().position(|location| location.url == given.url);
        let id = kept.map_or(NEW, |row| present.remove(row).id);
        image.locations.push(Location { id, ..new_location(given) });
        if let Some(size) = sizes.get(index) {
            check_size(image, *size)?;
            image.size.get_or_insert(*size);
        }
    }
    sizes.first().map_or(Ok(()), |size| activate(image, *size))
}

/// An image with a place has data.
fn activate(image: &mut Image, size: i64) -> Result<(), Refusal> {
    image.size.get_or_insert(size);
    let Step { from, to } = Step::FIRST_LOCATION;
    if image.status == from {
        lifecycle::check_formats_set(image.disk_format.as_deref(), image.container_format.as_deref())?;
        image.status = to;
    }
    Ok(())
}

fn already_exists(url: &str) -> Refusal {
    Refusal::invalid(format!("The location {url} already exists"))
}

/// All places of an image hold the same bytes (B1), so at least as many.
fn check_size(image: &Image, size: i64) -> Result<(), Refusal> {
    if image.size.is_some_and(|known| known != size) { Err(Refusal::invalid("Invalid location")) } else { Ok(()) }
}

fn is_same(location: &Location, given: &GivenLocation) -> bool {
    location.url == given.url && location.metadata == given.metadata
}

fn new_location(given: &GivenLocation) -> Location {
    let (url, metadata) = (given.url.clone(), given.metadata.clone());
    Location { id: NEW, url, metadata, status: LocationStatus::Active }
}

/// Metadata may hold texts, lists and objects (stores §2).
///
/// # Errors
/// 400 that names the key.
pub fn check_metadata(metadata: &LocationMetadata) -> Result<(), Refusal> {
    fn wrong<'a>(key: &'a str, value: &'a Value) -> Option<&'a str> {
        match value {
            Value::String(_) => None,
            Value::Array(items) => items.iter().find_map(|item| wrong(key, item)),
            Value::Object(members) => members.iter().find_map(|(key, value)| wrong(key, value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => Some(key),
        }
    }
    match metadata.iter().find_map(|(key, value)| wrong(key, value)) {
        Some(key) => Err(Refusal::invalid(format!(
            "The location metadata key {key} has an invalid type: only texts, lists and objects are supported."
        ))),
        None => Ok(()),
    }
}

/// What is promised of the data and not known yet.
fn promised(image: &Image, list: &[GivenLocation], rule: DigestRule) -> Result<Promised, Refusal> {
    let mut all: Vec<(&str, &str)> = Vec::new();
    for (key, value) in list.iter().flat_map(|location| &location.promised) {
        match all.iter().find(|(known, _)| known == key) {
            Some((_, other)) if other != value => {
                return Err(Refusal::conflict(format!("Conflicting values for {key}")));
            }
            Some(_) => {}
            None => all.push((key, value)),
        }
    }
    let mut new = Vec::new();
    for (key, value) in all {
        match known_value(image, key) {
            Some(known) if known == value => {}
            Some(known) if !known.is_empty() => {
                return Err(Refusal::conflict(format!("{key} is already set with a different value")));
            }
            _ => new.push((key, value)),
        }
    }
    if new.is_empty() {
        return Ok(Promised::default());
    }
    if image.status != Step::FIRST_LOCATION.from {
        let keys: Vec<&str> = new.iter().map(|(key, _)| *key).collect();
        let keys = keys.join(", ");
        let text = format!("New value(s) for {keys} may only be provided when image status is 'queued'");
        return Err(Refusal::conflict(text));
    }
    let value_of = |wanted: &str| new.iter().find(|(key, _)| *key == wanted).map(|(_, value)| (*value).to_owned());
    let promised = Promised {
        checksum: value_of("checksum"),
        os_hash_algo: value_of("os_hash_algo"),
        os_hash_value: value_of("os_hash_value"),
    };
    check_digests(&promised, rule)?;
    Ok(promised)
}

fn known_value<'a>(image: &'a Image, key: &str) -> Option<&'a str> {
    match key {
        "checksum" => image.checksum.as_deref(),
        "os_hash_algo" => image.os_hash_algo.as_deref(),
        _ => image.os_hash_value.as_deref(),
    }
}

fn check_digests(promised: &Promised, rule: DigestRule) -> Result<(), Refusal> {
    if let Some(checksum) = &promised.checksum {
        check_digest("checksum", checksum, "md5", MD5_BYTES)?;
    }
    let algorithm = promised.os_hash_algo.as_deref().unwrap_or("None");
    if algorithm != rule.algorithm {
        return Err(Refusal::conflict(format!("os_hash_algo must be {}, not {algorithm}", rule.algorithm)));
    }
    check_digest("os_hash_value", promised.os_hash_value.as_deref().unwrap_or_default(), algorithm, rule.bytes)
}

fn check_digest(key: &str, text: &str, algorithm: &str, bytes: usize) -> Result<(), Refusal> {
    if !text.bytes().all(|digit| digit.is_ascii_hexdigit()) || text.len() % 2 == 1 {
        return Err(Refusal::conflict(format!("{key} ({text}) is not a valid hexadecimal value")));
    }
    if text.len() == 2 * bytes {
        return Ok(());
    }
    let text = format!("{key} ({text}) is not the correct size for {algorithm} (should be {bytes} bytes)");
    Err(Refusal::conflict(text))
}

#[cfg(test)]
#[path = "locations_tests.rs"]
mod tests;
