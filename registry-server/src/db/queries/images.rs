//! Table `images`: creating, reading, listing, changing and deleting images.

use diesel::prelude::*;
use glance_common::context::RequestContext;
use glance_common::model::access::is_visible;
use glance_common::model::{Image, ImageId, ImageStatus, LocationStatus, Timestamp};
use glance_common::registry_api::{ImageDelete, ImageFields, ImageQuery, ImageUpdate, NewImage, Patch};

use super::access::{Scope, image_to_change, visible_image};
use super::{assemble, image_pages, leases, locations, properties, quotas, tags, versions};
use crate::db::dialect::visibility_literal;
use crate::db::error::on_unique;
use crate::db::rows::{ImageChanges, NewImageRow, stored_owner};
use crate::db::schema::{image_members, images};
use crate::db::text::check_column;
use crate::db::time::DbTime;
use crate::db::{DbError, Session};

/// Creates an image with its properties, tags and locations.
///
/// # Errors
/// `Duplicate` when the id was ever used, `Forbidden` when a caller without administrator rights names another
/// project as owner, `Invalid` for what no database can hold.
pub fn create_image(session: &mut Session<'_>, context: &RequestContext, new: &NewImage) -> Result<Image, DbError> {
    let owner = stored_owner(new.owner.as_deref());
    if context.read_only || !(context.is_admin || (owner.is_some() && context.owns(owner))) {
        return Err(DbError::Forbidden("You are not permitted to create images owned by another project."));
    }
    check_new(new)?;
    if let Some(claim) = &new.quota {
        quotas::check_creation(session, context, claim)?;
    }
    let now = Timestamp::now();
    let id = new.id.clone().unwrap_or_else(ImageId::generate);
    let id = id.as_str();
    let row = NewImageRow::new(id, new, now);
    let inserted = diesel::insert_into(images::table)
        .values((row, images::visibility.eq(visibility_literal(new.visibility))))
        .execute(session.conn);
    let used = || DbError::Duplicate(format!("Image ID {id} already exists!"));
    on_unique(inserted, used)?;
    // an id that was purged has left its version behind, and is not given out again (B6)
    if versions::bump(session, id)? > 1 {
        return Err(used());
    }
    for (name, value) in &new.properties {
        properties::insert(session, id, name, value.as_deref(), now)?;
    }
    tags::replace(session, id, &new.tags, now)?;
    for location in &new.locations {
        locations::insert(session, id, location, now)?;
    }
    visible_image(session, context, id, Scope::Deleted)
}

/// One image; soft-deleted ones only for administrators who ask for them.
///
/// # Errors
/// `NotFound` when it is missing or hidden.
pub fn get_image(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    deleted: bool,
) -> Result<Image, DbError> {
    visible_image(session, context, id, if deleted { Scope::Deleted } else { Scope::Live })
}

/// A page of images: what the query asks for, but `max` at most.
///
/// # Errors
/// `MarkerNotFound` when the marker is missing or hidden.
pub fn list_images(
    session: &mut Session<'_>,
    context: &RequestContext,
    query: &ImageQuery,
    max: u32,
) -> Result<Vec<Image>, DbError> {
    let rows = image_pages::page(session, context, query, max)?;
    let mut images = assemble::complete(session, context, rows)?;
    // The conditions found them by visibility; MySQL also takes projects for equal that differ by case.
    images.retain(|image| is_visible(context, image));
    Ok(images)
}

/// As [`list_images`], but what a query says of deleted images holds for every caller, of the images in its view.
///
/// # Errors
/// As [`list_images`]; the marker must be an image that the caller may read.
pub fn list_with_deleted(
    session: &mut Session<'_>,
    context: &RequestContext,
    query: &ImageQuery,
    max: u32,
) -> Result<Vec<Image>, DbError> {
    if let Some(marker) = &query.marker {
        get_image(session, context, marker, true).map_err(|error| match error {
            DbError::NotFound => DbError::MarkerNotFound,
            other => other,
        })?;
    }
    // Its project decides what is listed; as an administrator it only gets the deleted ones of that too.
    let query = ImageQuery { as_regular_user: query.as_regular_user || !context.is_admin, ..query.clone() };
    let reader = RequestContext { is_admin: true, ..context.clone() };
    let mut images = list_images(session, &reader, &query, max)?;
    images.retain(|image| is_visible(context, image));
    images.iter_mut().for_each(|image| hide_locations(context, image));
    Ok(images)
}

