//! Calls to the system that the standard library does not have.
#![expect(unsafe_code, reason = "two calls of the C library without a safe form")]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use rustix::fs::{CWD, FallocateFlags, RenameFlags};
use rustix::io::Errno;

/// Lets writes beyond the process's file size limit fail with EFBIG instead of ending the process.
pub(super) fn ignore_file_size_signal() {
    // SAFETY: SIG_IGN runs no code of ours, and no other part of the program handles this signal.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Asks the system to begin writing a part of the file to the medium, without waiting for it, so that little is
/// left to do when the file is synced. A hint: failure changes nothing.
pub(super) fn begin_writeback(file: &File, offset: u64, length: u64) {
    let (Ok(offset), Ok(length)) = (i64::try_from(offset), i64::try_from(length)) else { return };
    // SAFETY: the descriptor is open for the time of the call, which touches no memory of ours.
    unsafe { libc::sync_file_range(file.as_raw_fd(), offset, length, libc::SYNC_FILE_RANGE_WRITE) };
}

/// Reserves space for the first `size` bytes. File systems that cannot do so are left to fail later.
///
/// # Errors
/// What the system says, notably that the medium is full.
pub(super) fn reserve_space(file: &File, size: u64) -> io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::KEEP_SIZE, 0, size) {
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::NODEV) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Gives a file another name, unless the name is taken.
///
/// # Errors
/// `AlreadyExists` where it is taken.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => link_new(from, to),
        outcome => outcome.map_err(io::Error::from),
    }
}

/// The same where the file system (NFS) has no such renaming: a second name, then the first one goes.
fn link_new(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::hard_link(from, to)?;
    std::fs::remove_file(from)
}

/// Bytes that a service without privileges may still write below `folder`.
pub(super) fn free_space(folder: &Path) -> io::Result<u64> {
    let figures = rustix::fs::statvfs(folder)?;
    Ok(figures.f_bavail.saturating_mul(figures.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_renaming_never_replace() {
        for rename in [rename_new, link_new] {
            let folder = tempfile::tempdir().unwrap();
            let (from, to) = (folder.path().join("from"), folder.path().join("to"));
            std::fs::write(&from, "new").unwrap();
            rename(&from, &to).unwrap();
            assert!(!from.exists());
            std::fs::write(&from, "newer").unwrap();
            assert_eq!(rename(&from, &to).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(std::fs::read(&to).unwrap(), b"new");
        }
    }
}
