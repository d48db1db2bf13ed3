//! Table `rs_request_keys`: the answers of requests that carried a key, so that a repeated request has one effect.

use diesel::prelude::*;
use glance_common::model::Timestamp;

use super::leases::micros;
use crate::db::schema::rs_request_keys as keys;
use crate::db::text::check_column;
use crate::db::{DbError, Session};

/// The answer that a request with a key got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// HTTP status.
    pub status: u16,
    /// Body, JSON; empty for none.
    pub body: String,
}

/// The answer given earlier to a request with this key. The digest tells requests apart.
///
/// # Errors
/// `KeyReused` when the key belongs to a request with another digest, `Invalid` for a key of more than 64 characters.
pub fn find_answer(session: &mut Session<'_>, key: &str, digest: &str) -> Result<Option<StoredAnswer>, DbError> {
    check_column("request key", Some(key), 64)?;
    let row: Option<(String, i32, String)> =
        keys::table.find(key).select((keys::digest, keys::status, keys::body)).first(session.conn).optional()?;
    let Some((first_digest, status, body)) = row else { return Ok(None) };
    if first_digest != digest {
        return Err(DbError::KeyReused);
    }
    Ok(Some(StoredAnswer { status: u16::try_from(status).map_err(DbError::internal)?, body }))
}

/// Keeps an answer: in the same unit of work as [`find_answer`] and the work itself. When the same request runs twice
/// at once, one of the two is repeated by the door and finds this answer.
///
/// # Errors
/// `Invalid` for a key of more than 64 or a digest of more than 128 characters.
pub fn store_answer(session: &mut Session<'_>, key: &str, digest: &str, answer: &StoredAnswer) -> Result<(), DbError> {
    check_column("request key", Some(key), 64)?;
    check_column("digest", Some(digest), 128)?;
    diesel::insert_into(keys::table)
        .values((
            keys::request_key.eq(key),
            keys::digest.eq(digest),
            keys::status.eq(i32::from(answer.status)),
            keys::body.eq(&answer.body),
            keys::created_at.eq(micros(Timestamp::now())),
        ))
        .execute(session.conn)?;
    Ok(())
}

/// Forgets answers given before a point in time; how many.
///
/// # Errors
/// Those of the database only.
pub fn expire_answers(session: &mut Session<'_>, before: Timestamp) -> Result<usize, DbError> {
    Ok(diesel::delete(keys::table.filter(keys::created_at.lt(micros(before)))).execute(session.conn)?)
}
