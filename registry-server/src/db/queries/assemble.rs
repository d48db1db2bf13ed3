//! Images with what belongs to them: one query per table for any number of images.

use std::collections::HashMap;

use diesel::prelude::*;
use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageStatus, Timestamp};

use super::versions;
use crate::db::rows::{ImageRow, LocationRow, MemberRow, PropertyRow, TagRow};
use crate::db::schema::{image_locations, image_members, image_properties, image_tags};
use crate::db::text::can_be_stored;
use crate::db::{DbError, Session};

/// Loads the rows of a child table that belong to the images. Whether a row is deleted is judged afterwards: in the
/// condition it would lead SQLite to the index on that flag, which holds every row there is.
macro_rules! load_children {
    ($table:ident, $row:ty, $ids:expr, $conn:expr) => {{
        let rows: Vec<$row> = match $ids {
            [id] => $table::table.filter($table::image_id.eq(*id)).select(<$row>::as_select()).load($conn)?,
            ids => $table::table.filter($table::image_id.eq_any(ids)).select(<$row>::as_select()).load($conn)?,
        };
        rows
    }};
}

/// Completes images, in their order. A row that holds words this program does not know is an error for a single
/// image, and left out of a list.
pub(super) fn complete(
    session: &mut Session<'_>,
    context: &RequestContext,
    rows: Vec<ImageRow>,
) -> Result<Vec<Image>, DbError> {
    let alone = rows.len() == 1;
    let mut images = Vec::with_capacity(rows.len());
    for row in rows {
        let id = row.id.clone();
        match row.into_image() {
            Ok(image) => images.push(image),
            Err(error) if alone => return Err(error),
            Err(error) => log::error!("image {id} is left out of a list: {}", error.cause().unwrap_or_default()),
        }
    }
    if !images.is_empty() {
        attach(session, context, &mut images)?;
    }
    Ok(images)
}

/// Fills in properties, tags, locations, versions, and what the caller is to the images.
fn attach(session: &mut Session<'_>, context: &RequestContext, images: &mut [Image]) -> Result<(), DbError> {
    let ids: Vec<String> = images.iter().map(|image| image.id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let ids = ids.as_slice();
    let properties = load_children!(image_properties, PropertyRow, ids, session.conn);
    let tags = load_children!(image_tags, TagRow, ids, session.conn);
    let locations = load_children!(image_locations, LocationRow, ids, session.conn);
    let versions = versions::load(session.conn, ids)?;
    let mut memberships = memberships(session, context, ids)?;

    let mut by_id: HashMap<String, &mut Image> = HashMap::with_capacity(images.len());
    for image in images {
        image.version = versions.get(image.id.as_str()).copied().unwrap_or_default();
        image.membership = memberships.remove(image.id.as_str()).map(|row| row.membership()).transpose()?;
        by_id.insert(image.id.to_string(), image);
    }
    attach_properties(&mut by_id, properties);
    attach_tags(&mut by_id, tags);
    attach_locations(session, context, &mut by_id, locations)
}

/// The moment to which an image's rows are judged: that of its deletion, or none while it lives.
fn end_of(image: &Image) -> Option<Timestamp> {
    image.deleted_at.filter(|_| image.deleted)
}

fn attach_properties(images: &mut HashMap<String, &mut Image>, rows: Vec<PropertyRow>) {
    for row in rows {
        if let Some(image) = images.get_mut(&row.image_id)
            && row.belongs(end_of(image))
        {
            image.properties.insert(row.name, row.value);
        }
    }
}

/// Rows in the order of their ids are tags in the order in which they were added. Glance can leave the same tag
/// twice; it counts once.
fn attach_tags(images: &mut HashMap<String, &mut Image>, mut rows: Vec<TagRow>) {
    rows.sort_unstable_by_key(|row| row.id);
    for row in rows {
        if let Some(image) = images.get_mut(&row.image_id)
            && row.belongs(end_of(image))
            && !image.tags.contains(&row.value)
        {
            image.tags.push(row.value);
        }
    }
}

/// The locations of a deactivated image are for administrators only (database §7).
fn attach_locations(
    session: &Session<'_>,
    context: &RequestContext,
    images: &mut HashMap<String, &mut Image>,
    mut rows: Vec<LocationRow>,
) -> Result<(), DbError> {
    rows.sort_unstable_by_key(|row| row.id);
    for row in rows {
        if let Some(image) = images.get_mut(&row.image_id)
            && row.belongs(end_of(image))
            && (context.is_admin || image.status != ImageStatus::Deactivated)
        {
            image.locations.push(row.into_location(session.cipher)?);
        }
    }
    Ok(())
}

/// The caller's own live member rows, by image. Should there be two of one image, the older one counts.
fn memberships(
    session: &mut Session<'_>,
    context: &RequestContext,
    ids: &[&str],
) -> Result<HashMap<String, MemberRow>, DbError> {
    let Some(project) = context.project_id.as_deref().filter(|project| can_be_stored(project)) else {
        return Ok(HashMap::new());
    };
    let rows = image_members::table.filter(image_members::member.eq(project)).select(MemberRow::as_select());
    let mut rows: Vec<MemberRow> = match ids {
        [id] => rows.filter(image_members::image_id.eq(*id)).load(session.conn)?,
        ids => rows.filter(image_members::image_id.eq_any(ids)).load(session.conn)?,
    };
    // MySQL also finds what differs by case.
    rows.retain(|row| !row.deleted && row.member == project);
    rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.id));
    Ok(rows.into_iter().map(|row| (row.image_id.clone(), row)).collect())
}
