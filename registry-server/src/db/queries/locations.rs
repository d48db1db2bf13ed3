//! Table `image_locations`.
use glance_common::context::RequestContext;
use glance_common::model::{Location, LocationStatus};
use glance_common::registry_api::NewLocation;

use crate::db::{DbError, Session};

/// Adds a location.
pub fn add_location(
    _session: &mut Session,
    _context: &RequestContext,
    _id: &str,
    _new: &NewLocation,
) -> Result<Location, DbError> {
    Err(DbError::internal("not yet"))
}

/// Writes a location anew.
pub fn update_location(
    _session: &mut Session,
    _context: &RequestContext,
    _id: &str,
    _location: i64,
    _new: &NewLocation,
) -> Result<Location, DbError> {
    Err(DbError::internal("not yet"))
}

/// Removes a location; a repeat may go from `pending_delete` to `deleted`.
pub fn remove_location(
    _session: &mut Session,
    _context: &RequestContext,
    _id: &str,
    _location: i64,
    _status: LocationStatus,
) -> Result<(), DbError> {
    Err(DbError::internal("not yet"))
}
