//! Finding one image under the rules of visibility and ownership (database §7).

use diesel::prelude::*;
use glance_common::context::RequestContext;
use glance_common::model::access::{is_mutable, is_visible};
use glance_common::model::{Image, ImageId, Timestamp};

use super::{assemble, versions};
use crate::db::rows::{IMAGE_COLUMNS, ImageRow};
use crate::db::schema::images;
use crate::db::time::DbTime;
use crate::db::{DbError, Session};

/// Which images may be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Live ones.
    Live,
    /// Soft-deleted ones too, when the caller is an administrator.
    Deleted,
}

/// An image that the caller may see, complete.
pub(super) fn visible_image(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    scope: Scope,
) -> Result<Image, DbError> {
    // A text that is no image id is in no row.
    ImageId::parse(id).map_err(|_| DbError::NotFound)?;
    let row = row(session, id)?;
    let dead_ones_too = scope == Scope::Deleted && context.is_admin;
    let row = row.filter(|row| !row.deleted || dead_ones_too).ok_or(DbError::NotFound)?;
    let image = assemble::complete(session, context, vec![row])?.pop().ok_or(DbError::NotFound)?;
    if is_visible(context, &image) { Ok(image) } else { Err(DbError::NotFound) }
}

/// The row of an image.
pub(super) fn row(session: &mut Session<'_>, id: &str) -> Result<Option<ImageRow>, DbError> {
    Ok(images::table.find(id).select(IMAGE_COLUMNS).get_result(session.conn).optional()?)
}

/// Begins a change: counts it, which locks the image against other changes, and finds the image as it is now.
/// The version in it is that before the change.
pub(super) fn image_to_change(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    scope: Scope,
) -> Result<Image, DbError> {
    ImageId::parse(id).map_err(|_| DbError::NotFound)?;
    let version = versions::bump(session, id)?;
    let mut image = visible_image(session, context, id, scope)?;
    if !is_mutable(context, image.owner.as_deref()) {
        return Err(DbError::Forbidden("You do not own this image"));
    }
    image.version = version - 1;
    Ok(image)
}

/// Ends a change of something that belongs to an image: the image counts as updated too (database §3).
pub(super) fn touch(session: &mut Session<'_>, id: &str, now: Timestamp) -> Result<(), DbError> {
    diesel::update(images::table.find(id)).set(images::updated_at.eq(Some(DbTime::from(now)))).execute(session.conn)?;
    Ok(())
}
