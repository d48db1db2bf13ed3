//! Failing a test with a sentence.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// Takes the value out of a result or option, or fails the test saying what was wanted.
pub trait Must<T> {
    /// The value.
    ///
    /// # Panics
    /// When there is none; the text is `what`, followed by the error.
    fn must(self, what: impl Display) -> T;
}

impl<T, E: Display> Must<T> for Result<T, E> {
    #[track_caller]
    fn must(self, what: impl Display) -> T {
        match self {
            Ok(value) => value,
            Err(error) => panic!("{what}: {error}"),
        }
    }
}

impl<T> Must<T> for Option<T> {
    #[track_caller]
    fn must(self, what: impl Display) -> T {
        match self {
            Some(value) => value,
            None => panic!("{what}"),
        }
    }
}

/// Waits until `check` gives a value, asking every 20 ms, and fails the test after `limit`.
///
/// # Panics
/// When the time is over; the text names `what`.
#[track_caller]
pub fn eventually<T>(limit: Duration, what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(value) = check() {
            return value;
        }
        assert!(Instant::now() < end, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
