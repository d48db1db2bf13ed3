//! A file while it is written: hidden, locked, and gone unless it is published.
//!
//! ```text
//! .glance-<id>-<random>.part ── write, sync ──► rename without replacing ──► <id> ── sync the folder
//! ```
//!
//! The writer holds a lock (`flock`) on the part. The system drops the lock with the process, so a part whose lock
//! can be taken has no writer any more, on whatever machine of a shared folder it ran: [`remove_dead`] clears it.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, IoSlice};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::super::ObjectId;
use super::sys;

const PREFIX: &str = ".glance-";
const SUFFIX: &str = ".part";
/// Permissions without configuration: nothing for others (C5).
const MODE: u32 = 0o640;
/// After so many bytes the system is asked to begin writing them to the medium.
const WRITEBACK_STEP: u64 = 8 * 1024 * 1024;
/// Unit in which bytes are compared with zero.
const ZERO_STEP: usize = 4096;

/// A part that is being written. Dropping it removes it.
#[derive(Debug)]
pub(super) struct Part {
    file: File,
    path: PathBuf,
    target: PathBuf,
    /// Bytes seen so far, holes included.
    length: u64,
    /// Up to here the system was asked to write to the medium.
    written_back: u64,
    /// Block size of thin provisioning, if it is on.
    thin_block: Option<u64>,
    published: bool,
}

impl Part {
    /// Begins a file that will be called `object`.
    ///
    /// # Errors
    /// What the system says; `AlreadyExists` where the object exists.
    pub(super) fn create(folder: &Path, object: &ObjectId, thin_block: Option<u64>) -> io::Result<Self> {
        let target = folder.join(object.as_str());
        if target.symlink_metadata().is_ok() {
            return Err(io::Error::from_raw_os_error(libc::EEXIST));
        }
        loop {
            let random = uuid::Uuid::new_v4().simple();
            let path = folder.join(format!("{PREFIX}{object}-{random}{SUFFIX}"));
            let file = OpenOptions::new().read(true).write(true).create_new(true).mode(MODE).open(&path)?;
            file.lock()?;
            // A recovery pass may have come between creation and lock, and have removed the file.
            if file.metadata()?.nlink() > 0 {
                return Ok(Self { file, path, target, length: 0, written_back: 0, thin_block, published: false });
            }
        }
    }

    /// Makes sure of room for `size` bytes, so that a full medium is noticed before the data is sent.
    pub(super) fn reserve(&self, size: u64) -> io::Result<()> {
        if self.thin_block.is_some() || size == 0 {
            return Ok(());
        }
        sys::reserve_space(&self.file, size)
    }

    /// Appends bytes, which come in pieces.
    pub(super) fn append(&mut self, pieces: &[&[u8]]) -> io::Result<()> {
        match self.thin_block {
            None => self.append_all(pieces)?,
            Some(block) => pieces.iter().try_for_each(|piece| self.append_thin(piece, block))?,
        }
        if self.length - self.written_back >= WRITEBACK_STEP {
            sys::begin_writeback(&self.file, self.written_back, self.length - self.written_back);
            self.written_back = self.length;
        }
        Ok(())
    }

    fn append_all(&mut self, pieces: &[&[u8]]) -> io::Result<()> {
        let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut left = slices.as_mut_slice();
        // Empty pieces at the front would look like a medium that takes nothing.
        IoSlice::advance_slices(&mut left, 0);
        while !left.is_empty() {
            match rustix::io::pwritev(&self.file, left, self.length) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.length += count as u64;
                    IoSlice::advance_slices(&mut left, count);
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Leaves out what is zero, block by block. A block that the transfer cut into pieces is judged piece by piece: if
    /// all are zero nothing of the block is written, and otherwise the missing piece reads as zeros all the same.
    fn append_thin(&mut self, mut bytes: &[u8], block: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let to_border = block - self.length % block;
            let length = usize::try_from(to_border).map_or(bytes.len(), |border| border.min(bytes.len()));
            let (piece, rest) = bytes.split_at(length);
            if is_zero(piece) {
                self.length += piece.len() as u64;
            } else {
                self.append_all(&[piece])?;
            }
            bytes = rest;
        }
        Ok(())
    }

    /// Sets the permissions, brings everything to the medium and makes the object visible.
    ///
    /// # Errors
    /// What the system says; `AlreadyExists` where another writer of the same object was faster.
    pub(super) fn publish(mut self, mode: Option<u32>) -> io::Result<Published> {
        // Trailing holes and reserved space beyond the end are settled here.
        self.file.set_len(self.length)?;
        if let Some(mode) = mode
            && let Err(error) = self.file.set_permissions(Permissions::from_mode(mode))
        {
            log::warn!("cannot set the permissions of {}: {error}", self.target.display());
        }
        self.file.sync_all()?;
        sys::rename_new(&self.path, &self.target)?;
        self.published = true;
        let published = Published { path: self.target.clone(), length: self.length, kept: false };
        sync_folder(&self.target)?;
        Ok(published)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.published {
            remove_quietly(&self.path);
        }
    }
}

/// An object that has just become visible. Dropping it removes it again, until it is kept.
#[derive(Debug)]
pub(super) struct Published {
    path: PathBuf,
    length: u64,
    kept: bool,
}

impl Published {
    /// Where the object is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Path and size in bytes of the object, which from now on stays.
    pub(super) fn keep(mut self) -> (PathBuf, u64) {
        self.kept = true;
        (std::mem::take(&mut self.path), self.length)
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        if !self.kept {
            remove_quietly(&self.path);
        }
    }
}

fn remove_quietly(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            log::error!("cannot remove {}, which is left over from a failed upload: {error}", path.display());
        }
        _ => {}
    }
}

/// Brings a new name to the medium.
fn sync_folder(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    // Folding a step at a time lets the compiler use wide registers.
    bytes.chunks(ZERO_STEP).all(|step| step.iter().fold(0, |sum, byte| sum | byte) == 0)
}

/// Removes the parts in `folder` whose writers are gone, and says how many.
///
/// # Errors
/// When the folder cannot be read. A single part that cannot be removed is logged.
pub(super) fn remove_dead(folder: &Path) -> io::Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_part = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if !is_part {
            continue;
        }
        match remove_if_dead(&path) {
            Ok(true) => removed += 1,
            Ok(false) => {}
            Err(error) => log::error!("cannot remove the unfinished upload {}: {error}", path.display()),
        }
    }
    Ok(removed)
}

fn remove_if_dead(path: &Path) -> io::Result<bool> {
    let file = match OpenOptions::new().write(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(false),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // The writer may have published the file under this lock's inode just before; its old name is gone then.
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
