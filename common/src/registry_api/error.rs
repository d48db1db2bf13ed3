//! How the registry says no.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Body of every error answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// Stable code that callers act on.
    #[serde(rename = "type")]
    pub code: ErrorCode,
    /// For people; never holds SQL, paths or location URLs.
    pub message: String,
    /// Values that belong to the code: `status` of a `conflict`, `maximum` and `attempted` of a limit; `resource`,
    /// `maximum`, `usage` and `delta` of what a project may use.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
}

/// Stable error codes. Each has one HTTP status ([`ErrorCode::http_status`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request is malformed, or holds a value that cannot be stored.
    Invalid,
    /// No identity, or one that the peer may not vouch for.
    Unauthenticated,
    /// The registry wants a token, and got none or one that is not good.
    TokenRefused,
    /// Visible, but not the caller's to change.
    Forbidden,
    /// Missing or hidden: the same to the caller (security requirement A13).
    NotFound,
    /// The marker of a list is missing or hidden.
    MarkerNotFound,
    /// No such path or method.
    NoRoute,
    /// The key is taken: image id, member, lock property.
    Duplicate,
    /// The image is in another status than the change may come from; or a property has another value than expected.
    Conflict,
    /// The version that was read is not the present one any more: read again and repeat.
    Stale,
    /// The image is protected from deletion.
    Protected,
    /// Somebody else works on it.
    LeaseHeld,
    /// The lease is gone, or somebody else's.
    LeaseLost,
    /// A quota would be passed.
    LimitExceeded,
    /// What a project may use would be passed.
    OverQuota,
    /// The body is larger than the registry reads.
    TooLarge,
    /// The database is away or too busy: the same call may succeed a little later.
    Unavailable,
    /// A defect; the log of the registry tells more under the request id.
    Internal,
}

impl ErrorCode {
    /// The HTTP status that goes with the code.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Invalid | Self::MarkerNotFound => 400,
            Self::Unauthenticated | Self::TokenRefused => 401,
            Self::Forbidden | Self::Protected => 403,
            Self::NotFound | Self::NoRoute => 404,
            Self::Duplicate | Self::Conflict | Self::Stale | Self::LeaseHeld | Self::LeaseLost => 409,
            Self::LimitExceeded | Self::OverQuota | Self::TooLarge => 413,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }
}
