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
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

pub use config::FileOptions;
use config::Settings;
use part::{Part, Published};

use super::pool::{Pool, Seat};
use super::size::SizeCheck;
use super::{
    ByteRange, ByteStream, Capabilities, Location, ObjectId, Opened, ReadBody, Reading, Store, StoreError,
    StoreErrorKind, Written,
};

/// Uploads that one store writes at once; further ones wait.
const MAX_WRITERS: usize = 256;
/// How long an upload waits for a writer.
const WRITER_WAIT: Duration = Duration::from_secs(30);
/// How long the medium may take no bytes.
const STALL: Duration = Duration::from_secs(120);
/// How long it may take to bring a whole file to rest. Writing began long before, so little is left by then.
const SETTLE: Duration = Duration::from_secs(300);
/// Chunks on their way to the writer.
const DEPTH: usize = 2;

/// A store of type `file`.
#[derive(Debug)]
pub struct FileStore {
    settings: Arc<Settings>,
    calls: Pool,
    writers: Pool,
}

/// What a writer ends with: the object, and the metadata of its location.
type Stored = (Published, Map<String, Value>);

/// What a writer is told. A channel that closes before the end means that the upload was given up.
enum Step {
    Bytes(Bytes),
    End,
}

impl Step {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::End => &[],
        }
    }
}

impl FileStore {
    /// Prepares the folders. Whatever is bad about the options leaves a store for reading.
    #[must_use]
    pub fn open(options: &FileOptions) -> Opened {
        sys::ignore_file_size_signal();
        let (settings, problem) = Settings::from_options(options);
        let calls = Pool::new("store-call", settings.call_threads);
        let writers = Pool::new("store-write", MAX_WRITERS);
        Opened { store: Arc::new(Self { settings: Arc::new(settings), calls, writers }), problem }
    }

    /// Runs a short call on a thread of the store, in bounded time.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Settings) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let after = self.settings.call_timeout;
        let Some([seat]) = self.calls.seats(after).await else {
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
        let Some([seat]) = self.writers.seats::<1>(WRITER_WAIT).await else {
            return Err(StoreErrorKind::Busy.into());
        };
        let (steps, outcome) = start_writer(seat, Arc::clone(&self.settings), object.clone(), size);
        feed(body, size, &steps).await?;
        let (published, metadata) = finished(outcome, SETTLE).await??;
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

/// Starts the thread that writes an object; what it publishes is undone when nobody takes the outcome.
fn start_writer(
    seat: Seat,
    settings: Arc<Settings>,
    object: ObjectId,
    size: Option<u64>,
) -> (mpsc::Sender<Step>, oneshot::Receiver<Result<Stored, StoreError>>) {
    let (sender, mut steps) = mpsc::channel(DEPTH);
    let outcome = seat.run(move || {
        let published = write(&settings, &object, size, &mut steps)?;
        let metadata = settings.mountpoints.for_path(published.path());
        Ok((published, metadata))
    });
    (sender, outcome)
}

/// Writes the steps to a new file, on a thread that may block.
fn write(
    settings: &Settings,
    object: &ObjectId,
    size: Option<u64>,
    steps: &mut mpsc::Receiver<Step>,
) -> Result<Published, StoreError> {
    let folder = settings.choose(size.unwrap_or(0))?;
    let mut part = Part::create(folder, object, settings.thin.then_some(settings.chunk_size)).map_err(errors::write)?;
    part.reserve(size.unwrap_or(0)).map_err(errors::write)?;
    let mut batch = Vec::with_capacity(DEPTH);
    // Whatever has come in the meantime is written with one call: larger writes cost less for each byte.
    while steps.blocking_recv_many(&mut batch, DEPTH) > 0 {
        let chunks: Vec<&[u8]> = batch.iter().map(Step::bytes).collect();
        part.append(&chunks).map_err(errors::write)?;
        if matches!(batch.last(), Some(Step::End)) {
            // The sender stays until the outcome is known, unless the upload was dropped after its last byte.
            if steps.is_closed() {
                break;
            }
            return part.publish(settings.mode).map_err(errors::write);
        }
        batch.clear();
    }
    Err(StoreError::from(super::BodyError::Disconnected))
}

/// Passes the body to the writer. A writer that ends early has failed; its own outcome says why.
async fn feed(mut body: ByteStream, size: Option<u64>, steps: &mpsc::Sender<Step>) -> Result<(), StoreError> {
    let mut check = SizeCheck::new(size);
    loop {
        let chunk = tokio::select! {
            biased;
            chunk = body.next() => chunk,
            () = steps.closed() => return Ok(()),
        };
        let step = match chunk.transpose()? {
            Some(bytes) => {
                check.add(bytes.len())?;
                Step::Bytes(bytes)
            }
            None => {
                check.finish()?;
                Step::End
            }
        };
        let last = matches!(step, Step::End);
        let sent = timeout(STALL, steps.send(step)).await;
        let writer_is_gone = sent.map_err(|_| StoreErrorKind::Timeout { after: STALL })?.is_err();
        if last || writer_is_gone {
            return Ok(());
        }
    }
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
