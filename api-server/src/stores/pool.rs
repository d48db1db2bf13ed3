//! Bounded pools of threads for work that blocks: hashing, writing, calls into file systems that may hang.
//!
//! They are apart from the runtime's own blocking threads, so that transfers and hanging stores cannot keep
//! anything else from running (F8). Work is admitted by seats: whoever has one is sure of a thread, so two pieces
//! of work that wait for each other take their seats together.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// How long a thread without work stays.
const IDLE: Duration = Duration::from_secs(10);
/// Stack of a thread in bytes: the work here is shallow.
const STACK: usize = 512 * 1024;

type Job = Box<dyn FnOnce() + Send>;

/// Up to a fixed number of threads, started when needed and used again.
#[derive(Debug)]
pub(super) struct Pool {
    threads: Arc<Threads>,
    seats: Arc<Semaphore>,
    most: usize,
}

/// The threads that wait for work.
#[derive(Debug)]
struct Threads {
    name: &'static str,
    idle: Mutex<Vec<Idle>>,
}

/// A thread that waits for work.
#[derive(Debug)]
struct Idle {
    thread: ThreadId,
    jobs: mpsc::Sender<Job>,
}

/// The right to one thread of a pool.
#[derive(Debug)]
pub(super) struct Seat {
    threads: Arc<Threads>,
    permit: OwnedSemaphorePermit,
}

impl Pool {
    /// A pool of at most `most` threads called `name`.
    pub(super) fn new(name: &'static str, most: usize) -> Self {
        let threads = Arc::new(Threads { name, idle: Mutex::default() });
        Self { threads, seats: Arc::new(Semaphore::new(most)), most }
    }

    /// Waits until `N` threads may be used at once; `None` when that takes longer than `wait`.
    pub(super) async fn seats<const N: usize>(&self, wait: Duration) -> Option<[Seat; N]> {
        let count = u32::try_from(N).ok()?;
        let permits = Arc::clone(&self.seats).acquire_many_owned(count);
        let mut permits = tokio::time::timeout(wait, permits).await.ok()?.ok()?;
        let seats: Vec<Seat> = (0..N)
            .filter_map(|_| Some(Seat { threads: Arc::clone(&self.threads), permit: permits.split(1)? }))
            .collect();
        seats.try_into().ok()
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
        self.threads.hand_over(Box::new(move || {
            let outcome = work();
            drop(permit);
            // A receiver that is gone drops the outcome, which undoes itself where that is needed.
            drop(sender.send(outcome));
        }));
        receiver
    }
}

impl Threads {
    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hand_over(self: &Arc<Self>, job: Job) {
        let waiting = self.lock().pop();
        let job = match waiting {
            Some(idle) => match idle.jobs.send(job) {
                Ok(()) => return,
                Err(refused) => refused.0,
            },
            None => job,
        };
        let threads = Arc::clone(self);
        let started =
            thread::Builder::new().name(self.name.to_owned()).stack_size(STACK).spawn(move || threads.work(job));
        if let Err(error) = started {
            log::error!("cannot start a thread for {}: {error}", self.name);
        }
    }

    /// Life of a thread: its first job, then whatever comes until nothing came for a while.
    fn work(&self, first: Job) {
        first();
        let (sender, jobs) = mpsc::channel::<Job>();
        loop {
            self.lock().push(Idle { thread: thread::current().id(), jobs: sender.clone() });
            let job = match jobs.recv_timeout(IDLE) {
                Err(RecvTimeoutError::Timeout) if self.leave() => return,
                // Somebody has just taken this thread from the list: a job is on its way.
                Err(_) => jobs.recv(),
                Ok(job) => Ok(job),
            };
            match job {
                Ok(job) => job(),
                Err(_) => return,
            }
        }
    }

    /// Takes the current thread from the list; false if it is not there any more.
    fn leave(&self) -> bool {
        let mut idle = self.lock();
        let place = idle.iter().position(|entry| entry.thread == thread::current().id());
        place.map(|place| idle.swap_remove(place)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_beyond_the_bound_waits_and_is_then_refused() {
        let pool = Pool::new("test", 2);
        let [one, two] = pool.seats::<2>(Duration::from_secs(1)).await.unwrap();
        assert_eq!(pool.load(), 100);
        assert!(pool.seats::<1>(Duration::from_millis(20)).await.is_none());
        assert_eq!(one.run(|| 1).await.unwrap(), 1);
        drop(two);
        let [again] = pool.seats::<1>(Duration::from_secs(1)).await.unwrap();
        assert_eq!(again.run(|| 2).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn threads_are_used_again_and_survive_a_panic() {
        let pool = Pool::new("test", 1);
        for round in 0..50 {
            let [seat] = pool.seats::<1>(Duration::from_secs(5)).await.unwrap();
            let outcome = seat.run(move || if round % 10 == 9 { None } else { Some(round) }.unwrap()).await;
            assert_eq!(outcome.ok(), (round % 10 != 9).then_some(round));
        }
    }
}
