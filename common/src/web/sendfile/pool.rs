//! Threads for file work, apart from the blocking threads that database calls run on.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a thread without work stays.
const IDLE_LIFE: Duration = Duration::from_secs(10);
/// The work is a few system calls deep.
const STACK_BYTES: usize = 256 * 1024;

type Job = Box<dyn FnOnce() + Send>;

/// A bounded number of threads that come with the work and go without it.
pub(in crate::web) struct Pool {
    name: &'static str,
    limit: usize,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

impl Pool {
    pub(in crate::web) fn new(name: &'static str, limit: usize) -> Arc<Self> {
        let (state, wake) = (Mutex::default(), Condvar::new());
        Arc::new(Self { name, limit: limit.max(1), state, wake })
    }

    /// Whether a job given now would run at once.
    pub(super) fn has_room(&self) -> bool {
        let state = self.lock();
        let free = state.idle + (self.limit - state.threads);
        free > state.jobs.len()
    }

    /// Runs `job` on one of the threads, in order of arrival. Callers keep at most one job for each
    /// connection or stream, so the queue is as long as there are of those.
    pub(super) fn submit(self: &Arc<Self>, job: impl FnOnce() + Send + 'static) {
        let mut state = self.lock();
        state.jobs.push_back(Box::new(job));
        if state.idle >= state.jobs.len() || state.threads == self.limit {
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
        }
    }

    fn next_job(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            state.idle += 1;
            let (next, wait) = self.wake.wait_timeout(state, IDLE_LIFE).unwrap_or_else(PoisonError::into_inner);
            state = next;
            state.idle -= 1;
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
