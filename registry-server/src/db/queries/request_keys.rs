//! Table `rs_request_keys`.
use glance_common::model::Timestamp;

use crate::db::{DbError, Session};

/// The answer that a request with a key got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// HTTP status.
    pub status: u16,
    /// Body, JSON; empty for none.
    pub body: String,
}

/// The answer given earlier to a request with this key. `digest` tells requests apart: the same key with another
/// digest is [`DbError::KeyReused`].
pub fn find_answer(_session: &mut Session, _key: &str, _digest: &str) -> Result<Option<StoredAnswer>, DbError> {
    Err(DbError::internal("not yet"))
}

/// Keeps an answer, in the same transaction as the work.
pub fn store_answer(_session: &mut Session, _key: &str, _digest: &str, _answer: &StoredAnswer) -> Result<(), DbError> {
    Err(DbError::internal("not yet"))
}

/// Forgets answers given before a point in time; how many.
pub fn expire_answers(_session: &mut Session, _before: Timestamp) -> Result<usize, DbError> {
    Err(DbError::internal("not yet"))
}
