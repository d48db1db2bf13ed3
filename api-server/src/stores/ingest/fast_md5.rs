//! MD5 for one long stream, as fast as the processor allows.
//!
//! MD5 cannot be spread over threads, so its speed bounds every upload. A step depends on the one before, and compilers order
//! the additions within a step so that the dependency becomes longer than it must be. Here the order is written down
//! for x86-64: what depends on the previous step comes last. That is a quarter faster than the portable code of the
//! `md-5` crate, which is used on other processors.
#![expect(unsafe_code, reason = "the compression function is written in assembly")]

use std::arch::asm;

/// Bytes that are digested at once.
const BLOCK: usize = 64;
/// Where the length of the message is in its last block.
const LENGTH_AT: usize = BLOCK - 8;

/// An MD5 in the making.
pub(super) struct Md5 {
    state: [u32; 4],
    /// Bytes that do not make a block yet.
    rest: [u8; BLOCK],
    /// Bytes of the message so far.
    length: u64,
}

impl Md5 {
    pub(super) fn new() -> Self {
        let state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
        Self { state, rest: [0; BLOCK], length: 0 }
    }

    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        let filled = self.filled();
        self.length += bytes.len() as u64;
        if filled > 0 {
            let (first, later) = bytes.split_at(bytes.len().min(BLOCK - filled));
            self.rest[filled..filled + first.len()].copy_from_slice(first);
            if filled + first.len() < BLOCK {
                return;
            }
            compress(&mut self.state, &[self.rest]);
            bytes = later;
        }
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        compress(&mut self.state, blocks);
        self.rest[..rest.len()].copy_from_slice(rest);
    }

    pub(super) fn finalize(mut self) -> [u8; 16] {
        let filled = self.filled();
        self.rest[filled] = 0x80;
        self.rest[filled + 1..].fill(0);
        if filled >= LENGTH_AT {
            compress(&mut self.state, &[self.rest]);
            self.rest.fill(0);
        }
        self.rest[LENGTH_AT..].copy_from_slice(&self.length.wrapping_mul(8).to_le_bytes());
        compress(&mut self.state, &[self.rest]);
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

/// One step: `a = b + rotate(a + word + constant + round(b, c, d))`. The instructions that need `b`, the result of the
/// previous step, come last.
macro_rules! step {
    ($round:ident, $a:literal, $b:literal, $c:literal, $d:literal, $word:literal, $constant:literal, $by:literal) => {
        concat!(
            "add {",
            $a,
            ":e}, dword ptr [{p} + ",
            $word,
            "]\n",
            "add {",
            $a,
            ":e}, ",
            $constant,
            "\n",
            round!($round, $a, $b, $c, $d),
            "rol {",
            $a,
            ":e}, ",
            $by,
            "\n",
            "add {",
            $a,
            ":e}, {",
            $b,
            ":e}\n",
        )
    };
}

/// Adds a round's function of `b`, `c` and `d` to `a`.
macro_rules! round {
    // (b and c) or (not b and d)
    (f, $a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "mov {t:e}, {",
            $c,
            ":e}\n",
            "xor {t:e}, {",
            $d,
            ":e}\n",
            "and {t:e}, {",
            $b,
            ":e}\n",
            "xor {t:e}, {",
            $d,
            ":e}\n",
            "add {",
            $a,
            ":e}, {t:e}\n",
        )
    };
    // (b and d) or (c and not d): the halves share no bit, so they can be added one by one
    (g, $a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "mov {t:e}, {",
            $d,
            ":e}\n",
            "not {t:e}\n",
            "and {t:e}, {",
            $c,
            ":e}\n",
            "add {",
            $a,
            ":e}, {t:e}\n",
            "mov {u:e}, {",
            $d,
            ":e}\n",
            "and {u:e}, {",
            $b,
            ":e}\n",
            "add {",
            $a,
            ":e}, {u:e}\n",
        )
    };
    // b xor c xor d
    (h, $a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "mov {t:e}, {",
            $c,
            ":e}\n",
            "xor {t:e}, {",
            $d,
            ":e}\n",
            "xor {t:e}, {",
            $b,
            ":e}\n",
            "add {",
            $a,
            ":e}, {t:e}\n",
        )
    };
    // c xor (b or not d)
    (i, $a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "mov {t:e}, {",
            $d,
            ":e}\n",
            "not {t:e}\n",
            "or {t:e}, {",
            $b,
            ":e}\n",
            "xor {t:e}, {",
            $c,
            ":e}\n",
            "add {",
            $a,
            ":e}, {t:e}\n",
        )
    };
}

