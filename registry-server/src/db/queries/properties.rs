//! Table `image_properties`.
use glance_common::context::RequestContext;
use glance_common::registry_api::{PropertyRemove, PropertyWrite};

use crate::db::{DbError, Session};

/// Writes one property by itself.
pub fn set_property(
    _session: &mut Session,
    _context: &RequestContext,
    _id: &str,
    _name: &str,
    _write: &PropertyWrite,
) -> Result<(), DbError> {
    Err(DbError::internal("not yet"))
}

/// Removes one property physically.
pub fn remove_property(
    _session: &mut Session,
    _context: &RequestContext,
    _id: &str,
    _name: &str,
    _remove: &PropertyRemove,
) -> Result<(), DbError> {
    Err(DbError::internal("not yet"))
}
