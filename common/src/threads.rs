//! Threads for work that blocks or computes: sending and writing files, hashing, calls into file systems that may hang.
//!
//! They are apart from the runtime's own blocking threads, so that transfers and hanging stores cannot keep anything else
//! from running (F8).

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a thread without work stays.
const IDLE_LIFE: Duration = Duration::from_secs(10);
/// The work is shallow.
const STACK_BYTES: usize = 512 * 1024;

type Job = Box<dyn FnOnce() + Send>;

/// A bounded number of threads that come with the work and go without it.
pub struct Pool {
    name: &'static str,
    limit: usize,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    /// Threads with a job in hands; the others wait for one, or are about to begin.
    busy: usize,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({}, {})", self.name, self.limit)
    }
}

impl Pool {
    /// A pool of at most `limit` threads called `name`, none of which is started yet.
    pub fn new(name: &'static str, limit: usize) -> Arc<Self> {
        let (state, wake) = (Mutex::default(), Condvar::new());
        Arc::new(Self { name, limit: limit.max(1), state, wake })
    }

    /// Whether a job given now would run at once.
    pub fn has_room(&self) -> bool {
        let state = self.lock();
        state.busy + state.jobs.len() < self.limit
    }

    /// Runs `job` on one of the threads, in order of arrival. Callers keep at most one job for each
    /// connection or stream, so the queue is as long as there are of those. Where the system refuses every thread the job is
    /// dropped, which must tell whoever waits for it; a job that panics is logged and dropped as well.
    pub fn submit(self: &Arc<Self>, job: impl FnOnce() + Send + 'static) {
        let mut state = self.lock();
        state.jobs.push_back(Box::new(job));
        let enough = state.threads - state.busy >= state.jobs.len();
        if enough || state.threads == self.limit {
            self.wake.notify_one();
            return;
        }
        state.threads += 1;
        drop(state);
        let pool = Arc::clone(self);
        let builder = std::thread::Builder::new().name(self.name.to_owned());
        if let Err(error) = builder.stack_size(STACK_BYTES).spawn(move || pool.work()) {
            self.thread_refused(&error);
        }
    }

    /// Without another thread the job waits for those there are; without any it must not wait.
    fn thread_refused(&self, error: &std::io::Error) {
        log::error!("cannot start a {} thread: {error}", self.name);
        let mut state = self.lock();
        state.threads -= 1;
        if state.threads == 0 {
            // Dropping a job ends its transfer with an error.
            let dropped = std::mem::take(&mut state.jobs);
            drop(state);
            drop(dropped);
        }
    }

    fn work(&self) {
        while let Some(job) = self.next_job() {
            let run = std::panic::AssertUnwindSafe(job);
            if std::panic::catch_unwind(run).is_err() {
                log::error!("a job of the {} threads panicked", self.name);
            }
            self.lock().busy -= 1;
        }
    }

    /// The next job, which counts as begun; `None` when there was none for a while and the thread may go.
    fn next_job(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                state.busy += 1;
                return Some(job);
            }
            let (next, wait) = self.wake.wait_timeout(state, IDLE_LIFE).unwrap_or_else(PoisonError::into_inner);
            state = next;
            if wait.timed_out() && state.jobs.is_empty() {
                state.threads -= 1;
                return None;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn jobs_wait_for_one_of_the_threads() {
        let pool = Pool::new("test-jobs", 2);
        let (done, results) = mpsc::channel();
        let gates: Vec<_> = (0..4).map(|_| mpsc::channel::<()>()).collect();
        let mut open = Vec::new();
        for (number, (gate, wait)) in gates.into_iter().enumerate() {
            assert_eq!(pool.has_room(), number < 2, "before job {number}");
            let done = done.clone();
            open.push(gate);
            pool.submit(move || {
                let _ = wait.recv_timeout(PATIENCE);
                done.send(number).unwrap();
            });
        }
        for (number, gate) in open.into_iter().enumerate() {
            gate.send(()).unwrap();
            assert_eq!(results.recv_timeout(PATIENCE), Ok(number));
        }
        assert_eq!(pool.lock().threads, 2);
    }

    #[test]
    fn a_job_that_panics_takes_no_thread_along() {
        let pool = Pool::new("test-panics", 1);
        let (done, results) = mpsc::channel();
        pool.submit(|| panic!("as the test wants it"));
        pool.submit(move || done.send(()).unwrap());
        assert_eq!(results.recv_timeout(PATIENCE), Ok(()));
    }
}
