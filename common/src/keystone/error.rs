//! Why the identity service did not do what was asked.

use std::time::Duration;

/// A failed use of the identity service. No text holds a token, a password or the body of an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeystoneError {
    /// The options do not make an account. The program refuses to start.
    #[error("{0}")]
    Options(String),
    /// A file of certificates cannot be used. The program refuses to start.
    #[error("{option}: {path}: {cause}")]
    File {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: String,
        /// Why.
        cause: String,
    },
    /// No connection, or it broke.
    #[error("the identity service cannot be reached: {cause}")]
    Unreachable {
        /// The reason that the system gave.
        cause: String,
    },
    /// No answer in time.
    #[error("the identity service gave no answer within {after:?}")]
    TimedOut {
        /// The time that was waited.
        after: Duration,
    },
    /// The server's own account is not accepted.
    #[error("the identity service does not accept the account of this server (status {status})")]
    Account {
        /// Status of the answer.
        status: u16,
    },
    /// Another answer than the expected one.
    #[error("the identity service answered with status {status}")]
    Status {
        /// Status of the answer.
        status: u16,
    },
    /// An answer that means nothing.
    #[error("the identity service answered nonsense: {0}")]
    Nonsense(String),
    /// The catalogue has no such endpoint.
    #[error("the catalogue has no {interface} endpoint for {service}")]
    NoEndpoint {
        /// Type of the service.
        service: String,
        /// The interface that was asked for.
        interface: String,
    },
}
