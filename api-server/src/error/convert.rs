//! Failures of the store and of the registry, as refusals. Done once, here; services add the words that depend on
//! the operation (images-v2 §9).

use std::time::Duration;

use glance_registry_client::RegistryError;

use super::{ApiError, Situation};
use crate::stores::{BodyError, StoreError, StoreErrorKind};

impl From<StoreError> for ApiError {
    /// What clients read when the store fails, during an upload (images-v2 §9.2, rows 12–24) and a download (§9.5).
    fn from(error: StoreError) -> Self {
        use StoreErrorKind as Kind;
        let text = error.to_string();
        let refusal = match error.kind() {
            Kind::Body(body) => return body.clone().into(),
            Kind::NotFound => Self::not_found(text),
            Kind::Duplicate | Kind::HasSnapshot | Kind::InUseByStore => Self::conflict(text),
            Kind::StorageFull => Self::too_large(format!("Image storage media is full: {text}")),
            Kind::StorageWriteDenied => {
                Self::out_of_service(format!("Insufficient permissions on image storage media: {text}"))
            }
            Kind::Forbidden => Self::forbidden(text),
            Kind::StoreAddDisabled => Self::gone("Error in store configuration. Adding images to store is disabled."),
            Kind::StoreGetNotSupported
            | Kind::StoreRandomGetNotSupported { .. }
            | Kind::StoreDeleteNotSupported
            | Kind::BadStoreUri { .. }
            | Kind::UnknownScheme { .. } => Self::bad_request(text),
            Kind::RemoteServiceUnavailable | Kind::Timeout { .. } | Kind::Busy => Self::unavailable(text),
            Kind::MaxRedirectsExceeded { .. } => Self::bad_gateway(text),
            Kind::BadStoreConfiguration | Kind::Backend => Self::stock(Situation::Internal),
        };
        refusal.caused_by(error)
    }
}

impl From<BodyError> for ApiError {
    /// A body that failed or was refused: the client's fault, save where the bytes come from elsewhere.
    fn from(error: BodyError) -> Self {
        let text = error.to_string();
        match error {
            BodyError::Disconnected | BodyError::Malformed(_) => Self::bad_request(text),
            BodyError::TimedOut { .. } => Self::stock(Situation::RequestTimeout).explained(text),
            BodyError::TooLarge { .. } => Self::too_large(format!("The incoming image is too large: {text}")),
            BodyError::OverQuota { .. } => Self::too_large(format!("Image exceeds the storage quota: {text}")),
            BodyError::SizeExceeded { .. } | BodyError::SizeMismatch { .. } | BodyError::ChecksumMismatch { .. } => {
                Self::bad_request(text)
            }
            BodyError::Refused(reason) => Self::unsupported_media(None, reason),
            BodyError::Unhashed => Self::internal(text),
            BodyError::Source => Self::bad_gateway(text),
        }
    }
}

impl From<RegistryError> for ApiError {
    /// What the registry refuses, it refuses in words for clients. What it cannot answer is a 503 that passes; what it
    /// answers wrongly is a defect.
    fn from(error: RegistryError) -> Self {
        use RegistryError as Said;
        let text = error.to_string();
        let cause = error.cause().map_or_else(|| format!("registry: {text}"), |cause| format!("{text}: {cause}"));
        let refusal = match error {
            Said::Invalid(text) | Said::MarkerNotFound(text) => Self::bad_request(text),
            Said::Forbidden(text) | Said::Protected(text) => Self::forbidden(text),
            Said::NotFound(text) => Self::not_found(text),
            Said::Duplicate(text) | Said::Stale(text) | Said::LeaseHeld(text) | Said::LeaseLost(text) => {
                Self::conflict(text)
            }
            Said::Conflict { message, .. } => Self::conflict(message),
            Said::LimitExceeded { message, .. } | Said::OverQuota { message, .. } => Self::too_large(message),
            Said::TooLarge(text) => Self::too_large(text),
            Said::Unavailable { retry_after, .. } => away(retry_after).detailed(text),
            Said::Unreachable { .. } | Said::TimedOut { .. } | Said::Nonsense { .. } => {
                away(error.retry_after().unwrap_or(super::RETRY_AFTER)).detailed(text)
            }
            // Known here and not there: the token has ended or was taken back meanwhile.
            Said::TokenRefused(_) => Self::stock(Situation::Unauthorized),
            Said::Unauthenticated(_) | Said::NoRoute(_) | Said::Internal(_) => Self::stock(Situation::Internal),
        };
        refusal.caused_by(cause)
    }
}

fn away(retry_after: Duration) -> ApiError {
    ApiError::stock(Situation::Unavailable { retry_after: Some(retry_after) })
}
