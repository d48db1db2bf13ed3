//! One file on its way into one socket.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::sys;

/// Bytes asked of one system call.
const CALL_BYTES: u64 = 4 * 1024 * 1024;
/// How long a thread waits for a socket that is full before it leaves the wait to the worker.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long a transfer keeps its thread while others may be waiting for one.
const SLICE: Duration = Duration::from_millis(500);

/// Body bytes that went past actix, for the access log and the metrics.
#[derive(Clone, Default)]
pub(in crate::web) struct SentBytes(Arc<AtomicU64>);

impl SentBytes {
    pub(in crate::web) fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// What is left to send.
pub(super) struct Transfer {
    pub(super) file: File,
    pub(super) position: u64,
    pub(super) end: u64,
    pub(super) sent: SentBytes,
    /// A descriptor of its own for the socket, so that it cannot be reused by another connection
    /// while a thread is writing to it.
    pub(super) socket: Option<Arc<OwnedFd>>,
}

/// Why a thread let go of a transfer.
pub(super) enum Outcome {
    /// Everything is in the socket, or nothing more will be.
    Done(io::Result<()>),
    /// The client takes its time: go on when the socket has room.
    Stalled,
    /// Others may want the thread: go on at once, at the end of the queue.
    SliceOver,
}

impl Transfer {
    /// Sends until the end, a full socket, an error, or the end of the time slice.
    pub(super) fn run_slice(&mut self) -> Outcome {
        let Some(socket) = self.socket.clone() else {
            return Outcome::Done(Err(io::ErrorKind::NotConnected.into()));
        };
        let started = Instant::now();
        while self.position < self.end {
            let count = usize::try_from((self.end - self.position).min(CALL_BYTES));
            let count = count.unwrap_or(usize::MAX);
            match sys::sendfile(socket.as_fd(), self.file.as_fd(), self.position, count) {
                Ok(0) => return Outcome::Done(Err(shorter_than_announced())),
                Ok(moved) => self.advance(moved as u64),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match sys::wait_writable(socket.as_fd(), PATIENCE) {
                        Ok(true) => {}
                        Ok(false) => return Outcome::Stalled,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => return Outcome::Done(Err(error)),
                    }
                }
                Err(error) => return Outcome::Done(Err(error)),
            }
            if self.position < self.end && started.elapsed() >= SLICE {
                return Outcome::SliceOver;
            }
        }
        Outcome::Done(Ok(()))
    }

    fn advance(&mut self, moved: u64) {
        self.position += moved;
        self.sent.add(moved);
    }
}

/// The error of a file that ends before the length in the answer's head.
pub(super) fn shorter_than_announced() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the file is shorter than announced")
}
