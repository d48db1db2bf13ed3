//! Table `rs_image_versions`: a number that grows with every change of an image.
//!
//! An image that Glance made has no row and counts as version 0.

use diesel::prelude::*;

use crate::db::schema::rs_image_versions as versions;
use crate::db::{DbError, Session};

/// Counts a change and returns the new version.
///
/// This is the first statement of every change of an image: the lock on the row makes changes of one image wait for
/// each other on every engine, so that what is read afterwards holds until the end of the transaction.
pub(super) fn bump(session: &mut Session<'_>, id: &str) -> Result<i64, DbError> {
    advance(session, id, 1)
}

/// Takes the same lock without counting: for changes that nobody who changes the image itself has to know of.
pub(super) fn hold(session: &mut Session<'_>, id: &str) -> Result<(), DbError> {
    advance(session, id, 0).map(drop)
}

fn advance(session: &mut Session<'_>, id: &str, by: i64) -> Result<i64, DbError> {
    let row = versions::table.find(id);
    let counted = diesel::update(row).set(versions::version.eq(versions::version + by)).execute(session.conn)?;
    if counted > 0 {
        return Ok(row.select(versions::version).first(session.conn)?);
    }
    diesel::insert_into(versions::table)
        .values((versions::image_id.eq(id), versions::version.eq(by)))
        .execute(session.conn)?;
    Ok(by)
}
