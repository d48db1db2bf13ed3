//! Work on the bytes of one transfer, in their order, on threads that all transfers share.
//!
//! ```text
//! sender ─► Lane: chunks in line ─► a thread of the pool, while there are any ─► outcome
//! ```
//!
//! A lane that has something to do waits in line for a thread. The thread works off what has come, for a bounded slice,
//! and goes on to the next lane. A transfer whose sender pauses thus occupies no thread, one that is fast does not
//! keep others waiting, and there need not be more threads than can do something at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use glance_common::threads::Pool;
use tokio::sync::{Notify, oneshot};

use super::{StoreError, StoreErrorKind};

/// Bytes on their way through a lane, those in the hands of a thread included. A larger chunk goes alone.
const MOST_BYTES: usize = 2 * 1024 * 1024;
/// Bytes after which a thread turns to the next lane.
const SLICE_BYTES: usize = 4 * 1024 * 1024;

/// What a lane does with its bytes. Dropped before the end it undoes what it did, on a thread that may block.
pub(super) trait Worker: Send + 'static {
    /// What comes of the whole.
    type Outcome: Send + 'static;

    /// What is done before the first byte.
    ///
    /// # Errors
    /// They end the lane at once, as those of the other methods do.
    fn begin(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Takes the next chunks.
    fn take(&mut self, chunks: Vec<Bytes>) -> Result<(), StoreError>;

    /// All bytes have been taken.
    fn finish(self) -> Result<Self::Outcome, StoreError>;
}

/// The end of a lane where chunks go in. Dropping it before [`finish`](Self::finish) gives the work up.
pub(super) struct Lane<W: Worker> {
    shared: Arc<Shared<W>>,
    outcome: Receiver<W>,
}

/// Tells what came of the work; fails when a thread broke down. Dropping it gives the work up, or undoes it.
pub(super) type Receiver<W> = oneshot::Receiver<Result<<W as Worker>::Outcome, StoreError>>;

struct Shared<W: Worker> {
    line: Mutex<Line<W>>,
    /// Told when there may be room for another chunk.
    room: Notify,
    threads: Arc<Pool>,
}

struct Line<W: Worker> {
    chunks: Vec<Bytes>,
    /// Bytes in `chunks` and in the hands of a thread.
    bytes: usize,
    /// Here while no thread has it.
    worker: Option<W>,
    /// No more chunks come.
    ended: bool,
    /// Gone when the outcome has been told.
    reply: Option<oneshot::Sender<Result<W::Outcome, StoreError>>>,
}

/// What a thread finds to do.
enum Task<W> {
    Take(W, Vec<Bytes>, usize),
    /// Nothing at the moment.
    Rest,
    Finish(W),
    /// Nobody waits for the outcome any more.
    GiveUp(W),
}

impl<W: Worker> Lane<W> {
    /// Begins work on `threads`.
    pub(super) fn open(threads: &Arc<Pool>, worker: W) -> Self {
        let (sender, outcome) = oneshot::channel();
        let line = Line { chunks: Vec::new(), bytes: 0, worker: None, ended: false, reply: Some(sender) };
        let shared = Arc::new(Shared { line: Mutex::new(line), room: Notify::new(), threads: Arc::clone(threads) });
        shared.submit(Turn { shared: Arc::clone(&shared), worker: Some(worker), is_first: true, is_settled: false });
        Self { shared, outcome }
    }

    /// Hands over the next chunk; waits while much is under way. False when the work has ended early, and
    /// [`ended`](Self::ended) says why.
    pub(super) async fn push(&self, chunk: &Bytes) -> bool {
        loop {
            {
                let mut line = self.shared.lock();
                if line.reply.is_none() {
                    return false;
                }
                if line.bytes == 0 || line.bytes + chunk.len() <= MOST_BYTES {
                    line.bytes += chunk.len();
                    line.chunks.push(chunk.clone());
                    self.shared.rouse(line);
                    return true;
                }
            }
            self.shared.room.notified().await;
        }
    }

    /// Waits for the early end of the work, which is a failure. To be asked until it told once.
    pub(super) async fn ended(&mut self) -> StoreError {
        match (&mut self.outcome).await {
            Ok(Err(error)) => error,
            Ok(Ok(_)) => StoreErrorKind::Backend.into(),
            Err(lost) => StoreError::from(StoreErrorKind::Backend).caused_by(lost),
        }
    }

