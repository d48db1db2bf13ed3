//! Why the registry refuses a request.

use glance_common::web::BodyError;
use thiserror::Error;

use crate::db::DbError;

/// A refused or failed request. `Display` is what the peer reads; causes stay in the log.
#[derive(Debug, Error)]
pub(crate) enum ApiError {
    /// The request is malformed.
    #[error("{0}")]
    Invalid(String),
    /// The peer may not speak for others, or there is no identity.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The request carries no token that the identity service knows.
    #[error("a good token is needed")]
    TokenRefused,
    /// The identity service is away.
    #[error("the identity service is not available")]
    IdentityAway,
    /// The caller has not the rights that the call needs whatever it is about.
    #[error("{0}")]
    Forbidden(&'static str),
    /// No resource has this path.
    #[error("no such path")]
    NoPath,
    /// The path has no such method.
    #[error("no such method on this path")]
    NoMethod {
        /// The methods it has, as `Allow` lists them.
        allowed: String,
    },
    /// A path that can name nothing: an id that is no id.
    #[error("not found")]
    NotFound,
    /// The body could not be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// More signed requests a second than are remembered.
    #[error("too many requests")]
    Overloaded,
    /// The database said no.
    #[error(transparent)]
    Db(#[from] DbError),
}
