//! What can go wrong in the database, as situations that a caller can act on.

use glance_common::model::ImageStatus;
use thiserror::Error;

/// Why a unit of work was refused or failed.
///
/// The texts are for people and never hold SQL, paths or URLs; what the driver said is kept apart as the cause, for
/// the log only.
#[derive(Debug, Error)]
pub enum DbError {
    /// The image, location, property or lease is missing or hidden from the caller.
    #[error("not found")]
    NotFound,
    /// The marker of a list is missing or hidden from the caller.
    #[error("the marker of the list does not exist")]
    MarkerNotFound,
    /// Visible, but not the caller's to change, or a field that only administrators may set.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The key is taken: an image id (rows of deleted images count), a property that had to be absent.
    #[error("{0}")]
    Duplicate(String),
    /// The image is in another status than the change may come from.
    #[error("the image is in status {status}")]
    WrongStatus {
        /// The status it is in.
        status: ImageStatus,
    },
    /// A property has another value than expected.
    #[error("the property has another value")]
    WrongValue,
    /// The version that was read is not the present one.
    #[error("the image was changed by somebody else")]
    Stale {
        /// The present version.
        version: i64,
    },
    /// The image is protected from deletion.
    #[error("the image is protected and cannot be deleted")]
    Protected,
    /// Another lease on the same resource has not expired.
    #[error("somebody else works on it")]
    LeaseHeld,
    /// The lease is gone, or somebody else's.
    #[error("the lease is gone")]
    LeaseLost,
    /// A value that no supported database can hold, or that makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// A request key was used before, for another request.
    #[error("the request key was used for another request")]
    KeyReused,
    /// The database cannot be reached, is too busy, or does not answer in time. Worth repeating.
    #[error("the database is not available")]
    Unavailable {
        /// What the driver said.
        cause: String,
    },
    /// Work of others got in the way (deadlock, locked database, a row made at the same moment). The write door
    /// repeats the work itself; callers see this only after the last attempt failed.
    #[error("the database is busy with other work")]
    Contended {
        /// What the driver said.
        cause: String,
    },
    /// The tables are not the ones this program knows; the text says what to do.
    #[error("{0}")]
    WrongSchema(String),
    /// A defect, here or in the data.
    #[error("the database refused the work")]
    Internal {
        /// What the driver said.
        cause: String,
    },
}

impl DbError {
    /// A defect with its cause.
    pub(crate) fn internal(cause: impl ToString) -> Self {
        Self::Internal { cause: cause.to_string() }
    }

    /// What the driver said, for the log. May name tables and columns, never values of secrets.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        match self {
            Self::Unavailable { cause } | Self::Contended { cause } | Self::Internal { cause } => Some(cause),
            _ => None,
        }
    }

    /// May the same unit of work succeed when it is repeated at once?
    #[must_use]
    pub const fn is_contention(&self) -> bool {
        matches!(self, Self::Contended { .. })
    }
}
