//! Images with what belongs to them: one statement for any number of images.

use std::collections::HashMap;

use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageStatus, Timestamp};

use super::children;
use crate::db::rows::{ChildRow, ImageRow, Kind};
use crate::db::text::can_be_stored;
use crate::db::{DbError, Session};

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
    let project = context.project_id.as_deref().filter(|project| can_be_stored(project));
    let ids: Vec<String> = images.iter().map(|image| image.id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let places: HashMap<&str, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    for row in children::load(session.conn, &ids, project)? {
        if let Some(place) = places.get(row.image_id.as_str()) {
            add(session, context, &mut images[*place], row)?;
        }
    }
    Ok(())
}

/// Adds a row to its image. Rows come in the order in which they were added, and so tags and locations have it.
fn add(session: &Session<'_>, context: &RequestContext, image: &mut Image, row: ChildRow) -> Result<(), DbError> {
    match row.kind()? {
        Kind::Member => add_membership(context, image, &row)?,
        _ if !row.belongs(end_of(image)) => {}
        Kind::Version => image.version = row.number,
        Kind::Property => drop(image.properties.insert(row.text.unwrap_or_default(), row.more)),
        Kind::Tag => add_tag(image, row.text.unwrap_or_default()),
        // The locations of a deactivated image are for administrators only (database §7).
        Kind::Location if !context.is_admin && image.status == ImageStatus::Deactivated => {}
        Kind::Location => image.locations.push(row.into_location(session.cipher)?),
    }
    Ok(())
}

/// The moment to which an image's rows are judged: that of its deletion, or none while it lives.
fn end_of(image: &Image) -> Option<Timestamp> {
    image.deleted_at.filter(|_| image.deleted)
}

/// Glance can leave the same tag twice; it counts once.
fn add_tag(image: &mut Image, tag: String) {
    if !image.tags.contains(&tag) {
        image.tags.push(tag);
    }
}

/// The caller's own live row. Should there be two, the older one counts. MySQL also finds what differs by case.
fn add_membership(context: &RequestContext, image: &mut Image, row: &ChildRow) -> Result<(), DbError> {
    if image.membership.is_none() && row.is_live() && row.text == context.project_id {
        image.membership = Some(row.membership()?);
    }
    Ok(())
}
