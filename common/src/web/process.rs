//! What the kernel knows of this process.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Clock ticks a second in `/proc`; fixed on Linux for all programs.
const TICKS: i64 = 100;

/// A snapshot; what cannot be read is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ProcessFigures {
    pub(super) resident_bytes: i64,
    pub(super) open_files: i64,
    /// Unix time in seconds.
    pub(super) started: i64,
}

impl ProcessFigures {
    /// Reads `/proc/self`; belongs on a blocking thread.
    pub(super) fn read() -> Self {
        Self {
            resident_bytes: resident_bytes().unwrap_or(0),
            open_files: open_files().unwrap_or(0),
            started: started().unwrap_or(0),
        }
    }
}

/// Allows the process as many open files as its hard limit does: each connection and each transfer needs one, and the
/// usual soft limit of 1024 is for programs that use select(2).
pub(super) fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        log::warn!("the limit of open files stays at {:?}: {error}", limit.current);
    }
}

fn resident_bytes() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn open_files() -> Option<i64> {
    let listing = fs::read_dir("/proc/self/fd").ok()?;
    // The listing itself is one of them.
    i64::try_from(listing.count()).ok().map(|count| count - 1)
}

fn started() -> Option<i64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name, in parentheses, may hold blanks; the start is the 20th field after it.
    let after_name = stat.rsplit_once(')')?.1;
    let ticks: i64 = after_name.split_whitespace().nth(19)?.parse().ok()?;
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let uptime: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs_f64();
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 fit")]
    let booted = (now - uptime) as i64;
    Some(booted + ticks / TICKS)
}

/// Keeps this process on small memory pages. The allocator asks for huge ones, and a server with hundreds of threads that
/// each need a little would hold megabytes for every one of them. Call it first in `main`, before there are threads.
pub fn keep_pages_small() {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        log::debug!("huge pages stay on: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_process_has_memory_files_and_a_past() {
        let figures = ProcessFigures::read();
        assert!(figures.resident_bytes > 100_000, "{figures:?}");
        assert!(figures.open_files >= 3, "{figures:?}");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
        assert!((1_600_000_000..=now as i64 + 1).contains(&figures.started), "{figures:?}");
    }
}
