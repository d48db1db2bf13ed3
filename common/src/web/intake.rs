//! How much of a request's body is read ahead of whoever consumes it.
//!
//! actix reads a connection whenever it looks at it, up to 128 KiB beyond what the consumer of the body has not taken yet,
//! into a buffer that doubles for it. With many uploads that is most of the server's memory. Here the socket is read
//! in bursts of less than 64 KiB, and the next burst is due when the consumer has taken everything and waits for more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

/// Bytes of one burst: actix's buffer doubles whenever less than 1 KiB of it is left, and this is the most that does not make
/// it larger than 64 KiB.
pub(super) const BURST: usize = 63 * 1024;

/// The consumer's side and the socket's side of one connection.
#[derive(Default)]
pub(super) struct Intake {
    /// Somebody consumes the body of a request.
    is_consumed: AtomicBool,
    /// The consumer has taken everything and waits for more.
    is_wanted: AtomicBool,
    reader: AtomicWaker,
}

impl Intake {
    /// A consumer takes over: from now on its pace counts.
    pub(super) fn begin(&self) {
        self.is_wanted.store(false, Ordering::Relaxed);
        self.is_consumed.store(true, Ordering::Release);
    }

    /// Notes whether the consumer waits for more.
    pub(super) fn set_wanted(&self, is_wanted: bool) {
        self.is_wanted.store(is_wanted, Ordering::Release);
        if is_wanted {
            self.reader.wake();
        }
    }

    /// The body has ended, or the consumer is gone; what follows is read at once.
    pub(super) fn end(&self) {
        self.is_consumed.store(false, Ordering::Release);
        self.reader.wake();
    }

    /// Ready when a burst may be read; if not, the task wakes once it may.
    pub(super) fn poll_open(&self, cx: &Context<'_>) -> Poll<()> {
        self.reader.register(cx.waker());
        let is_closed = self.is_consumed.load(Ordering::Acquire) && !self.is_wanted.load(Ordering::Acquire);
        if is_closed { Poll::Pending } else { Poll::Ready(()) }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::task::noop_waker_ref;

    use super::*;

    #[test]
    fn the_pace_is_the_consumers_as_long_as_there_is_one() {
        let intake = Intake::default();
        let is_open = || intake.poll_open(&Context::from_waker(noop_waker_ref())).is_ready();
        assert!(is_open());
        intake.begin();
        assert!(!is_open());
        intake.set_wanted(true);
        assert!(is_open());
        intake.set_wanted(false);
        assert!(!is_open());
        intake.end();
        assert!(is_open());
    }
}
