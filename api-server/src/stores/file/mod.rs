//! The file driver: images as files in folders of this machine, or of a file system that is mounted on it.
//!
//! Writing is all or nothing: a hidden part file beside the target, synced, then renamed without replacing anything
//! (see `part.rs`). Calls that a hanging file system could block run on threads of the store's own, with a timeout;
//! the same holds for writers (F8). Reading gives the open file, so that a server can send it without copying.

mod config;
mod errors;
mod metadata;
mod part;
mod place;
mod sys;

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use glance_common::threads;
use serde_json::{Map, Value};
use tokio::sync::oneshot;
use tokio::time::timeout;

pub use config::FileOptions;
use config::Settings;
use part::{Part, Published};

use super::lane::{Lane, Worker};
use super::pool::Pool;
use super::size::SizeCheck;
use super::{
    ByteRange, ByteStream, Capabilities, Location, ObjectId, Opened, ReadBody, Reading, Store, StoreError,
    StoreErrorKind, Written,
};

/// Threads of one store that write. An upload has one only while there is something to write, so there are few of them
/// unless the medium hangs.
const MAX_WRITERS: usize = 256;
/// How long the medium may take no bytes.
const STALL: Duration = Duration::from_secs(120);
/// How long it may take to bring a whole file to rest. Writing began long before, so little is left by then.
const SETTLE: Duration = Duration::from_secs(300);

/// A store of type `file`.
#[derive(Debug)]
pub struct FileStore {
    settings: Arc<Settings>,
    calls: Pool,
    writers: Arc<threads::Pool>,
}

/// What a writer ends with: the object, and the metadata of its location.
type Stored = (Published, Map<String, Value>);

/// Writes one object, on threads that may block. Dropped before the end it leaves nothing.
struct Writer {
    settings: Arc<Settings>,
    object: ObjectId,
    /// Announced size in bytes.
    size: Option<u64>,
    part: Option<Part>,
}

impl Worker for Writer {
    type Outcome = Stored;

    fn begin(&mut self) -> Result<(), StoreError> {
        let size = self.size.unwrap_or(0);
        let folder = self.settings.choose(size)?;
        let thin_block = self.settings.thin.then_some(self.settings.chunk_size);
        let part = Part::create(folder, &self.object, thin_block).map_err(errors::write)?;
        part.reserve(size).map_err(errors::write)?;
        self.part = Some(part);
        Ok(())
    }

    /// Whatever has come in the meantime is written with one call: larger writes cost less for each byte.
    fn take(&mut self, chunks: Vec<Bytes>) -> Result<(), StoreError> {
        let pieces: Vec<&[u8]> = chunks.iter().map(Bytes::as_ref).collect();
        self.part.as_mut().map_or(Ok(()), |part| part.append(&pieces)).map_err(errors::write)
    }

    fn finish(self) -> Result<Stored, StoreError> {
        let part = self.part.ok_or(StoreErrorKind::Backend)?;
        let published = part.publish(self.settings.mode).map_err(errors::write)?;
        let metadata = self.settings.mountpoints.for_path(published.path());
        Ok((published, metadata))
    }
}

impl FileStore {
    /// Prepares the folders. Whatever is bad about the options leaves a store for reading.
    #[must_use]
    pub fn open(options: &FileOptions) -> Opened {
        sys::ignore_file_size_signal();
        let (settings, problem) = Settings::from_options(options);
        let calls = Pool::new("store-call", settings.call_threads);
        let writers = threads::Pool::new("store-write", MAX_WRITERS);
        Opened { store: Arc::new(Self { settings: Arc::new(settings), calls, writers }), problem }
    }

    /// Runs a short call on a thread of the store, in bounded time.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Settings) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let after = self.settings.call_timeout;
        let Some(seat) = self.calls.seat(after).await else {
            return Err(StoreErrorKind::Timeout { after }.into());
        };
        let load = self.calls.load();
        if self.settings.call_warning.is_some_and(|limit| load > limit) {
            log::warn!("{load} percent of the threads of a file store are in use; its file system may be slow");
        }
        let settings = Arc::clone(&self.settings);
        finished(seat.run(move || work(&settings)), after).await?
    }
}

/// Waits for a thread's outcome.
async fn finished<T>(outcome: oneshot::Receiver<T>, after: Duration) -> Result<T, StoreError> {
    match timeout(after, outcome).await {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(lost)) => Err(StoreError::from(StoreErrorKind::Backend).caused_by(lost)),
        Err(_) => Err(StoreErrorKind::Timeout { after }.into()),
    }
}

