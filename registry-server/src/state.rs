//! What all requests share.

use crate::auth::Authentication;
use crate::chores::Prepared;
use crate::db::Db;

/// The database, and what a request is judged by.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) db: Db,
    pub(crate) prepared: Prepared,
    pub(crate) authentication: Authentication,
    /// Longest body in bytes.
    pub(crate) max_body: usize,
    /// Images in a list at most.
    pub(crate) max_images: u32,
}
