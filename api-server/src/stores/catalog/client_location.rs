//! Places that clients name as locations of their images (C1, C2).

use thiserror::Error;

use super::super::{Location, StoreError};
use super::StoreCatalog;

/// Schemes that clients may use, where a store that serves them is configured. Paths of this machine and references to
/// the operator's accounts are not among them.
const SCHEMES: [&str; 11] =
    ["http", "https", "swift", "swift+http", "swift+https", "s3", "s3+http", "s3+https", "rbd", "cinder", "vsphere"];

/// A place that cannot be a location. Why is for the log only: it could tell a stranger what is behind an address (D8).
#[derive(Debug, Error)]
pub enum Unacceptable {
    /// The scheme is not for clients, or the text holds what no URL does.
    #[error("clients may not name such places")]
    Scheme,
    /// There is nothing, or nobody can tell how much.
    #[error("there is no data of a known size")]
    Empty,
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StoreCatalog {
    /// May a client name this place as a location? The one judge for all doors. The scheme has to be on the list letter
    /// by letter, the store judges the rest, and it has to find data there: its size in bytes.
    ///
    /// # Errors
    /// [`Unacceptable`].
    pub async fn judge_client_location(&self, at: &Location) -> Result<u64, Unacceptable> {
        let is_plain = !at.url.contains(|c: char| c.is_whitespace() || c.is_control());
        if !is_plain || !SCHEMES.contains(&at.scheme()) {
            return Err(Unacceptable::Scheme);
        }
        self.size(at).await?.filter(|size| *size > 0).ok_or(Unacceptable::Empty)
    }
}
