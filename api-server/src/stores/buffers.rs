//! Memory for bodies on their way: pieces of one size, copied into once and then shared by reference.
//!
//! What a connection reads into belongs to the framework, in blocks whose size depends on how the bytes came. A body is
//! copied out of them at once, which costs little beside its digests; then a transfer holds a number of bytes that
//! is known. All transfers share a budget: a single one gets enough to keep every thread busy, many at once get less
//! each, and none gets less than it needs to go on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

/// Bytes of a piece.
pub const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that all transfers share.
const BUDGET: usize = 128;
/// Most pieces of one transfer.
const MOST: usize = 16;
/// Pieces that every transfer may hold, however many there are.
const LEAST: usize = 3;
/// Pieces that are kept for later when nobody holds them.
const SPARE: usize = MOST;

/// The budget of a server. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Buffers(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    transfers: AtomicUsize,
    spare: Mutex<Vec<Vec<u8>>>,
}

impl Buffers {
    /// A transfer's share of the budget.
    #[must_use]
    pub fn share(&self) -> Share {
        self.0.transfers.fetch_add(1, Ordering::Relaxed);
        Share { shared: Arc::clone(&self.0), held: Arc::default() }
    }
}

/// What one transfer holds and may hold.
#[derive(Debug)]
pub struct Share {
    shared: Arc<Shared>,
    held: Arc<Held>,
}

#[derive(Debug, Default)]
struct Held {
    pieces: AtomicUsize,
    returned: Notify,
}

impl Share {
    /// An empty piece; waits until enough of this transfer's pieces have been dropped.
    pub async fn piece(&self) -> Piece {
        while self.held.pieces.load(Ordering::Acquire) >= self.shared.most_for_one() {
            // A piece that returned since the look left a permit.
            self.held.returned.notified().await;
        }
        self.held.pieces.fetch_add(1, Ordering::AcqRel);
        let bytes = self.shared.spare().pop().unwrap_or_else(|| Vec::with_capacity(PIECE_BYTES));
        Piece { bytes, held: Arc::clone(&self.held), shared: Arc::clone(&self.shared) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shared.transfers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shared {
    /// How many pieces a transfer may hold beside the others.
    fn most_for_one(&self) -> usize {
        (BUDGET / self.transfers.load(Ordering::Relaxed).max(1)).clamp(LEAST, MOST)
    }

    fn spare(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory for a part of a body. It is free again when the piece, or the last reference to its bytes, is dropped.
#[derive(Debug)]
pub struct Piece {
    bytes: Vec<u8>,
    held: Arc<Held>,
    shared: Arc<Shared>,
}

impl Piece {
    /// Bytes that still fit.
    #[must_use]
    pub fn room(&self) -> usize {
        PIECE_BYTES - self.bytes.len()
    }

    /// Whether nothing is in it yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes as many of the bytes as fit off their front.
    pub fn fill(&mut self, from: &mut Bytes) {
        let fitting = from.split_to(from.len().min(self.room()));
        self.bytes.extend_from_slice(&fitting);
    }

    /// The bytes, to be shared by reference.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        let mut spare = self.shared.spare();
        if spare.len() < SPARE {
            spare.push(bytes);
        }
        drop(spare);
        self.held.pieces.fetch_sub(1, Ordering::AcqRel);
        self.held.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn take_all(share: &Share) -> Vec<Piece> {
        std::iter::from_fn(|| share.piece().now_or_never()).collect()
    }

    #[test]
    fn a_single_transfer_gets_much_and_many_get_less_but_never_nothing() {
        for (transfers, each) in [(1, MOST), (8, 16), (16, 8), (32, 4), (100, LEAST)] {
            let buffers = Buffers::default();
            let shares: Vec<Share> = (0..transfers).map(|_| buffers.share()).collect();
            let held: Vec<usize> = shares.iter().map(take_all).map(|pieces| pieces.len()).collect();
            assert_eq!(held, vec![each; transfers]);
        }
    }

    #[tokio::test]
    async fn a_piece_is_free_again_with_the_last_reference_to_its_bytes() {
        let share = Buffers::default().share();
        let mut pieces = take_all(&share);
        let mut piece = pieces.pop().unwrap();
        piece.fill(&mut Bytes::from_static(b"abc"));
        let bytes = piece.into_bytes();
        let other = bytes.slice(..);
        drop(bytes);
        assert!(share.piece().now_or_never().is_none());
        let waiting = share.piece();
        let releasing = async { drop(other) };
        let (again, ()) = tokio::join!(waiting, releasing);
        assert!(again.is_empty() && share.piece().now_or_never().is_none());
    }

    #[test]
    fn a_piece_takes_what_fits() {
        let mut piece = Buffers::default().share().piece().now_or_never().unwrap();
        let mut from = Bytes::from(vec![7; PIECE_BYTES + 10]);
        let mut first = from.split_to(3);
        piece.fill(&mut first);
        assert_eq!((piece.room(), first.len()), (PIECE_BYTES - 3, 0));
        piece.fill(&mut from);
        assert_eq!((piece.room(), from.len()), (0, 10));
        assert_eq!(piece.into_bytes(), vec![7; PIECE_BYTES]);
    }

    #[test]
    fn the_memory_of_one_transfer_is_kept_for_the_next() {
        let buffers = Buffers::default();
        drop(take_all(&buffers.share()));
        assert_eq!(buffers.0.spare().len(), SPARE);
        let _held = take_all(&buffers.share());
        assert_eq!(buffers.0.spare().len(), SPARE - MOST);
    }
}
