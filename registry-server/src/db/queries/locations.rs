//! Table `image_locations`: where the data of images is. URLs are encrypted here when a key is configured.

use std::collections::HashMap;

use diesel::prelude::*;
use glance_common::context::RequestContext;
use glance_common::model::{Location, LocationStatus, Timestamp};
use glance_common::registry_api::{LocationsChange, NewLocation};

use super::access::{Scope, image_to_change, touch, visible_image};
use crate::db::rows::LocationRow;
use crate::db::schema::image_locations as locations;
use crate::db::text::{check_location, to_json};
use crate::db::time::DbTime;
use crate::db::{DbError, Session};

/// Images in one statement at most: engines limit the number of values.
const MOST_IDS: usize = 256;

/// Adds a location. One that is added as `deleted` or `pending_delete` is soft-deleted from the start: the scrubber
/// finds data of an image that never got it.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`.
pub fn add_location(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    new: &NewLocation,
) -> Result<Location, DbError> {
    image_to_change(session, context, id, Scope::Deleted)?;
    let now = Timestamp::now();
    insert(session, id, new, now)?;
    touch(session, id, now)?;
    let newest: LocationRow = locations::table
        .filter(locations::image_id.eq(id))
        .order(locations::id.desc())
        .select(LocationRow::as_select())
        .first(session.conn)?;
    newest.into_location(session.cipher)
}

/// The removed locations of an image whose data is still to go, in the order in which they were added.
///
/// # Errors
/// `NotFound` for the image.
pub fn list_waiting(session: &mut Session<'_>, context: &RequestContext, id: &str) -> Result<Vec<Location>, DbError> {
    visible_image(session, context, id, Scope::Deleted)?;
    let rows: Vec<LocationRow> = locations::table
        .filter(locations::image_id.eq(id))
        .filter(locations::status.eq(LocationStatus::PendingDelete.as_str()))
        .order(locations::id)
        .select(LocationRow::as_select())
        .load(session.conn)?;
    rows.into_iter().map(|row| row.into_location(session.cipher)).collect()
}

/// All locations that images ever had, removed ones too, by image and in the order in which they were added.
///
/// # Errors
/// Those of the database. Who may see the images was asked before.
pub fn list_all(session: &mut Session<'_>, ids: &[&str]) -> Result<HashMap<String, Vec<Location>>, DbError> {
    let mut found: HashMap<String, Vec<Location>> = HashMap::new();
    for some in ids.chunks(MOST_IDS) {
        let rows: Vec<(String, LocationRow)> = locations::table
            .filter(locations::image_id.eq_any(some))
            .order(locations::id)
            .select((locations::image_id, LocationRow::as_select()))
            .load(session.conn)?;
        for (image, row) in rows {
            found.entry(image).or_default().push(row.into_location(session.cipher)?);
        }
    }
    Ok(found)
}

/// Writes a live location anew, or brings back one whose data has not gone yet.
///
/// # Errors
/// `NotFound` for the image or the location, `Forbidden`, `Invalid`.
pub fn update_location(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    location: i64,
    new: &NewLocation,
) -> Result<Location, DbError> {
    image_to_change(session, context, id, Scope::Live)?;
    let row = find(session, id, location)?.ok_or(DbError::NotFound)?;
    if row.deleted && row.status != LocationStatus::PendingDelete.as_str() {
        return Err(DbError::NotFound);
    }
    let now = Timestamp::now();
    write(session, row.id, new, now)?;
    touch(session, id, now)?;
    let row: LocationRow = locations::table.find(row.id).select(LocationRow::as_select()).first(session.conn)?;
    row.into_location(session.cipher)
}

/// Removes a location: `deleted` when its data is gone, `pending_delete` when that is the scrubber's turn. A removed
/// one may go on from `pending_delete` to `deleted`, also of a deleted image.
///
/// # Errors
/// `NotFound` for the image or the location, `Forbidden`, `Invalid` for another status.
pub fn remove_location(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    location: i64,
    status: LocationStatus,
) -> Result<(), DbError> {
    if !is_removed(status) {
        return Err(DbError::Invalid("a removed location is 'deleted' or 'pending_delete'".to_owned()));
    }
    image_to_change(session, context, id, Scope::Deleted)?;
    let row = find(session, id, location)?.ok_or(DbError::NotFound)?;
    if row.deleted && row.status == LocationStatus::Deleted.as_str() {
        return Ok(());
    }
    let now = Timestamp::now();
    mark_deleted(session, row.id, status, now)?;
    touch(session, id, now)
}

