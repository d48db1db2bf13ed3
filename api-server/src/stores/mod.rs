//! Image stores: where the bytes of images live.
//!
//! This module knows object ids, bytes and locations; it knows nothing of images, HTTP frameworks or the registry.
//!
//! ```text
//! upload:    body ─► ingest (count, limit, hash) ─► Store::put ─► Location
//! download:  Location ─► StoreCatalog ─► Store::get ─► Reading
//! ```
//!
//! - [`Store`] is what every driver does; [`Capabilities`] says what a driver does not do.
//! - [`catalog::StoreCatalog`] builds the configured stores and chooses one for a location.
//! - [`ingest`] wraps an upload once: it counts, enforces limits and computes digests, so that drivers see plain bytes.
//! - [`buffers`] is the memory that bodies are read into, shared by all transfers.
//! - [`guard`] stands before every driver: it checks capabilities and stamps the store's id on new locations.

pub mod buffers;
pub mod catalog;
#[cfg(test)]
mod contract;
mod error;
pub mod file;
pub mod guard;
pub mod http;
pub mod ingest;
mod lane;
mod location;
mod object_id;
mod pool;
mod size;

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use serde_json::{Map, Value};

pub use error::{BodyError, StoreError, StoreErrorKind};
pub use location::Location;
pub use object_id::{InvalidObjectId, ObjectId};

/// Bytes in motion: `Send`, pulled by the consumer, chunks of about 64 KiB (drivers gather parts themselves).
///
/// The bytes of a chunk may belong to a small share of memory (see [`buffers`]) in which the next chunks have to find room.
/// So a consumer that gathers more than a few chunks copies them.
///
/// An error ends the stream and says that the *source* of the bytes failed: the client of an upload, or the store
/// of a download. It never says anything about the consumer.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send>>;

/// What a driver can do. Callers and tests read it instead of trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// New objects can be stored with [`Store::put`].
    pub write: bool,
    /// Objects can be removed with [`Store::delete`].
    pub delete: bool,
    /// [`Store::get`] serves a part of an object without reading the rest.
    pub ranged_get: bool,
    /// [`Store::put`] refuses an unknown size.
    pub needs_size: bool,
    /// Storing under an id that exists is refused with [`StoreErrorKind::Duplicate`].
    pub refuses_duplicates: bool,
    /// Least bytes the driver gathers before it writes a part; 0 where it writes chunks as they come.
    pub min_part_bytes: u64,
    /// Most bytes of one part, if the backend has such a limit.
    pub max_part_bytes: Option<u64>,
}

impl Capabilities {
    /// The same abilities without storing and deleting, for a store that is kept for reading only.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { write: false, delete: false, ..self }
    }
}

/// A contiguous part of an object, in bytes. Never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// First byte.
    pub offset: u64,
    /// Number of bytes, at least 1.
    pub length: u64,
}

/// Proof of a finished [`Store::put`].
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// Where the object is.
    pub location: Location,
    /// Size of the object in bytes.
    pub size: u64,
}

/// An object, or a part of it, opened for reading.
#[derive(Debug)]
pub struct Reading {
    /// Number of bytes that `body` delivers; `None` where the store cannot tell beforehand.
    pub size: Option<u64>,
    /// The bytes.
    pub body: ReadBody,
}

/// How the bytes of a [`Reading`] come.
pub enum ReadBody {
    /// A local file, which a server can send without copying (`sendfile`).
    File {
        /// The file, opened for reading. Its own position is of no meaning.
        file: std::fs::File,
        /// First byte to send.
        offset: u64,
        /// Number of bytes to send.
        length: u64,
    },
    /// A stream.
    Stream(ByteStream),
}

impl Debug for ReadBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { offset, length, .. } => write!(f, "File({offset}+{length})"),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// A driver as its `open` leaves it.
#[derive(Debug)]
pub struct Opened {
    /// The driver.
    pub store: Arc<dyn Store>,
    /// What is bad about its options. The store is then kept for reading only.
    pub problem: Option<String>,
}

/// A place that keeps objects.
///
/// Object-safe and held as `Arc<dyn Store>`. Every operation ends in bounded time, also when the backend hangs;
/// the future of an operation may be dropped at any moment, which is a failure like any other.
#[async_trait]
pub trait Store: Debug + Send + Sync {
    /// What this store can do.
    fn capabilities(&self) -> Capabilities;

    /// Stores `body` as a new object. `size` is its exact length in bytes, if known.
    ///
    /// All or nothing: after an error, or when the future is dropped, no object is visible at the place.
    ///
    /// # Errors
    /// [`StoreErrorKind::Body`] when the body failed or is not `size` bytes long; `Duplicate`, `StorageFull`,
    /// `StorageWriteDenied`, `StoreAddDisabled`, `Timeout` and `Backend` for the store's own failures.
    async fn put(&self, object: &ObjectId, size: Option<u64>, body: ByteStream) -> Result<Written, StoreError>;

    /// Opens an object, or the part `range` of it, which the caller has checked against the size.
    ///
    /// # Errors
    /// `NotFound`; `BadStoreUri` for a location that is malformed or outside the store; the store's own failures.
    async fn get(&self, at: &Location, range: Option<ByteRange>) -> Result<Reading, StoreError>;

    /// Size of an object in bytes; `None` where the store cannot tell.
    ///
    /// # Errors
    /// As for [`Store::get`].
    async fn size(&self, at: &Location) -> Result<Option<u64>, StoreError>;

    /// Removes an object. What is absent is `NotFound`; the service decides whether that matters.
    ///
    /// # Errors
    /// As for [`Store::get`], and `Forbidden`, `InUse`, `HasSnapshot` where the backend refuses.
    async fn delete(&self, at: &Location) -> Result<(), StoreError>;

    /// Beginnings of the URLs that this store writes, used to heal locations without a store id.
    fn url_prefixes(&self) -> Vec<String>;

    /// Where [`Store::put`] may store an object of this name: for those who clean up after a writer that did not tell.
    fn places(&self, object: &ObjectId) -> Vec<Location>;

    /// What `GET /v2/info/stores/detail` shows as `properties`.
    fn properties(&self) -> Map<String, Value> {
        Map::new()
    }

    /// Removes what writers left behind that died half-way, and says how many leavings it removed.
    /// Safe beside live writers, of this process and of others.
    ///
    /// # Errors
    /// The store's own failures.
    async fn recover(&self) -> Result<usize, StoreError> {
        Ok(0)
    }

    /// Whether the store answers at all, for readiness checks.
    ///
    /// # Errors
    /// The store's own failures.
    async fn probe(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