#[async_trait]
impl Store for FileStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            write: true,
            delete: true,
            ranged_get: true,
            needs_size: false,
            refuses_duplicates: true,
            min_part_bytes: 0,
            max_part_bytes: None,
        }
    }

    async fn put(&self, object: &ObjectId, size: Option<u64>, body: ByteStream) -> Result<Written, StoreError> {
        let writer = Writer { settings: Arc::clone(&self.settings), object: object.clone(), size, part: None };
        let mut lane = Lane::open(&self.writers, writer);
        feed(body, size, &mut lane).await?;
        let (published, metadata) = finished(lane.finish(), SETTLE).await??;
        let (path, size) = published.keep();
        Ok(Written { location: Location { url: format!("file://{}", path.display()), metadata }, size })
    }

    async fn get(&self, at: &Location, range: Option<ByteRange>) -> Result<Reading, StoreError> {
        let at = at.clone();
        let (file, size) = self.call(move |settings| open_file(settings, &at)).await?;
        let (offset, length) = range.map_or((0, size), |range| (range.offset, range.length));
        let length = length.min(size.saturating_sub(offset));
        Ok(Reading { size: Some(length), body: ReadBody::File { file, offset, length } })
    }

    async fn size(&self, at: &Location) -> Result<Option<u64>, StoreError> {
        let at = at.clone();
        self.call(move |settings| {
            let figures = settings.resolve(&at)?.metadata().map_err(errors::call)?;
            regular(&figures).map(Some)
        })
        .await
    }

    async fn delete(&self, at: &Location) -> Result<(), StoreError> {
        let at = at.clone();
        self.call(move |settings| std::fs::remove_file(settings.resolve(&at)?).map_err(errors::delete)).await
    }

    fn url_prefixes(&self) -> Vec<String> {
        self.settings.folders.iter().map(|folder| format!("file://{}/", folder.path.display())).collect()
    }

    fn places(&self, object: &ObjectId) -> Vec<Location> {
        let folders = self.settings.folders.iter();
        folders.map(|folder| Location::new(format!("file://{}/{object}", folder.path.display()))).collect()
    }

    fn properties(&self) -> Map<String, Value> {
        let first = self.settings.folders.first().map(|folder| folder.path.display().to_string());
        Map::from_iter([
            ("data_dir".to_owned(), Value::from(first)),
            ("chunk_size".to_owned(), Value::from(self.settings.chunk_size)),
            ("thin_provisioning".to_owned(), Value::from(self.settings.thin)),
        ])
    }

    async fn recover(&self) -> Result<usize, StoreError> {
        self.call(|settings| {
            let folders = settings.folders.iter();
            folders.map(|folder| part::remove_dead(&folder.path).map_err(errors::call)).sum()
        })
        .await
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.call(|settings| {
            for folder in &settings.folders {
                folder.path.metadata().map_err(errors::call)?;
            }
            Ok(())
        })
        .await
    }
}

/// Passes the body to the writer. A writer that ends early has failed, and says why.
async fn feed(mut body: ByteStream, size: Option<u64>, lane: &mut Lane<Writer>) -> Result<(), StoreError> {
    let mut check = SizeCheck::new(size);
    loop {
        let chunk = tokio::select! {
            biased;
            chunk = body.next() => chunk,
            error = lane.ended() => return Err(error),
        };
        let Some(bytes) = chunk.transpose()? else { break };
        check.add(bytes.len())?;
        let pushed = timeout(STALL, lane.push(&bytes)).await;
        if !pushed.map_err(|_| StoreErrorKind::Timeout { after: STALL })? {
            return Err(lane.ended().await);
        }
    }
    Ok(check.finish()?)
}

fn open_file(settings: &Settings, at: &Location) -> Result<(File, u64), StoreError> {
    let path = settings.resolve(at)?;
    // Asked before opening: opening a pipe would wait for its other end.
    regular(&path.metadata().map_err(errors::call)?)?;
    let file = File::open(&path).map_err(errors::call)?;
    let size = regular(&file.metadata().map_err(errors::call)?)?;
    Ok((file, size))
}

/// Size of a regular file in bytes; anything else is no image.
fn regular(figures: &std::fs::Metadata) -> Result<u64, StoreError> {
    if figures.is_file() {
        return Ok(figures.len());
    }
    let cause = io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
    Err(StoreError::from(StoreErrorKind::NotFound).caused_by(cause))
}

#[cfg(test)]
mod tests;
