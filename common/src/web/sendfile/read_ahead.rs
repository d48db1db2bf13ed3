//! A file as a stream of chunks that are read before they are asked for.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use futures_util::task::AtomicWaker;
use rustix::buffer::spare_capacity;
use rustix::io::Errno;

use super::transfer::shorter_than_announced;
use crate::threads::Pool;

/// Bytes of one chunk.
const CHUNK_BYTES: u64 = 256 * 1024;
/// Chunks read ahead; a stream holds at most this many in memory.
const DEPTH: usize = 4;
/// Threads that read; a stream whose consumer pauses occupies none of them.
const READ_THREADS: usize = 64;

static READERS: LazyLock<Arc<Pool>> = LazyLock::new(|| Pool::new("file-read", READ_THREADS));

/// Streams `length` bytes of `file` from `offset` on, in chunks of 256 KiB of which up to four are
/// read ahead on threads of their own. The file's own position does not matter and does not move.
///
/// # Errors
/// Those of reading; `UnexpectedEof` when the file ends too early. The stream ends after an error.
pub fn read_ahead(file: File, offset: u64, length: u64) -> ReadAhead {
    let source = (length > 0).then_some(Source { file, position: offset, left: length });
    let queue = Queue { ended: source.is_none(), source, ..Queue::default() };
    ReadAhead { shared: Arc::new(Shared { queue: Mutex::new(queue), waker: AtomicWaker::new() }) }
}

/// See [`read_ahead`].
pub struct ReadAhead {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    waker: AtomicWaker,
}

#[derive(Default)]
struct Queue {
    ready: VecDeque<io::Result<Bytes>>,
    /// Here while no thread is reading.
    source: Option<Source>,
    /// Nothing will be added any more.
    ended: bool,
    /// The consumer is gone.
    closed: bool,
}

struct Source {
    file: File,
    position: u64,
    left: u64,
}

impl Stream for ReadAhead {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut queue = self.shared.lock();
        let chunk = queue.ready.pop_front();
        if queue.ready.len() <= DEPTH / 2
            && let Some(source) = queue.source.take()
        {
            let shared = Arc::clone(&self.shared);
            READERS.submit(move || Reading { shared, source: Some(source) }.run());
        }
        match chunk {
            Some(chunk) => Poll::Ready(Some(chunk)),
            None if queue.ended => Poll::Ready(None),
            None => {
                self.shared.waker.register(cx.waker());
                Poll::Pending
            }
        }
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.closed = true;
        let rest = (queue.source.take(), std::mem::take(&mut queue.ready));
        drop(queue);
        drop(rest);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A source in the hands of a thread; however the thread ends, the stream does not hang.
struct Reading {
    shared: Arc<Shared>,
    source: Option<Source>,
}

impl Reading {
    /// Reads until enough is ready, the file is done or nobody wants it any more.
    fn run(mut self) {
        while let Some(mut source) = self.source.take() {
            let chunk = source.next_chunk();
            let ended = source.left == 0 || chunk.is_err();
            let mut queue = self.shared.lock();
            if queue.closed {
                return;
            }
            queue.ready.push_back(chunk);
            queue.ended = ended;
            let enough = queue.ready.len() >= DEPTH;
            match (ended, enough) {
                (true, _) => {}
                (false, true) => queue.source = Some(source),
                (false, false) => self.source = Some(source),
            }
            drop(queue);
            self.shared.waker.wake();
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if self.source.is_none() {
            return;
        }
        let mut queue = self.shared.lock();
        queue.ready.push_back(Err(io::Error::other("no thread could read the file")));
        queue.ended = true;
        drop(queue);
        self.shared.waker.wake();
    }
}

impl Source {
    fn next_chunk(&mut self) -> io::Result<Bytes> {
        let wanted = usize::try_from(self.left.min(CHUNK_BYTES)).unwrap_or(usize::MAX);
        let mut chunk = Vec::with_capacity(wanted);
        while chunk.len() < wanted {
            let position = self.position + chunk.len() as u64;
            match rustix::io::pread(&self.file, spare_capacity(&mut chunk), position) {
                Ok(0) => return Err(shorter_than_announced()),
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // An allocator may give more room than was asked for, and the file may fill it.
        chunk.truncate(wanted);
        self.position += wanted as u64;
        self.left -= wanted as u64;
        Ok(chunk.into())
    }
}
