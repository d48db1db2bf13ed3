//! The two system calls behind a download.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Moves up to `count` bytes of `file`, beginning at `offset`, into `socket` within the kernel.
///
/// Returns the number of bytes moved, 0 at the end of the file.
///
/// # Errors
/// Those of sendfile(2); `WouldBlock` when the socket takes nothing at the moment.
pub(super) fn sendfile(
    socket: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    mut offset: u64,
    count: usize,
) -> io::Result<usize> {
    Ok(rustix::fs::sendfile(socket, file, Some(&mut offset), count)?)
}

/// Waits until `socket` takes more bytes or is broken; false when `timeout` passed first.
///
/// # Errors
/// Those of poll(2), `Interrupted` among them.
pub(super) fn wait_writable(socket: BorrowedFd<'_>, timeout: Duration) -> io::Result<bool> {
    let mut watched = [PollFd::from_borrowed_fd(socket, PollFlags::OUT)];
    let timeout = Timespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    };
    Ok(poll(&mut watched, Some(&timeout))? > 0)
}
