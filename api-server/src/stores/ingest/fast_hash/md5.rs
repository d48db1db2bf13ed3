//! MD5 for one long stream, as fast as the processor allows.
//!
//! Each step depends on the one before, and compilers order the additions within a step so that this dependency becomes
//! longer than it must be. Here the order is written down for x86-64: what depends on the previous step comes last.
//! [`vector`] needs AVX-512, whose three-way logic makes a step one instruction shorter; [`scalar`] runs everywhere.
//! They are about 1.4 and 1.25 times as fast as the portable code of the `md-5` crate, which is used on other
//! processors.

use super::{scalar, vector};

/// Adds whole blocks to a state.
pub(super) type Compress = fn(&mut [u32; 4], &[[u8; BLOCK]]);

/// The constants of the steps: the first 32 bits of the sines of 1 to 64, without sign.
#[rustfmt::skip]
pub(super) static CONSTANTS: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee,
    0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be,
    0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa,
    0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed,
    0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c,
    0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05,
    0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039,
    0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1,
    0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// The state before the first byte.
pub(super) const START: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
/// Bytes that are digested at once.
pub(super) const BLOCK: usize = 64;
/// Where the length of the message is in its last block.
const LENGTH_AT: usize = BLOCK - 8;

/// An MD5 in the making.
pub(in super::super) struct Md5 {
    state: [u32; 4],
    /// Bytes that do not make a block yet.
    rest: [u8; BLOCK],
    /// Bytes of the message so far.
    length: u64,
    compress: Compress,
}

impl Md5 {
    /// The fastest way that this processor has.
    pub(in super::super) fn new() -> Self {
        Self::with(vector::compress().unwrap_or(scalar::compress))
    }

    /// Goes on where `length` bytes, whole blocks, have led to `state`.
    pub(super) fn resume(state: [u32; 4], length: u64) -> Self {
        Self { state, length, ..Self::new() }
    }

    fn with(compress: Compress) -> Self {
        Self { state: START, rest: [0; BLOCK], length: 0, compress }
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
            (self.compress)(&mut self.state, &[self.rest]);
            bytes = later;
        }
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        (self.compress)(&mut self.state, blocks);
        self.rest[..rest.len()].copy_from_slice(rest);
    }

    pub(in super::super) fn finalize(mut self) -> [u8; 16] {
        let filled = self.filled();
        self.rest[filled] = 0x80;
        self.rest[filled + 1..].fill(0);
        if filled >= LENGTH_AT {
            (self.compress)(&mut self.state, &[self.rest]);
            self.rest.fill(0);
        }
        self.rest[LENGTH_AT..].copy_from_slice(&self.length.wrapping_mul(8).to_le_bytes());
        (self.compress)(&mut self.state, &[self.rest]);
        let mut digest = [0; 16];
        for (place, word) in digest.chunks_exact_mut(4).zip(self.state) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        digest
    }

    /// Number of bytes in `rest`.
    fn filled(&self) -> usize {
        (self.length % BLOCK as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use md5::Digest;

    use super::*;

    #[test]
    fn every_length_and_every_cut_gives_the_digest_of_the_reference() {
        let ways: Vec<Compress> =
            [Some(scalar::compress as Compress), vector::compress()].into_iter().flatten().collect();
        let data: Vec<u8> = (0..400_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
        for length in 0..data.len() {
            let expected: [u8; 16] = md5::Md5::digest(&data[..length]).into();
            for (step, way) in
                [1, 7, 63, 64, 65, 200, 400].into_iter().flat_map(|step| ways.iter().map(move |way| (step, way)))
            {
                let mut digest = Md5::with(*way);
                for piece in data[..length].chunks(step) {
                    digest.update(piece);
                }
                assert_eq!(digest.finalize(), expected, "{length} bytes in pieces of {step}");
            }
        }
    }
}
