//! Table `images`.
use glance_common::context::RequestContext;
use glance_common::model::Image;
use glance_common::registry_api::{ImageDelete, ImageQuery, ImageUpdate, NewImage};

use crate::db::{DbError, Session};

/// Creates an image with everything that belongs to it.
pub fn create_image(_session: &mut Session, _context: &RequestContext, _new: &NewImage) -> Result<Image, DbError> {
    Err(DbError::internal("not yet"))
}

/// One image; soft-deleted ones only for administrators who ask for them.
pub fn get_image(
    _session: &mut Session,
    _context: &RequestContext,
    _id: &str,
    _deleted: bool,
) -> Result<Image, DbError> {
    Err(DbError::internal("not yet"))
}

/// A page of images, `max` at most.
pub fn list_images(
    _session: &mut Session,
    _context: &RequestContext,
    _query: &ImageQuery,
    _max: u32,
) -> Result<Vec<Image>, DbError> {
    Err(DbError::internal("not yet"))
}

/// Changes an image; the image as it is now.
pub fn update_image(
    _session: &mut Session,
    _context: &RequestContext,
    _id: &str,
    _update: &ImageUpdate,
) -> Result<Image, DbError> {
    Err(DbError::internal("not yet"))
}

/// Soft-deletes an image; the image as it was, marked deleted.
pub fn delete_image(
    _session: &mut Session,
    _context: &RequestContext,
    _id: &str,
    _delete: &ImageDelete,
) -> Result<Image, DbError> {
    Err(DbError::internal("not yet"))
}
