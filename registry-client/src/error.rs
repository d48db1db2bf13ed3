//! What can go wrong with a call, as situations that the caller can act on.

use std::time::Duration;

use glance_common::model::ImageStatus;
use glance_common::registry_api::{ErrorCode, ErrorDetail, Resource};
use glance_common::registry_auth::WeakSecret;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// How long to advise waiting where the registry gave no advice.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(2);

/// A call of the registry that did not succeed.
///
/// The first group is what the registry said ([`ErrorCode`]); texts are the registry's, for people. The last three
/// mean that there is no answer to rely on: the call may or may not have had its effect. Texts never hold addresses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegistryError {
    /// The request holds something that cannot be stored or understood.
    #[error("{0}")]
    Invalid(String),
    /// The registry does not accept this node as a peer, or the caller has no identity.
    #[error("{0}")]
    Unauthenticated(String),
    /// The registry asks the identity service itself, and knows no good token of the caller.
    #[error("{0}")]
    TokenRefused(String),
    /// Visible, but not the caller's to change.
    #[error("{0}")]
    Forbidden(String),
    /// Missing or hidden.
    #[error("{0}")]
    NotFound(String),
    /// The marker of a list is missing or hidden.
    #[error("{0}")]
    MarkerNotFound(String),
    /// The registry does not know this call: it is older than this node.
    #[error("{0}")]
    NoRoute(String),
    /// The key is taken.
    #[error("{0}")]
    Duplicate(String),
    /// The image is in another status, or a property has another value, than the change demanded.
    #[error("{message}")]
    Conflict {
        /// For people.
        message: String,
        /// The status that the image has, where that was the reason.
        status: Option<ImageStatus>,
    },
    /// The image was changed since it was read: read it again and repeat.
    #[error("{0}")]
    Stale(String),
    /// The image is protected from deletion.
    #[error("{0}")]
    Protected(String),
    /// Somebody else works on it.
    #[error("{0}")]
    LeaseHeld(String),
    /// The lease is gone, or somebody else's.
    #[error("{0}")]
    LeaseLost(String),
    /// A quota would be passed.
    #[error("{message}")]
    LimitExceeded {
        /// For people.
        message: String,
        /// The limit.
        maximum: Option<i64>,
        /// What the call would have led to.
        attempted: Option<i64>,
    },
    /// What a project may use would be passed.
    #[error("{message}")]
    OverQuota {
        /// For people.
        message: String,
        /// Of what there would be too much, and how much; none from a registry that says it in other words.
        excess: Option<Excess>,
    },
    /// The body is larger than the registry reads.
    #[error("{0}")]
    TooLarge(String),
    /// The registry answers, but its database is away or too busy.
    #[error("{message}")]
    Unavailable {
        /// For people.
        message: String,
        /// When to try again.
        retry_after: Duration,
    },
    /// A defect of the registry; its log tells more under the request id.
    #[error("{0}")]
    Internal(String),
    /// No connection, or it broke before the answer was complete.
    #[error("the registry cannot be reached")]
    Unreachable {
        /// The cause, for logs.
        cause: String,
    },
    /// No complete answer in time.
    #[error("the registry did not answer in time")]
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// An answer that no registry of this protocol gives.
    #[error("the registry's answer cannot be understood")]
    Nonsense {
        /// What is wrong with it, for logs.
        what: String,
    },
}

/// What a refusal for a project's limit says. Amounts are in the unit of the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Excess {
    /// The limit that would be passed.
    pub resource: Resource,
    /// The largest amount allowed.
    pub maximum: i64,
    /// What the project used.
    pub usage: i64,
    /// What the call would have added.
    pub delta: i64,
}