/// Changes an image; the image as it is now.
///
/// # Errors
/// `NotFound`, `Forbidden`, `WrongStatus`, `Stale`, `LeaseHeld`, `LeaseLost`, `Invalid`.
pub fn update_image(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    update: &ImageUpdate,
) -> Result<Image, DbError> {
    change_image(session, context, id, update, Scope::Live)
}

/// As [`update_image`]; administrators may also change the row of a deleted image.
///
/// # Errors
/// As [`update_image`].
pub fn update_any_image(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    update: &ImageUpdate,
) -> Result<Image, DbError> {
    change_image(session, context, id, update, Scope::Deleted)
}

fn change_image(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    update: &ImageUpdate,
    scope: Scope,
) -> Result<Image, DbError> {
    check_fields(&update.set)?;
    let before = image_to_change(session, context, id, scope)?;
    check_version(&before, update.if_version)?;
    check_owner_change(context, &before, &update.set)?;
    if let Some(lease) = &update.end_lease {
        leases::end(session, lease)?;
    }
    check_status(&before, &update.from)?;
    if let Some(lease) = &update.take_lease {
        leases::take_lease(session, lease)?;
    }
    if let Some(claim) = &update.quota {
        quotas::check_change(session, context, claim, &before, update)?;
    }
    let now = Timestamp::now();
    write_columns(session, &before, update, now)?;
    properties::apply(session, id, &update.properties, now)?;
    if let Some(list) = &update.tags {
        tags::replace(session, id, list, now)?;
    }
    if let Some(change) = &update.locations {
        locations::apply(session, id, change, now)?;
    }
    after_change(session, context, id)
}

/// The image after a change. The caller may just have given it away, and still gets the answer.
fn after_change(session: &mut Session<'_>, context: &RequestContext, id: &str) -> Result<Image, DbError> {
    let mut image = visible_image(session, &RequestContext { is_admin: true, ..context.clone() }, id, Scope::Deleted)?;
    hide_locations(context, &mut image);
    Ok(image)
}

/// The locations of a deactivated image are for administrators only (database §7).
fn hide_locations(context: &RequestContext, image: &mut Image) {
    if !context.is_admin && image.status == ImageStatus::Deactivated {
        image.locations.clear();
    }
}

/// Writes the columns of a change. The statuses it may come from are checked again in the statement itself, for
/// programs that do not take our lock.
fn write_columns(
    session: &mut Session<'_>,
    before: &Image,
    update: &ImageUpdate,
    now: Timestamp,
) -> Result<(), DbError> {
    let id = before.id.as_str();
    let row = images::table.filter(images::id.eq(id)).filter(images::deleted.eq(before.deleted));
    let changes = ImageChanges::new(&update.set, now);
    let from: Vec<&str> = update.from.iter().map(|status| status.as_str()).collect();
    let changed = match from.as_slice() {
        [] => diesel::update(row).set(changes).execute(session.conn)?,
        from => diesel::update(row.filter(images::status.eq_any(from))).set(changes).execute(session.conn)?,
    };
    if changed == 0 {
        return Err(DbError::Contended { cause: "another program changed the image".to_owned() });
    }
    if let Patch::Set(visibility) = update.set.visibility {
        diesel::update(images::table.find(id))
            .set(images::visibility.eq(visibility_literal(visibility)))
            .execute(session.conn)?;
    }
    Ok(())
}

/// Soft-deletes an image and all that belongs to it, with one time stamp. The answer is the image as it was, marked
/// deleted.
///
/// # Errors
/// `NotFound`, `Forbidden`, `WrongStatus`, `Protected`, `LeaseLost`, `Invalid`.
pub fn delete_image(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    delete: &ImageDelete,
) -> Result<Image, DbError> {
    let data = match delete.status {
        ImageStatus::Deleted => LocationStatus::Deleted,
        ImageStatus::PendingDelete => LocationStatus::PendingDelete,
        _ => return Err(DbError::Invalid("a deleted image is 'deleted' or 'pending_delete'".to_owned())),
    };
    let image = image_to_change(session, context, id, Scope::Live)?;
    if image.protected && !delete.ignore_protection {
        return Err(DbError::Protected);
    }
    if let Some(lease) = &delete.end_lease {
        leases::end(session, lease)?;
    }
    check_status(&image, &delete.from)?;
    bury(session, image, delete.status, data)
}

