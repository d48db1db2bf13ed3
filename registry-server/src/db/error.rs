//! What can go wrong in the database, as situations that a caller can act on.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use glance_common::model::ImageStatus;
use glance_common::registry_api::Resource;
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
    /// The key is taken: an image id (rows of deleted images count), a member, a property that had to be absent.
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
    /// A quota of the caller's would be passed.
    #[error("more than {maximum} are not allowed")]
    LimitExceeded {
        /// The quota.
        maximum: i64,
        /// What the change would have led to.
        attempted: i64,
    },
    /// What a project may use would be passed. Amounts are in the unit of the limit.
    #[error("{} allows {maximum}; {usage} are used, {delta} would be added", .resource.as_str())]
    OverQuota {
        /// The limit.
        resource: Resource,
        /// The largest amount allowed.
        maximum: i64,
        /// What is used.
        usage: i64,
        /// What the change would have added.
        delta: i64,
    },
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

/// Texts that say that others got in the way: deadlocks and lock waits, as far as Diesel has no kind for them.
const CONTENTION: [&str; 8] = [
    "deadlock detected",
    "deadlock found",
    "lock wait timeout exceeded",
    "could not serialize access",
    "could not obtain lock",
    "database is locked",
    "database table is locked",
    "record has changed since last read",
];

/// Texts that say that the server or the file cannot be reached or used at the moment.
const ABSENCE: [&str; 25] = [
    "server has gone away",
    "lost connection",
    "can't connect",
    "connection was killed",
    "server shutdown in progress",
    "query execution was interrupted",
    "commands out of sync",
    "wsrep has not yet prepared",
    "terminating connection",
    "server closed the connection",
    "connection to server",
    "no connection to the server",
    "connection not open",
    "could not receive data",
    "could not send data",
    "ssl syscall error",
    "is shutting down",
    "is starting up",
    "is in recovery mode",
    "read-only",
    "readonly database",
    "disk i/o error",
    "unable to open database file",
    "database or disk is full",
    "too many connections",
];

impl From<DieselError> for DbError {
    /// The one place that gives driver errors a meaning. A unique violation that the caller does not expect means
    /// that another transaction made the same row at the same moment: repeating the work shows it.
    fn from(error: DieselError) -> Self {
        let cause = error.to_string();
        match error {
            DieselError::DatabaseError(kind, _) => match kind {
                DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::SerializationFailure => {
                    Self::Contended { cause }
                }
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ReadOnlyTransaction => Self::Unavailable { cause },
                _ => Self::from_text(cause),
            },
            DieselError::RollbackErrorOnCommit { commit_error, .. } => Self::from(*commit_error),
            DieselError::BrokenTransactionManager => Self::Unavailable { cause },
            _ => Self::Internal { cause },
        }
    }
}

impl DbError {
    /// Judges an error by its text, for all that Diesel calls unknown.
    fn from_text(cause: String) -> Self {
        let text = cause.to_ascii_lowercase();
        if CONTENTION.iter().any(|part| text.contains(part)) {
            Self::Contended { cause }
        } else if ABSENCE.iter().any(|part| text.contains(part)) {
            Self::Unavailable { cause }
        } else {
            Self::Internal { cause }
        }
    }
}

/// Gives a unique violation the meaning that only the caller of the statement knows.
pub(crate) fn on_unique<T>(result: diesel::QueryResult<T>, meaning: impl FnOnce() -> DbError) -> Result<T, DbError> {
    match result {
        Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Err(meaning()),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn driver_texts_are_told_apart() {
        let table = [
            ("deadlock detected", true, false),
            ("Deadlock found when trying to get lock; try restarting transaction", true, false),
            ("Lock wait timeout exceeded; try restarting transaction", true, false),
            ("database is locked", true, false),
            ("MySQL server has gone away", false, true),
            ("terminating connection due to administrator command", false, true),
            ("FATAL:  the database system is shutting down", false, true),
            ("disk I/O error", false, true),
            ("column images.nonsense does not exist", false, false),
        ];
        for (text, contended, absent) in table {
            let error = DbError::from_text(text.to_owned());
            assert_eq!(matches!(error, DbError::Contended { .. }), contended, "{text}");
            assert_eq!(matches!(error, DbError::Unavailable { .. }), absent, "{text}");
            assert!(!error.to_string().contains(text), "the message for others must not be the driver's");
            assert_eq!(error.cause(), Some(text));
        }
    }
}