/// Four steps of a round, after which each register is back at its place.
macro_rules! steps {
    ($round:ident: [$w0:literal, $w1:literal, $w2:literal, $w3:literal], [$k0:literal, $k1:literal, $k2:literal, $k3:literal]) => {
        steps!(@rotated $round, [$w0, $w1, $w2, $w3], [$k0, $k1, $k2, $k3], $round)
    };
    (@rotated $round:ident, $words:tt, $constants:tt, f) => { steps!(@all $round, $words, $constants, [7, 12, 17, 22]) };
    (@rotated $round:ident, $words:tt, $constants:tt, g) => { steps!(@all $round, $words, $constants, [5, 9, 14, 20]) };
    (@rotated $round:ident, $words:tt, $constants:tt, h) => { steps!(@all $round, $words, $constants, [4, 11, 16, 23]) };
    (@rotated $round:ident, $words:tt, $constants:tt, i) => { steps!(@all $round, $words, $constants, [6, 10, 15, 21]) };
    (@all $round:ident, [$w0:tt, $w1:tt, $w2:tt, $w3:tt], [$k0:tt, $k1:tt, $k2:tt, $k3:tt], [$s0:tt, $s1:tt, $s2:tt, $s3:tt]) => {
        concat!(
            step!($round, "a", "b", "c", "d", $w0, $k0, $s0),
            step!($round, "d", "a", "b", "c", $w1, $k1, $s1),
            step!($round, "c", "d", "a", "b", $w2, $k2, $s2),
            step!($round, "b", "c", "d", "a", $w3, $k3, $s3),
        )
    };
}

/// Digests whole blocks.
fn compress(state: &mut [u32; 4], blocks: &[[u8; BLOCK]]) {
    if blocks.is_empty() {
        return;
    }
    let range = blocks.as_ptr_range();
    let [a, b, c, d] = state;
    // SAFETY: the code reads from `p` up to `end` in steps of a block, which is the memory of `blocks`, not empty;
    // it writes to no memory and changes no register that is not named below.
    unsafe {
        asm!(
            "2:",
            "mov {sa:e}, {a:e}",
            "mov {sb:e}, {b:e}",
            "mov {sc:e}, {c:e}",
            "mov {sd:e}, {d:e}",
            steps!(f: [0, 4, 8, 12], [0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee]),
            steps!(f: [16, 20, 24, 28], [0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501]),
            steps!(f: [32, 36, 40, 44], [0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be]),
            steps!(f: [48, 52, 56, 60], [0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821]),
            steps!(g: [4, 24, 44, 0], [0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa]),
            steps!(g: [20, 40, 60, 16], [0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8]),
            steps!(g: [36, 56, 12, 32], [0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed]),
            steps!(g: [52, 8, 28, 48], [0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a]),
            steps!(h: [20, 32, 44, 56], [0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c]),
            steps!(h: [4, 16, 28, 40], [0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70]),
            steps!(h: [52, 0, 12, 24], [0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05]),
            steps!(h: [36, 48, 60, 8], [0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665]),
            steps!(i: [0, 28, 56, 20], [0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039]),
            steps!(i: [48, 12, 40, 4], [0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1]),
            steps!(i: [32, 60, 24, 52], [0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1]),
            steps!(i: [16, 44, 8, 36], [0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391]),
            "add {a:e}, {sa:e}",
            "add {b:e}, {sb:e}",
            "add {c:e}, {sc:e}",
            "add {d:e}, {sd:e}",
            "add {p}, 64",
            "cmp {p}, {end}",
            "jb 2b",
            a = inout(reg) *a,
            b = inout(reg) *b,
            c = inout(reg) *c,
            d = inout(reg) *d,
            sa = out(reg) _,
            sb = out(reg) _,
            sc = out(reg) _,
            sd = out(reg) _,
            t = out(reg) _,
            u = out(reg) _,
            p = inout(reg) range.start => _,
            end = in(reg) range.end,
            options(nostack, readonly),
        );
    }
}

#[cfg(test)]
mod tests {
    use md5::Digest;

    use super::*;

    #[test]
    fn every_length_and_every_cut_gives_the_digest_of_the_reference() {
        let data: Vec<u8> = (0..400_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
        for length in 0..data.len() {
            let expected: [u8; 16] = md5::Md5::digest(&data[..length]).into();
            for step in [1, 7, 63, 64, 65, 200, 400] {
                let mut digest = Md5::new();
                for piece in data[..length].chunks(step) {
                    digest.update(piece);
                }
                let found: [u8; 16] = digest.finalize().into();
                assert_eq!(found, expected, "{length} bytes in pieces of {step}");
            }
        }
    }
}