impl RegistryError {
    /// When the same call may be tried again, for errors that pass by themselves: the value for `Retry-After`.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => Some(*retry_after),
            Self::Unreachable { .. } | Self::TimedOut { .. } => Some(DEFAULT_RETRY_AFTER),
            _ => None,
        }
    }

    /// What the log should know beyond the text for clients.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Unreachable { cause } => Some(cause.clone()),
            Self::TimedOut { after } => Some(format!("no answer after {:.1} s", after.as_secs_f64())),
            Self::Nonsense { what } => Some(what.clone()),
            _ => None,
        }
    }

    /// The registry's refusal as a situation. `retry_after` is what its header said.
    pub(crate) fn from_answer(detail: ErrorDetail, retry_after: Option<Duration>) -> Self {
        let ErrorDetail { code, message, details } = detail;
        match code {
            ErrorCode::Invalid => Self::Invalid(message),
            ErrorCode::Unauthenticated => Self::Unauthenticated(message),
            ErrorCode::TokenRefused => Self::TokenRefused(message),
            ErrorCode::Forbidden => Self::Forbidden(message),
            ErrorCode::NotFound => Self::NotFound(message),
            ErrorCode::MarkerNotFound => Self::MarkerNotFound(message),
            ErrorCode::NoRoute => Self::NoRoute(message),
            ErrorCode::Duplicate => Self::Duplicate(message),
            ErrorCode::Conflict => {
                let status = details.get("status").and_then(Value::as_str).and_then(|word| word.parse().ok());
                Self::Conflict { message, status }
            }
            ErrorCode::Stale => Self::Stale(message),
            ErrorCode::Protected => Self::Protected(message),
            ErrorCode::LeaseHeld => Self::LeaseHeld(message),
            ErrorCode::LeaseLost => Self::LeaseLost(message),
            ErrorCode::LimitExceeded => {
                let number = |name| details.get(name).and_then(Value::as_i64);
                Self::LimitExceeded { maximum: number("maximum"), attempted: number("attempted"), message }
            }
            ErrorCode::OverQuota => {
                Self::OverQuota { excess: serde_json::from_value(Value::Object(details)).ok(), message }
            }
            ErrorCode::TooLarge => Self::TooLarge(message),
            ErrorCode::Unavailable => Self::unavailable(message, retry_after),
            ErrorCode::Internal => Self::Internal(message),
        }
    }

    /// The registry, or a proxy before it, is up but cannot serve now.
    pub(crate) fn unavailable(message: String, retry_after: Option<Duration>) -> Self {
        Self::Unavailable { message, retry_after: retry_after.unwrap_or(DEFAULT_RETRY_AFTER) }
    }

    /// Could the same call succeed at another endpoint, or a moment later?
    pub(crate) const fn is_endpoints_fault(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. } | Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Nonsense { .. }
        )
    }
}

/// Options with which no client can be made. The program refuses to start.
#[derive(Debug, Error)]
pub enum SetupError {
    /// An entry of `registry_endpoints`, or host and port, that is no address of a registry.
    #[error("registry_endpoints: '{endpoint}' is not of the form http://host:port or https://host:port")]
    Endpoint {
        /// The entry.
        endpoint: String,
    },
    /// More endpoints than can be kept apart.
    #[error("registry_endpoints: at most {maximum} registries can be named")]
    TooManyEndpoints {
        /// The limit.
        maximum: usize,
    },
    /// A secret that anybody could guess.
    #[error(transparent)]
    WeakSecret(#[from] WeakSecret),
    /// Only one of the two files of a client certificate.
    #[error("registry_client_cert_file and registry_client_key_file must be given together")]
    HalfCertificate,
    /// A file that cannot be read.
    #[error("{option}: cannot read {path}: {cause}")]
    File {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: String,
        /// The system's words.
        cause: std::io::Error,
    },
    /// A file that holds no usable certificate or key.
    #[error("{option}: {cause}")]
    Certificate {
        /// The option that names it.
        option: &'static str,
        /// What is wrong.
        cause: reqwest::Error,
    },
    /// The HTTP client could not be set up.
    #[error("cannot set up the client of the registry: {0}")]
    Client(reqwest::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: ErrorCode, details: Value) -> RegistryError {
        let details = details.as_object().cloned().unwrap_or_default();
        RegistryError::from_answer(ErrorDetail { code, message: "m".into(), details }, None)
    }

    #[test]
    fn details_become_fields() {
        let conflict = answer(ErrorCode::Conflict, serde_json::json!({"status": "saving"}));
        assert_eq!(conflict, RegistryError::Conflict { message: "m".into(), status: Some(ImageStatus::Saving) });
        let limit = answer(ErrorCode::LimitExceeded, serde_json::json!({"maximum": 5, "attempted": 6}));
        let expected = RegistryError::LimitExceeded { message: "m".into(), maximum: Some(5), attempted: Some(6) };
        assert_eq!(limit, expected);
        let details = serde_json::json!({"resource": "image_size_total", "maximum": 1, "usage": 2, "delta": 3});
        let excess = Excess { resource: Resource::SizeTotal, maximum: 1, usage: 2, delta: 3 };
        let quota = answer(ErrorCode::OverQuota, details);
        assert_eq!(quota, RegistryError::OverQuota { message: "m".into(), excess: Some(excess) });
    }

    #[test]
    fn only_passing_errors_advise_to_wait() {
        assert_eq!(answer(ErrorCode::Unavailable, Value::Null).retry_after(), Some(DEFAULT_RETRY_AFTER));
        for code in [ErrorCode::NotFound, ErrorCode::Internal, ErrorCode::Conflict, ErrorCode::Unauthenticated] {
            let error = answer(code, Value::Null);
            assert_eq!((error.retry_after(), error.is_endpoints_fault()), (None, false), "{code:?}");
        }
    }
}
