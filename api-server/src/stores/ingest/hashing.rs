//! Where the digests of an upload are computed: on threads beside the transfer, or, for small bodies, in place.
//!
//! The threads are the physical limit of an upload. There is one for each processor, for all uploads together; each
//! upload has one or two lanes, which bring references to the chunks, so nothing is copied.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use glance_common::threads::Pool;
use tokio::time::timeout;

use super::super::lane::{Lane, Receiver, Worker};
use super::super::{BodyError, StoreError};
use super::digest::Digester;
use super::{HashAlgorithm, Inspector, Verdict};

/// Bodies up to this size, announced, are hashed in place, chunk by chunk: the way to another thread would cost more
/// than it gives.
const IN_PLACE: u64 = 1024 * 1024;
/// How long the last few chunks may take; on a machine with many transfers they wait for a processor.
const FINISH_WAIT: Duration = Duration::from_secs(60);

/// What was found out about a whole body.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) md5_hex: String,
    pub(super) digest_hex: String,
    pub(super) verdict: Option<Verdict>,
}

/// A consumer of the bytes: one digest or both, and the inspector if there is one.
pub(super) struct Examiner {
    digester: Digester,
    inspector: Option<Box<dyn Inspector>>,
}

/// What one examiner found out.
pub(super) struct Part {
    md5_hex: Option<String>,
    digest_hex: Option<String>,
    verdict: Option<Verdict>,
}

impl Examiner {
    fn update(&mut self, bytes: &[u8]) {
        self.digester.update(bytes);
        if let Some(inspector) = &mut self.inspector {
            inspector.update(bytes);
        }
    }

    fn finish(self) -> Part {
        let verdict = self.inspector.map(Inspector::finish);
        let (md5_hex, digest_hex) = match self.digester {
            Digester::Md5(hasher) => (Some(hasher.finish()), None),
            Digester::Other(hasher) => (None, Some(hasher.finish())),
            #[cfg(target_arch = "x86_64")]
            Digester::Both(hasher) => {
                let (md5, sha512) = hasher.finalize();
                (Some(hex::encode(md5)), Some(hex::encode(sha512)))
            }
        };
        Part { md5_hex, digest_hex, verdict }
    }
}

impl Worker for Examiner {
    type Outcome = Part;

    fn take(&mut self, chunks: Vec<Bytes>) -> Result<(), StoreError> {
        // One by one, so that the memory of each is free as soon as it is hashed.
        for chunk in chunks {
            self.update(&chunk);
        }
        Ok(())
    }

    fn finish(self) -> Result<Part, StoreError> {
        Ok(self.finish())
    }
}

/// The digests of one upload in the making.
pub(super) enum Hashing {
    InPlace(Vec<Examiner>),
    Lanes(Vec<Lane<Examiner>>),
}

impl Hashing {
    /// Begins, on `threads` unless the body is known to be small.
    pub(super) fn begin(
        threads: &Arc<Pool>,
        announced: Option<u64>,
        algorithm: HashAlgorithm,
        inspector: Option<Box<dyn Inspector>>,
    ) -> Self {
        let (first, second) = algorithm.with_md5();
        let second = second.map(|digester| Examiner { digester, inspector: None });
        let examiners = std::iter::once(Examiner { digester: first, inspector }).chain(second);
        if announced.is_some_and(|size| size <= IN_PLACE) {
            return Self::InPlace(examiners.collect());
        }
        Self::Lanes(examiners.map(|examiner| Lane::open(threads, examiner)).collect())
    }

    /// Takes the next chunk; waits while the threads are behind.
    pub(super) async fn update(&mut self, chunk: &Bytes) -> Result<(), BodyError> {
        match self {
            Self::InPlace(examiners) => examiners.iter_mut().for_each(|examiner| examiner.update(chunk)),
            Self::Lanes(lanes) => {
                for lane in lanes {
                    if !lane.push(chunk).await {
                        return Err(BodyError::Unhashed);
                    }
                }
            }
        }
        Ok(())
    }

    /// The body has ended.
    pub(super) async fn finish(self) -> Result<Findings, BodyError> {
        let parts = match self {
            Self::InPlace(examiners) => examiners.into_iter().map(Examiner::finish).collect(),
            Self::Lanes(lanes) => {
                let mut parts = Vec::with_capacity(lanes.len());
                // All are told first, so that they end side by side.
                let receivers: Vec<_> = lanes.into_iter().map(Lane::finish).collect();
                for receiver in receivers {
                    parts.push(outcome(receiver).await?);
                }
                parts
            }
        };
        Findings::from_parts(parts).ok_or(BodyError::Unhashed)
    }
}

impl Findings {
    fn from_parts(parts: Vec<Part>) -> Option<Self> {
        let (mut md5_hex, mut digest_hex, mut verdict) = (None, None, None);
        for part in parts {
            md5_hex = md5_hex.or(part.md5_hex);
            digest_hex = digest_hex.or(part.digest_hex);
            verdict = verdict.or(part.verdict);
        }
        Some(Self { md5_hex: md5_hex?, digest_hex: digest_hex?, verdict })
    }
}

async fn outcome(receiver: Receiver<Examiner>) -> Result<Part, BodyError> {
    match timeout(FINISH_WAIT, receiver).await {
        Ok(Ok(Ok(part))) => Ok(part),
        _ => Err(BodyError::Unhashed),
    }
}
