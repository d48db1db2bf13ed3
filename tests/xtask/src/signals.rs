//! Waiting for Ctrl-C.
#![expect(unsafe_code, reason = "the standard library knows nothing of signals")]

use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

/// The signals that end a command, taken out of their ordinary handling.
pub(crate) struct Endings(libc::sigset_t);

impl Endings {
    /// From now on SIGINT and SIGTERM wait to be fetched by `arrived`. Programs started later
    /// inherit that, unless they are started with `release`.
    pub(crate) fn hold() -> Self {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: sigemptyset fills the set before anything reads it; the other calls get that
        // set and valid signal numbers. Only the mask of this (the only) thread changes.
        let set = unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            let mut set = set.assume_init();
            libc::sigaddset(&raw mut set, libc::SIGINT);
            libc::sigaddset(&raw mut set, libc::SIGTERM);
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
            set
        };
        Self(set)
    }

    /// Waits for one of the signals, but not longer than `limit` (below one second).
    pub(crate) fn arrived(&self, limit: Duration) -> bool {
        let nanoseconds = libc::c_long::from(limit.subsec_nanos().cast_signed());
        let time = libc::timespec { tv_sec: 0, tv_nsec: nanoseconds };
        // SAFETY: both pointers are to live values; nothing is written through the null one.
        unsafe { libc::sigtimedwait(&raw const self.0, std::ptr::null_mut(), &raw const time) > 0 }
    }
}

/// Lets a program that is to be started get all signals.
pub(crate) fn release(command: &mut Command) {
    // SAFETY: between fork and exec only sigemptyset and sigprocmask are called, which are
    // allowed there; the set is filled before it is read.
    unsafe {
        command.pre_exec(|| {
            let mut none = MaybeUninit::<libc::sigset_t>::uninit();
            libc::sigemptyset(none.as_mut_ptr());
            libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
            Ok(())
        });
    }
}

/// Asks a process that we started to finish.
pub(crate) fn terminate(child: &std::process::Child) {
    if let Ok(id) = libc::pid_t::try_from(child.id()) {
        // SAFETY: no memory is touched; the child has not been waited for, so the number is its.
        unsafe {
            libc::kill(id, libc::SIGTERM);
        }
    }
}