/// Soft-deletes an image for callers that have written its status before: the status stays, and protection is not
/// looked at (registry §7). One that an administrator deletes again stays as it is.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub fn delete_as_it_is(session: &mut Session<'_>, context: &RequestContext, id: &str) -> Result<Image, DbError> {
    let image = image_to_change(session, context, id, Scope::Deleted)?;
    if image.deleted {
        return Ok(image);
    }
    let status = image.status;
    bury(session, image, status, LocationStatus::Deleted)
}

/// Marks an image and all that belongs to it as deleted; live locations get the status `data`.
fn bury(
    session: &mut Session<'_>,
    mut image: Image,
    status: ImageStatus,
    data: LocationStatus,
) -> Result<Image, DbError> {
    let id = image.id.clone();
    let id = id.as_str();
    let now = Timestamp::now();
    let at = DbTime::from(now);
    diesel::update(images::table.find(id))
        .set((
            images::status.eq(status.as_str()),
            images::deleted.eq(true),
            images::deleted_at.eq(Some(at)),
            images::updated_at.eq(Some(at)),
        ))
        .execute(session.conn)?;
    locations::delete_all(session, id, data, now)?;
    properties::delete_all(session, id, now)?;
    tags::delete_all(session, id, now)?;
    diesel::update(image_members::table.filter(image_members::image_id.eq(id)))
        .filter(image_members::deleted.eq(false))
        .set((image_members::deleted.eq(true), image_members::deleted_at.eq(Some(at))))
        .execute(session.conn)?;
    image.deleted = true;
    image.deleted_at = Some(now);
    Ok(image)
}

fn check_version(image: &Image, wanted: Option<i64>) -> Result<(), DbError> {
    match wanted {
        Some(wanted) if wanted != image.version => Err(DbError::Stale { version: image.version }),
        _ => Ok(()),
    }
}

fn check_status(image: &Image, from: &[ImageStatus]) -> Result<(), DbError> {
    if from.is_empty() || from.contains(&image.status) {
        return Ok(());
    }
    Err(DbError::WrongStatus { status: image.status })
}

/// Only administrators give images away or take them.
fn check_owner_change(context: &RequestContext, before: &Image, set: &ImageFields) -> Result<(), DbError> {
    match set.owner.as_set() {
        Some(owner) if !context.is_admin && stored_owner(owner.as_deref()) != before.owner.as_deref() => {
            Err(DbError::Forbidden("You are not permitted to change the owner of this image."))
        }
        _ => Ok(()),
    }
}

/// Refuses texts of a new image that no column can hold. Its properties, tags and locations are checked where they
/// are written.
fn check_new(new: &NewImage) -> Result<(), DbError> {
    check_column("name", new.name.as_deref(), 255)?;
    check_column("owner", new.owner.as_deref(), 255)?;
    check_column("disk_format", new.disk_format.as_deref(), 20)?;
    check_column("container_format", new.container_format.as_deref(), 20)?;
    check_column("checksum", new.checksum.as_deref(), 32)?;
    check_column("os_hash_algo", new.os_hash_algo.as_deref(), 64)?;
    check_column("os_hash_value", new.os_hash_value.as_deref(), 128)
}

/// Refuses texts of a change that no column can hold.
fn check_fields(set: &ImageFields) -> Result<(), DbError> {
    let text = |patch: &Patch<Option<String>>| patch.as_set().cloned().flatten();
    check_column("name", text(&set.name).as_deref(), 255)?;
    check_column("owner", text(&set.owner).as_deref(), 255)?;
    check_column("disk_format", text(&set.disk_format).as_deref(), 20)?;
    check_column("container_format", text(&set.container_format).as_deref(), 20)?;
    check_column("checksum", text(&set.checksum).as_deref(), 32)?;
    check_column("os_hash_algo", text(&set.os_hash_algo).as_deref(), 64)?;
    check_column("os_hash_value", text(&set.os_hash_value).as_deref(), 128)
}
