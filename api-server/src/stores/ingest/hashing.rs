//! Where the digests of an upload are computed: on two threads beside the transfer, or, for small bodies, in place.
//!
//! The threads are the physical limit of an upload. Each is fed by a bounded channel with references to the chunks,
//! so the memory of a transfer is a few chunks, whatever its size.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::super::pool::Pool;
use super::super::{BodyError, StoreError, StoreErrorKind};
use super::digest::Hasher;
use super::{HashAlgorithm, Inspector, Verdict};

/// Bodies up to this size, announced, are hashed in place, chunk by chunk: two threads would cost more than they give.
const IN_PLACE: u64 = 1024 * 1024;
/// Chunks on their way to each thread.
const DEPTH: usize = 4;
/// How long an upload waits for its threads.
const SEAT_WAIT: Duration = Duration::from_secs(30);
/// How long the last few chunks may take; on a machine with many transfers they wait for a processor.
const FINISH_WAIT: Duration = Duration::from_secs(60);

/// What was found out about a whole body.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) md5_hex: String,
    pub(super) digest_hex: String,
    pub(super) verdict: Option<Verdict>,
}

/// The second consumer of the bytes: the configured digest, and the inspector if there is one.
struct Examiner {
    hasher: Box<dyn Hasher>,
    inspector: Option<Box<dyn Inspector>>,
}

impl Examiner {
    fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        if let Some(inspector) = &mut self.inspector {
            inspector.update(bytes);
        }
    }

    fn finish(self) -> (String, Option<Verdict>) {
        (self.hasher.finish(), self.inspector.map(Inspector::finish))
    }
}

/// The digests of one upload in the making.
pub(super) enum Hashing {
    InPlace(Box<InPlace>),
    Threads(Threads),
}

pub(super) struct InPlace {
    md5: Box<dyn Hasher>,
    examiner: Examiner,
}

pub(super) struct Threads {
    md5: Feed<String>,
    examiner: Feed<(String, Option<Verdict>)>,
}

/// A thread that takes chunks and ends with an outcome.
struct Feed<T> {
    chunks: mpsc::Sender<Bytes>,
    outcome: oneshot::Receiver<T>,
}

impl Hashing {
    /// Begins. Waits for threads where they are needed; `Busy` when none become free in time.
    pub(super) async fn begin(
        pool: &Pool,
        announced: Option<u64>,
        algorithm: HashAlgorithm,
        inspector: Option<Box<dyn Inspector>>,
    ) -> Result<Self, StoreError> {
        let mut md5 = HashAlgorithm::Md5.hasher();
        let mut examiner = Examiner { hasher: algorithm.hasher(), inspector };
        if announced.is_some_and(|size| size <= IN_PLACE) {
            return Ok(Self::InPlace(Box::new(InPlace { md5, examiner })));
        }
        let Some([first, second]) = pool.seats::<2>(SEAT_WAIT).await else {
            return Err(StoreErrorKind::Busy.into());
        };
        let (md5_chunks, mut chunks) = mpsc::channel::<Bytes>(DEPTH);
        let md5_outcome = first.run(move || {
            while let Some(chunk) = chunks.blocking_recv() {
                md5.update(&chunk);
            }
            md5.finish()
        });
        let (examiner_chunks, mut chunks) = mpsc::channel::<Bytes>(DEPTH);
        let examiner_outcome = second.run(move || {
            while let Some(chunk) = chunks.blocking_recv() {
                examiner.update(&chunk);
            }
            examiner.finish()
        });
        Ok(Self::Threads(Threads {
            md5: Feed { chunks: md5_chunks, outcome: md5_outcome },
            examiner: Feed { chunks: examiner_chunks, outcome: examiner_outcome },
        }))
    }

    /// Takes the next chunk; waits while the threads are behind.
    pub(super) async fn update(&mut self, chunk: &Bytes) -> Result<(), BodyError> {
        match self {
            Self::InPlace(both) => {
                both.md5.update(chunk);
                both.examiner.update(chunk);
                Ok(())
            }
            Self::Threads(both) => {
                both.md5.send(chunk).await?;
                both.examiner.send(chunk).await
            }
        }
    }

    /// The body has ended.
    pub(super) async fn finish(self) -> Result<Findings, BodyError> {
        let (md5_hex, (digest_hex, verdict)) = match self {
            Self::InPlace(both) => (both.md5.finish(), both.examiner.finish()),
            Self::Threads(Threads { md5, examiner }) => {
                let (md5, examiner) = (md5.close(), examiner.close());
                (outcome(md5).await?, outcome(examiner).await?)
            }
        };
        Ok(Findings { md5_hex, digest_hex, verdict })
    }
}

impl<T> Feed<T> {
    async fn send(&self, chunk: &Bytes) -> Result<(), BodyError> {
        self.chunks.send(chunk.clone()).await.map_err(|_| BodyError::Unhashed)
    }

    /// Tells the thread that no more comes.
    fn close(self) -> oneshot::Receiver<T> {
        self.outcome
    }
}

async fn outcome<T>(receiver: oneshot::Receiver<T>) -> Result<T, BodyError> {
    match timeout(FINISH_WAIT, receiver).await {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(_)) | Err(_) => Err(BodyError::Unhashed),
    }
}
