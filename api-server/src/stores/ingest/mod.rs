//! What every upload passes through, once, whatever the store.
//!
//! ```text
//!              ┌─► lanes of the hash threads: MD5, digest, inspector
//! body ─ count ┤
//!              └─► Store::put
//! ```
//!
//! The store pulls the body through [`Ingestor::ingest`]; each chunk is counted, compared with the limits and shared (not
//! copied) with the hash threads before the store gets it. The body's end is told to the store only when the
//! digests are known and nothing speaks against the content, so a store that is all or nothing keeps no object that
//! was refused. Dropping the future ends all of it.

mod digest;
#[cfg(target_arch = "x86_64")]
mod fast_hash;
mod hashing;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use glance_common::threads::Pool;
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub use digest::HashAlgorithm;
use hashing::{Findings, Hashing};

use super::buffers::Buffers;
use super::size::SizeCheck;
use super::{BodyError, ByteStream, Location, ObjectId, Store, StoreError, StoreErrorKind};

/// Uploads at once in the whole process. Further ones wait for their turn and are then refused with `Busy`.
const UPLOADS: usize = 512;
/// How long an upload waits for its turn.
const TURN_WAIT: Duration = Duration::from_secs(30);

/// Judges content while it passes. Runs on a thread of the upload.
pub trait Inspector: Send {
    /// Takes the next bytes, cut anyhow.
    fn update(&mut self, bytes: &[u8]);
    /// The body has ended: the judgement.
    fn finish(self: Box<Self>) -> Verdict;
}

/// An inspector's judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The content is fine.
    Accepted {
        /// Size in bytes of the disk that the content describes, where it says so.
        virtual_size: Option<u64>,
    },
    /// The content must not be stored.
    Refused {
        /// Why, for the client.
        reason: String,
    },
}

/// What an upload may not exceed.
#[derive(Debug, Clone)]
pub struct Limits {
    /// `image_size_cap` in bytes.
    pub size_cap: Option<u64>,
    /// Bytes that the user's storage quota leaves.
    pub quota: Option<u64>,
    /// How long the sender may send nothing.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { size_cap: None, quota: None, idle: Duration::from_secs(300) }
    }
}

/// One upload.
pub struct Upload {
    /// Name of the new object.
    pub object: ObjectId,
    /// Exact size in bytes, where the sender says so.
    pub announced: Option<u64>,
    /// What it may not exceed.
    pub limits: Limits,
    /// The digest to compute beside MD5.
    pub algorithm: HashAlgorithm,
    /// MD5 that the bytes must have, in hexadecimal digits of any case.
    pub expected_md5: Option<String>,
    /// Digest by `algorithm` that the bytes must have, in hexadecimal digits of any case.
    pub expected_digest: Option<String>,
    /// Judge of the content, if it is to be judged.
    pub inspector: Option<Box<dyn Inspector>>,
}

/// A stored upload.
#[derive(Debug, Clone, PartialEq)]
pub struct Ingested {
    /// Where it is.
    pub location: Location,
    /// Size in bytes.
    pub size: u64,
    /// MD5 in lower-case hexadecimal digits.
    pub md5_hex: String,
    /// Which digest `digest_hex` is.
    pub algorithm: HashAlgorithm,
    /// The digest in lower-case hexadecimal digits.
    pub digest_hex: String,
    /// Size in bytes of the disk that the content describes, where an inspector found it.
    pub virtual_size: Option<u64>,
}

/// Takes uploads into stores. One for the whole server: it owns the hash threads and the memory for bodies.
#[derive(Debug)]
pub struct Ingestor {
    threads: Arc<Pool>,
    turns: Semaphore,
    buffers: Buffers,
}

impl Default for Ingestor {
    fn default() -> Self {
        // Hashing does nothing but compute, so more threads than processors gain nothing.
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { threads: Pool::new("hash", threads), turns: Semaphore::new(UPLOADS), buffers: Buffers::default() }
    }
}

impl Ingestor {
    /// The memory that bodies are read into.
    #[must_use]
    pub fn buffers(&self) -> &Buffers {
        &self.buffers
    }