/// Applies a change to the live locations of an image.
pub(super) fn apply(
    session: &mut Session<'_>,
    id: &str,
    change: &LocationsChange,
    now: Timestamp,
) -> Result<(), DbError> {
    match change {
        LocationsChange::Add(list) => list.iter().try_for_each(|new| insert(session, id, new, now)),
        LocationsChange::Replace(list) => replace(session, id, list, now),
    }
}

/// Makes the live locations those of the list: entries with the id of a live row are written anew, the others added,
/// and rows that are not named marked as deleted.
fn replace(session: &mut Session<'_>, id: &str, list: &[NewLocation], now: Timestamp) -> Result<(), DbError> {
    let rows: Vec<LocationRow> =
        locations::table.filter(locations::image_id.eq(id)).select(LocationRow::as_select()).load(session.conn)?;
    let live: Vec<i64> = rows.iter().filter(|row| !row.deleted).map(|row| row.id.into()).collect();
    for row in rows.iter().filter(|row| !row.deleted) {
        match list.iter().find(|new| new.id == Some(row.id.into())) {
            Some(new) => write(session, row.id, new, now)?,
            None => mark_deleted(session, row.id, LocationStatus::Deleted, now)?,
        }
    }
    for new in list.iter().filter(|new| new.id.is_none_or(|id| !live.contains(&id))) {
        insert(session, id, new, now)?;
    }
    Ok(())
}

/// Adds a row.
pub(super) fn insert(session: &mut Session<'_>, id: &str, new: &NewLocation, now: Timestamp) -> Result<(), DbError> {
    let (url, metadata) = stored(session, new)?;
    let at = DbTime::from(now);
    let removed = is_removed(new.status);
    diesel::insert_into(locations::table)
        .values((
            locations::image_id.eq(id),
            locations::value.eq(url),
            locations::meta_data.eq(Some(metadata)),
            locations::status.eq(new.status.as_str()),
            locations::created_at.eq(at),
            locations::updated_at.eq(Some(at)),
            locations::deleted.eq(removed),
            locations::deleted_at.eq(removed.then_some(at)),
        ))
        .execute(session.conn)?;
    Ok(())
}

/// Soft-deletes the live locations of a deleted image.
pub(super) fn delete_all(
    session: &mut Session<'_>,
    id: &str,
    status: LocationStatus,
    now: Timestamp,
) -> Result<(), DbError> {
    let at = Some(DbTime::from(now));
    diesel::update(locations::table.filter(locations::image_id.eq(id)))
        .filter(locations::deleted.eq(false))
        .set((
            locations::deleted.eq(true),
            locations::status.eq(status.as_str()),
            locations::deleted_at.eq(at),
            locations::updated_at.eq(at),
        ))
        .execute(session.conn)?;
    Ok(())
}

/// Does this status mean that the location is not the image's any more?
fn is_removed(status: LocationStatus) -> bool {
    matches!(status, LocationStatus::Deleted | LocationStatus::PendingDelete)
}

/// URL and metadata as the columns hold them.
fn stored(session: &Session<'_>, new: &NewLocation) -> Result<(String, String), DbError> {
    let metadata = to_json(&new.metadata)?;
    let url = session.cipher.seal(&new.url)?;
    check_location(&url, &metadata)?;
    Ok((url, metadata))
}

/// A row of an image, live or not.
fn find(session: &mut Session<'_>, id: &str, location: i64) -> Result<Option<LocationRow>, DbError> {
    let Ok(location) = i32::try_from(location) else { return Ok(None) };
    let row = locations::table.find(location).filter(locations::image_id.eq(id)).select(LocationRow::as_select());
    Ok(row.first(session.conn).optional()?)
}

fn write(session: &mut Session<'_>, row: i32, new: &NewLocation, now: Timestamp) -> Result<(), DbError> {
    let (url, metadata) = stored(session, new)?;
    let at = DbTime::from(now);
    let removed = is_removed(new.status);
    diesel::update(locations::table.find(row))
        .set((
            locations::value.eq(url),
            locations::meta_data.eq(Some(metadata)),
            locations::status.eq(new.status.as_str()),
            locations::updated_at.eq(Some(at)),
            locations::deleted.eq(removed),
            locations::deleted_at.eq(removed.then_some(at)),
        ))
        .execute(session.conn)?;
    Ok(())
}

fn mark_deleted(session: &mut Session<'_>, row: i32, status: LocationStatus, now: Timestamp) -> Result<(), DbError> {
    let at = Some(DbTime::from(now));
    diesel::update(locations::table.find(row))
        .set((
            locations::deleted.eq(true),
            locations::status.eq(status.as_str()),
            locations::deleted_at.eq(at),
            locations::updated_at.eq(at),
        ))
        .execute(session.conn)?;
    Ok(())
}
