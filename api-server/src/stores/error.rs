//! What can go wrong: with a store, and with the bytes on their way to it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

type Cause = Box<dyn Error + Send + Sync>;

/// A failed operation of a store: the situation, fit for clients, and apart from it the internal cause.
///
/// `Display` shows the situation only, never paths, URLs or the cause (G4); [`Error::source`] leads to the cause.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    cause: Option<Cause>,
}

impl StoreError {
    /// The situation.
    #[must_use]
    pub fn kind(&self) -> &StoreErrorKind {
        &self.kind
    }

    /// The situation, by value.
    #[must_use]
    pub fn into_kind(self) -> StoreErrorKind {
        self.kind
    }

    /// The same error with its internal cause.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Whether the object does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind, StoreErrorKind::NotFound)
    }
}

impl From<StoreErrorKind> for StoreError {
    fn from(kind: StoreErrorKind) -> Self {
        Self { kind, cause: None }
    }
}

impl From<BodyError> for StoreError {
    fn from(error: BodyError) -> Self {
        StoreErrorKind::Body(error).into()
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Some(cause) => Some(cause.as_ref()),
            None => self.kind.source(),
        }
    }
}

/// The situations of a store (spec/stores.md §3.1), with the texts that clients know.
#[derive(Debug, thiserror::Error)]
pub enum StoreErrorKind {
    /// No object at the location.
    #[error("Image data not found")]
    NotFound,
    /// An object of this id exists already.
    #[error("Image data already exists")]
    Duplicate,
    /// The medium, quota of the medium or its largest file size is exhausted.
    #[error("There is not enough disk space on the image storage media.")]
    StorageFull,
    /// The service may not write to the medium.
    #[error("Permission to write image storage media denied.")]
    StorageWriteDenied,
    /// The medium refuses, for another reason than a missing object.
    #[error("You are not authorized to complete this action.")]
    Forbidden,
    /// The body failed, or was refused; not the store's fault.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The location is malformed, or leads out of the store.
    #[error("The Store URI was malformed: {reason}")]
    BadStoreUri {
        /// What is wrong, without the URI itself.
        reason: String,
    },
    /// The driver's options do not allow the operation.
    #[error("Store could not be configured correctly.")]
    BadStoreConfiguration,
    /// The store is for reading only.
    #[error("Configuration for store failed. Adding images to this store is disabled.")]
    StoreAddDisabled,
    /// The store does not delete.
    #[error("Deleting images from this store is not supported.")]
    StoreDeleteNotSupported,
    /// The store does not read.
    #[error("Getting images from this store is not supported.")]
    StoreGetNotSupported,
    /// The store reads whole objects only.
    #[error(
        "Getting images randomly from this store is not supported. Offset: {}, length: {}",
        range.offset, range.length
    )]
    StoreRandomGetNotSupported {
        /// The part that was asked for.
        range: super::ByteRange,
    },
    /// The server behind the store does not answer.
    #[error("Remote server where the image is present is unavailable.")]
    RemoteServiceUnavailable,
    /// A remote server redirects too often.
    #[error("Maximum redirects ({limit}) was exceeded.")]
    MaxRedirectsExceeded {
        /// Requests that were allowed in all.
        limit: usize,
    },
    /// Snapshots keep the object from being deleted.
    #[error("The image cannot be deleted because it has snapshot(s).")]
    HasSnapshot,
    /// A user outside of this service keeps the object from being deleted.
    #[error("The image cannot be deleted because it is in use through the backend store outside of Glance.")]
    InUseByStore,
    /// The store did not answer in time.
    #[error("Operation timed out after {}s. Check storage health and connectivity.", after.as_secs())]
    Timeout {
        /// How long it was waited for.
        after: Duration,
    },
    /// All workers of the store are busy; the same request may succeed later.
    #[error("The image store is busy, try again later.")]
    Busy,
    /// No configured store serves the location.
    #[error("Unknown scheme '{scheme}' found in URI")]
    UnknownScheme {
        /// The scheme, without what follows.
        scheme: String,
    },
    /// Any other failure of the backend.
    #[error("The image store failed.")]
    Backend,
}

/// A failure of the bytes on their way, or of whoever sends them: never of the store that receives them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The sender went away before the end.
    #[error("the sender closed the connection before the end of the data")]
    Disconnected,
    /// The sender sent nothing for too long.
    #[error("no data came for {} seconds", after.as_secs())]
    TimedOut {
        /// How long it was waited for.
        after: Duration,
    },
    /// The transfer's framing is broken.
    #[error("the data is not well-formed: {0}")]
    Malformed(String),
    /// More bytes than `image_size_cap`.
    #[error("The provided image is too large.")]
    TooLarge {
        /// The cap in bytes.
        cap: u64,
    },
    /// More bytes than the user's storage quota leaves.
    #[error(
        "The size of the data {} will exceed the limit. {remaining} bytes remaining.",
        announced.map_or_else(|| "None".to_owned(), |size| size.to_string())
    )]
    OverQuota {
        /// Size that was announced, if any.
        announced: Option<u64>,
        /// Bytes that were left when the transfer began.
        remaining: u64,
    },
    /// More bytes than announced.
    #[error("Size exceeds: expected {expected} bytes, got {got} bytes")]
    SizeExceeded {
        /// Announced bytes.
        expected: u64,
        /// Bytes seen when it was noticed.
        got: u64,
    },
    /// Fewer bytes than announced.
    #[error("Size mismatch: expected {expected} bytes, got {got} bytes")]
    SizeMismatch {
        /// Announced bytes.
        expected: u64,
        /// Bytes in all.
        got: u64,
    },
    /// The bytes have another digest than was announced.
    #[error("the data does not match the announced {algorithm} checksum")]
    ChecksumMismatch {
        /// Name of the digest.
        algorithm: &'static str,
    },
    /// The inspector refuses the content.
    #[error("{0}")]
    Refused(String),
    /// The digests could not be computed: a fault of this service.
    #[error("the data could not be examined")]
    Unhashed,
    /// The place that the bytes are read from (a store, a remote server) failed.
    #[error("the source of the data failed")]
    Source,
}