    /// Stores a body. On any failure, and when the future is dropped, the store holds nothing of it.
    ///
    /// # Errors
    /// [`StoreErrorKind::Body`] for what is wrong with the body: it broke off, exceeds a limit, has another size or
    /// digest than announced, or is refused by the inspector. `Busy` when too many uploads run. Otherwise the
    /// failures of [`Store::put`].
    pub async fn ingest(&self, store: &dyn Store, upload: Upload, body: ByteStream) -> Result<Ingested, StoreError> {
        let Upload { object, announced, limits, algorithm, expected_md5, expected_digest, inspector } = upload;
        limits.check_announced(announced)?;
        let turn = timeout(TURN_WAIT, self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(StoreErrorKind::Busy.into()) };
        let hashing = Hashing::begin(&self.threads, announced, algorithm, inspector);
        let report = Report::default();
        let expected = Expected { md5: expected_md5, digest: expected_digest, algorithm };
        let passage = Passage {
            body,
            check: SizeCheck::new(announced),
            limits,
            announced,
            hashing,
            expected,
            report: report.clone(),
        };
        let outcome = store.put(&object, announced, passage.stream()).await;
        // What the body's own failure was counts for more than what the driver made of it.
        let findings = match report.take() {
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(findings)) => Some(findings),
            None => None,
        };
        let written = outcome?;
        let Some(findings) = findings else {
            let removed = store.delete(&written.location).await;
            let unread =
                StoreError::from(StoreErrorKind::Backend).caused_by("the driver did not read to the body's end");
            return Err(removed.err().unwrap_or(unread));
        };
        Ok(Ingested {
            location: written.location,
            size: written.size,
            md5_hex: findings.md5_hex,
            algorithm,
            digest_hex: findings.digest_hex,
            virtual_size: match findings.verdict {
                Some(Verdict::Accepted { virtual_size }) => virtual_size,
                Some(Verdict::Refused { .. }) | None => None,
            },
        })
    }
}

impl Limits {
    /// Refuses at once what would be refused later anyway.
    fn check_announced(&self, announced: Option<u64>) -> Result<(), BodyError> {
        match self.quota {
            Some(0) if announced.is_none() => Err(BodyError::OverQuota { announced, remaining: 0 }),
            _ => self.check(announced.unwrap_or(0), announced),
        }
    }

    /// Judges a size in bytes: seen so far, or announced.
    fn check(&self, size: u64, announced: Option<u64>) -> Result<(), BodyError> {
        if let Some(cap) = self.size_cap.filter(|cap| size > *cap) {
            return Err(BodyError::TooLarge { cap });
        }
        match self.quota {
            Some(remaining) if size > remaining => Err(BodyError::OverQuota { announced, remaining }),
            _ => Ok(()),
        }
    }
}

/// Digests that the sender promised.
struct Expected {
    md5: Option<String>,
    digest: Option<String>,
    algorithm: HashAlgorithm,
}

impl Expected {
    fn check(&self, findings: &Findings) -> Result<(), BodyError> {
        let pairs =
            [(&self.md5, &findings.md5_hex, HashAlgorithm::Md5), (&self.digest, &findings.digest_hex, self.algorithm)];
        for (expected, found, algorithm) in pairs {
            if expected.as_ref().is_some_and(|expected| !expected.eq_ignore_ascii_case(found)) {
                return Err(BodyError::ChecksumMismatch { algorithm: algorithm.as_str() });
            }
        }
        Ok(())
    }
}

/// How the body ended, told by the passage to whoever started it.
#[derive(Clone, Default)]
struct Report(Arc<Mutex<Option<Result<Findings, BodyError>>>>);

impl Report {
    fn set(&self, outcome: Result<Findings, BodyError>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }

    fn take(&self) -> Option<Result<Findings, BodyError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The way of the bytes from the sender to the store.
struct Passage {
    body: ByteStream,
    check: SizeCheck,
    limits: Limits,
    announced: Option<u64>,
    hashing: Hashing,
    expected: Expected,
    report: Report,
}

impl Passage {
    fn stream(self) -> ByteStream {
        stream::unfold(Some(self), async |state| state?.step().await).boxed()
    }

    /// The next item for the store, and what remains of the passage.
    async fn step(mut self) -> Option<(Result<Bytes, BodyError>, Option<Self>)> {
        let report = self.report.clone();
        match self.next_chunk().await {
            Ok(Some(chunk)) => Some((Ok(chunk), Some(self))),
            Ok(None) => match self.finish().await {
                Ok(findings) => {
                    report.set(Ok(findings));
                    None
                }
                Err(error) => fail(&report, error),
            },
            Err(error) => fail(&report, error),
        }
    }

    /// Takes a chunk from the sender, counted and shared with the hash threads.
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, BodyError> {
        let after = self.limits.idle;
        let next = timeout(after, self.body.next()).await.map_err(|_| BodyError::TimedOut { after })?;
        let Some(chunk) = next.transpose()? else { return Ok(None) };
        let seen = self.check.add(chunk.len());
        // A limit is the clearer reason where a body exceeds both.
        self.limits.check(self.check.seen(), self.announced)?;
        seen?;
        self.hashing.update(&chunk).await?;
        Ok(Some(chunk))
    }

    /// The sender has sent everything: whether it may be kept.
    async fn finish(self) -> Result<Findings, BodyError> {
        self.check.finish()?;
        let findings = self.hashing.finish().await?;
        if let Some(Verdict::Refused { reason }) = findings.verdict {
            return Err(BodyError::Refused(reason));
        }
        self.expected.check(&findings)?;
        Ok(findings)
    }
}

/// Ends the stream with an error, which is reported as well.
fn fail(report: &Report, error: BodyError) -> Option<(Result<Bytes, BodyError>, Option<Passage>)> {
    report.set(Err(error.clone()));
    Some((Err(error), None))
}

#[cfg(test)]
mod tests;
