//! What the system's errors mean to the callers of a store (spec/stores.md §4.3, §4.5).

use std::io;

use super::super::{StoreError, StoreErrorKind};

/// An error while an object is written.
pub(super) fn write(error: io::Error) -> StoreError {
    let kind = match error.raw_os_error() {
        Some(libc::ENOSPC | libc::EFBIG | libc::EDQUOT) => StoreErrorKind::StorageFull,
        Some(libc::EACCES | libc::EPERM | libc::EROFS) => StoreErrorKind::StorageWriteDenied,
        Some(libc::EEXIST) => StoreErrorKind::Duplicate,
        _ => StoreErrorKind::Backend,
    };
    StoreError::from(kind).caused_by(error)
}

/// An error while an object is looked up or opened.
pub(super) fn call(error: io::Error) -> StoreError {
    let kind = match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENOTDIR) => StoreErrorKind::NotFound,
        Some(libc::EACCES | libc::EPERM) => StoreErrorKind::Forbidden,
        _ => StoreErrorKind::Backend,
    };
    StoreError::from(kind).caused_by(error)
}

/// An error while an object is removed: whatever is not absence is a refusal.
pub(super) fn delete(error: io::Error) -> StoreError {
    let kind = match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENOTDIR) => StoreErrorKind::NotFound,
        _ => StoreErrorKind::Forbidden,
    };
    StoreError::from(kind).caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_keep_their_meaning() {
        let kind = |error: StoreError| format!("{:?}", error.kind());
        let cases = [
            (libc::ENOSPC, "StorageFull", "Backend", "Forbidden"),
            (libc::EFBIG, "StorageFull", "Backend", "Forbidden"),
            (libc::EDQUOT, "StorageFull", "Backend", "Forbidden"),
            (libc::EACCES, "StorageWriteDenied", "Forbidden", "Forbidden"),
            (libc::EROFS, "StorageWriteDenied", "Backend", "Forbidden"),
            (libc::EEXIST, "Duplicate", "Backend", "Forbidden"),
            (libc::ENOENT, "Backend", "NotFound", "NotFound"),
            (libc::EIO, "Backend", "Backend", "Forbidden"),
        ];
        for (errno, on_write, on_call, on_delete) in cases {
            let error = || io::Error::from_raw_os_error(errno);
            assert_eq!(kind(write(error())), on_write, "{errno}");
            assert_eq!(kind(call(error())), on_call, "{errno}");
            assert_eq!(kind(delete(error())), on_delete, "{errno}");
        }
    }
}