    /// No more chunks come. The receiver gets the outcome once all are worked off.
    pub(super) fn finish(mut self) -> Receiver<W> {
        let mut line = self.shared.lock();
        line.ended = true;
        self.shared.rouse(line);
        std::mem::replace(&mut self.outcome, oneshot::channel().1)
    }
}

impl<W: Worker> Drop for Lane<W> {
    fn drop(&mut self) {
        self.outcome.close();
        self.shared.rouse(self.shared.lock());
    }
}

impl<W: Worker> Shared<W> {
    fn lock(&self) -> MutexGuard<'_, Line<W>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the lane in line for a thread, unless it is there or has a thread.
    fn rouse(self: &Arc<Self>, mut line: MutexGuard<'_, Line<W>>) {
        if let Some(worker) = line.worker.take() {
            drop(line);
            self.submit(Turn { shared: Arc::clone(self), worker: Some(worker), is_first: false, is_settled: false });
        }
    }

    /// Where no thread can be had the turn is dropped, which closes the lane.
    fn submit(&self, turn: Turn<W>) {
        self.threads.submit(move || turn.run());
    }

    /// The next task for the worker, which stays here when there is none.
    fn next_task(&self, worker: W) -> Task<W> {
        let mut line = self.lock();
        if line.reply.as_ref().is_none_or(oneshot::Sender::is_closed) {
            return Task::GiveUp(worker);
        }
        if !line.chunks.is_empty() {
            return Task::Take(worker, std::mem::take(&mut line.chunks), line.bytes);
        }
        if line.ended {
            return Task::Finish(worker);
        }
        line.worker = Some(worker);
        Task::Rest
    }

    fn worked_off(&self, bytes: usize) {
        self.lock().bytes -= bytes;
        self.room.notify_one();
    }

    /// Ends the lane; without an outcome whoever still waits learns that there is none.
    fn close(&self, outcome: Option<Result<W::Outcome, StoreError>>) {
        let mut line = self.lock();
        let (reply, chunks) = (line.reply.take(), std::mem::take(&mut line.chunks));
        drop(line);
        drop(chunks);
        self.room.notify_one();
        if let (Some(reply), Some(outcome)) = (reply, outcome) {
            // An outcome that nobody takes undoes itself where that is needed.
            drop(reply.send(outcome));
        }
    }
}

/// A lane's time on a thread; however it ends, nobody waits in vain.
struct Turn<W: Worker> {
    shared: Arc<Shared<W>>,
    worker: Option<W>,
    is_first: bool,
    /// Whoever waits has been told, or the worker waits in the lane.
    is_settled: bool,
}

impl<W: Worker> Turn<W> {
    fn run(mut self) {
        let Some(mut worker) = self.worker.take() else { return };
        if std::mem::take(&mut self.is_first)
            && let Err(error) = worker.begin()
        {
            drop(worker);
            return self.close(Some(Err(error)));
        }
        let mut left = SLICE_BYTES;
        while left > 0 {
            worker = match self.shared.next_task(worker) {
                Task::Take(mut worker, chunks, bytes) => {
                    if let Err(error) = worker.take(chunks) {
                        drop(worker);
                        return self.close(Some(Err(error)));
                    }
                    self.shared.worked_off(bytes);
                    left = left.saturating_sub(bytes);
                    worker
                }
                Task::Rest => {
                    self.is_settled = true;
                    return;
                }
                Task::Finish(worker) => {
                    let outcome = worker.finish();
                    return self.close(Some(outcome));
                }
                Task::GiveUp(worker) => {
                    drop(worker);
                    return self.close(None);
                }
            };
        }
        self.worker = Some(worker);
        let shared = Arc::clone(&self.shared);
        shared.submit(self);
    }

    fn close(mut self, outcome: Option<Result<W::Outcome, StoreError>>) {
        self.is_settled = true;
        self.shared.close(outcome);
    }
}

impl<W: Worker> Drop for Turn<W> {
    fn drop(&mut self) {
        if !self.is_settled {
            self.shared.close(None);
        }
    }
}

#[cfg(test)]
mod tests;
