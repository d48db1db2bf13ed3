//! Signatures that were used: each is good for one request.

use std::collections::HashSet;

use glance_common::registry_auth::{MAX_SKEW_SECONDS, Stamp};

/// Seconds that are remembered: a signature made now may be checked for as long as clocks may differ both ways.
/// One slot more keeps a second's slot untouched until none of its signatures is fresh any more.
const SLOTS: usize = 2 * MAX_SKEW_SECONDS as usize + 2;

/// Signatures of one second that are remembered; more are refused until the next second. Only who knows the secret
/// can fill a slot. Bounds the memory to some 60 MiB.
const PER_SECOND: usize = 20_000;

/// The stamps of the last two minutes, by the second in which they were made.
#[derive(Debug)]
pub(super) struct Nonces {
    slots: Vec<Slot>,
}

#[derive(Debug, Default, Clone)]
struct Slot {
    time: u64,
    nonces: HashSet<u64>,
}

/// Whether a stamp may be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It is new, and known from now on.
    First,
    /// It was accepted before.
    Again,
    /// The second is full.
    TooMany,
}

impl Default for Nonces {
    fn default() -> Self {
        Self { slots: vec![Slot::default(); SLOTS] }
    }
}

impl Nonces {
    /// Note the stamp of a good and fresh signature.
    pub(super) fn see(&mut self, stamp: Stamp) -> Seen {
        let index = usize::try_from(stamp.time % SLOTS as u64).unwrap_or(0);
        let slot = &mut self.slots[index];
        if slot.time != stamp.time {
            // Fresh stamps lie closer together than there are slots: what is here is stale.
            *slot = Slot { time: stamp.time, nonces: HashSet::new() };
        }
        if slot.nonces.contains(&stamp.nonce) {
            return Seen::Again;
        }
        if slot.nonces.len() >= PER_SECOND {
            return Seen::TooMany;
        }
        slot.nonces.insert(stamp.nonce);
        Seen::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_accepted_once_while_it_is_fresh() {
        let mut nonces = Nonces::default();
        let stamp = |time, nonce| Stamp { time, nonce };
        assert_eq!(nonces.see(stamp(1000, 1)), Seen::First);
        for later in 1001..=1000 + 2 * MAX_SKEW_SECONDS {
            assert_eq!(nonces.see(stamp(later, 1)), Seen::First);
            assert_eq!(nonces.see(stamp(1000, 1)), Seen::Again, "at {later}");
        }
        assert_eq!(nonces.see(stamp(1000, 2)), Seen::First);
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut nonces = Nonces::default();
        let accepted =
            (0..PER_SECOND as u64 + 5).filter(|nonce| nonces.see(Stamp { time: 5, nonce: *nonce }) == Seen::First);
        assert_eq!(accepted.count(), PER_SECOND);
        assert_eq!(nonces.see(Stamp { time: 6, nonce: 0 }), Seen::First);
    }
}
