//! MD5 and SHA-512 of one long stream, in one pass.

use super::md5::Md5;
use super::together::{BLOCK, Work};

/// Bytes of the message's length at the end of SHA-512's last block.
const LENGTH_BYTES: usize = 16;

/// Both digests in the making.
pub(in super::super) struct Md5Sha512 {
    work: Work,
    /// Bytes that do not make a block yet.
    rest: [u8; BLOCK],
    /// Bytes of the message so far.
    length: u64,
}

impl Md5Sha512 {
    /// Begins, on a processor that can do it.
    pub(in super::super) fn new() -> Option<Self> {
        Some(Self { work: Work::new()?, rest: [0; BLOCK], length: 0 })
    }

    pub(in super::super) fn update(&mut self, mut bytes: &[u8]) {
        let filled = self.filled();
        self.length += bytes.len() as u64;
        if filled > 0 {
            let (first, later) = bytes.split_at(bytes.len().min(BLOCK - filled));
            self.rest[filled..filled + first.len()].copy_from_slice(first);
            if filled + first.len() < BLOCK {
                return;
            }
            self.work.compress(&[self.rest]);
            bytes = later;
        }
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        self.work.compress(blocks);
        self.rest[..rest.len()].copy_from_slice(rest);
    }

    /// MD5 and SHA-512.
    pub(in super::super) fn finalize(mut self) -> ([u8; 16], [u8; 64]) {
        let filled = self.filled();
        let mut md5 = Md5::resume(self.work.md5, self.length - filled as u64);
        md5.update(&self.rest[..filled]);

        let mut last = [[0; BLOCK]; 2];
        let count = if filled + 1 + LENGTH_BYTES <= BLOCK { 1 } else { 2 };
        let bytes = last[..count].as_flattened_mut();
        bytes[..filled].copy_from_slice(&self.rest[..filled]);
        bytes[filled] = 0x80;
        let bits = u128::from(self.length) * 8;
        bytes[count * BLOCK - LENGTH_BYTES..].copy_from_slice(&bits.to_be_bytes());
        // The MD5 beside it means nothing any more.
        self.work.compress(&last[..count]);
        let mut sha512 = [0; 64];
        for (place, word) in sha512.chunks_exact_mut(8).zip(self.work.sha512) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        (md5.finalize(), sha512)
    }

    /// Number of bytes in `rest`.
    fn filled(&self) -> usize {
        (self.length % BLOCK as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use sha2::Digest;

    use super::*;

    #[test]
    fn every_length_and_every_cut_gives_the_digests_of_the_reference() {
        // Where the processor lacks the instructions the digests are computed one by one.
        if Md5Sha512::new().is_none() {
            return;
        }
        let data: Vec<u8> = (0..1100_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
        let cuts = [1, 63, 64, 127, 128, 129, 300, 1100];
        for length in 0..data.len() {
            let md5: [u8; 16] = md5::Md5::digest(&data[..length]).into();
            let sha512: [u8; 64] = sha2::Sha512::digest(&data[..length]).into();
            for step in cuts {
                let mut both = Md5Sha512::new().unwrap();
                for piece in data[..length].chunks(step) {
                    both.update(piece);
                }
                assert_eq!(both.finalize(), (md5, sha512), "{length} bytes in pieces of {step}");
            }
        }
    }
}
