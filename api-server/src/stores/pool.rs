//! A pool whose threads are admitted by seats: calls into a store wait for one in bounded time, and a call that hangs
//! keeps its own.

use std::sync::Arc;
use std::time::Duration;

use glance_common::threads;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Up to a fixed number of calls at once.
#[derive(Debug)]
pub(super) struct Pool {
    threads: Arc<threads::Pool>,
    seats: Arc<Semaphore>,
    most: usize,
}

/// The right to one thread of a pool.
#[derive(Debug)]
pub(super) struct Seat {
    threads: Arc<threads::Pool>,
    permit: OwnedSemaphorePermit,
}

impl Pool {
    /// A pool of at most `most` threads called `name`.
    pub(super) fn new(name: &'static str, most: usize) -> Self {
        Self { threads: threads::Pool::new(name, most), seats: Arc::new(Semaphore::new(most)), most }
    }

    /// Waits until a thread may be used; `None` when that takes longer than `wait`.
    pub(super) async fn seat(&self, wait: Duration) -> Option<Seat> {
        let permit = tokio::time::timeout(wait, Arc::clone(&self.seats).acquire_owned()).await.ok()?.ok()?;
        Some(Seat { threads: Arc::clone(&self.threads), permit })
    }

    /// Share of the threads in use, in percent.
    pub(super) fn load(&self) -> usize {
        (self.most - self.seats.available_permits().min(self.most)) * 100 / self.most.max(1)
    }
}

impl Seat {
    /// Runs `work` on a thread. The seat is given back when the work ends, not when the receiver is dropped:
    /// a hanging call keeps its seat. The receiver fails if the work panics or no thread can be started.
    pub(super) fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> oneshot::Receiver<T> {
        let (sender, receiver) = oneshot::channel();
        let permit = self.permit;
        self.threads.submit(move || {
            let outcome = work();
            drop(permit);
            // A receiver that is gone drops the outcome, which undoes itself where that is needed.
            drop(sender.send(outcome));
        });
        receiver
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_beyond_the_bound_waits_and_is_then_refused() {
        let pool = Pool::new("test", 2);
        let one = pool.seat(Duration::from_secs(1)).await.unwrap();
        let two = pool.seat(Duration::from_secs(1)).await.unwrap();
        assert_eq!(pool.load(), 100);
        assert!(pool.seat(Duration::from_millis(20)).await.is_none());
        assert_eq!(one.run(|| 1).await.unwrap(), 1);
        drop(two);
        let again = pool.seat(Duration::from_secs(1)).await.unwrap();
        assert_eq!(again.run(|| 2).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn threads_are_used_again_and_survive_a_panic() {
        let pool = Pool::new("test", 1);
        for round in 0..50 {
            let seat = pool.seat(Duration::from_secs(5)).await.unwrap();
            let outcome = seat.run(move || if round % 10 == 9 { None } else { Some(round) }.unwrap()).await;
            assert_eq!(outcome.ok(), (round % 10 != 9).then_some(round));
        }
    }
}
