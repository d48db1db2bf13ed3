//! MD5 as a text of instructions.

/// Four steps in a row, the first of them number 4n, after which each register is back at its place: the rounds f, g, h
/// and i, with the place of each step's message word and constant in bytes, and by how many bits it rotates.
/// `$step` writes one step; the block is `$at` bytes from the pointer.
#[rustfmt::skip]
macro_rules! md5_steps {
    (0, $at:tt, $step:ident) => { four_steps!($step, $at, f, [0, 4, 8, 12], [0, 4, 8, 12], [7, 12, 17, 22]) };
    (1, $at:tt, $step:ident) => { four_steps!($step, $at, f, [16, 20, 24, 28], [16, 20, 24, 28], [7, 12, 17, 22]) };
    (2, $at:tt, $step:ident) => { four_steps!($step, $at, f, [32, 36, 40, 44], [32, 36, 40, 44], [7, 12, 17, 22]) };
    (3, $at:tt, $step:ident) => { four_steps!($step, $at, f, [48, 52, 56, 60], [48, 52, 56, 60], [7, 12, 17, 22]) };
    (4, $at:tt, $step:ident) => { four_steps!($step, $at, g, [4, 24, 44, 0], [64, 68, 72, 76], [5, 9, 14, 20]) };
    (5, $at:tt, $step:ident) => { four_steps!($step, $at, g, [20, 40, 60, 16], [80, 84, 88, 92], [5, 9, 14, 20]) };
    (6, $at:tt, $step:ident) => { four_steps!($step, $at, g, [36, 56, 12, 32], [96, 100, 104, 108], [5, 9, 14, 20]) };
    (7, $at:tt, $step:ident) => { four_steps!($step, $at, g, [52, 8, 28, 48], [112, 116, 120, 124], [5, 9, 14, 20]) };
    (8, $at:tt, $step:ident) => { four_steps!($step, $at, h, [20, 32, 44, 56], [128, 132, 136, 140], [4, 11, 16, 23]) };
    (9, $at:tt, $step:ident) => { four_steps!($step, $at, h, [4, 16, 28, 40], [144, 148, 152, 156], [4, 11, 16, 23]) };
    (10, $at:tt, $step:ident) => { four_steps!($step, $at, h, [52, 0, 12, 24], [160, 164, 168, 172], [4, 11, 16, 23]) };
    (11, $at:tt, $step:ident) => { four_steps!($step, $at, h, [36, 48, 60, 8], [176, 180, 184, 188], [4, 11, 16, 23]) };
    (12, $at:tt, $step:ident) => { four_steps!($step, $at, i, [0, 28, 56, 20], [192, 196, 200, 204], [6, 10, 15, 21]) };
    (13, $at:tt, $step:ident) => { four_steps!($step, $at, i, [48, 12, 40, 4], [208, 212, 216, 220], [6, 10, 15, 21]) };
    (14, $at:tt, $step:ident) => { four_steps!($step, $at, i, [32, 60, 24, 52], [224, 228, 232, 236], [6, 10, 15, 21]) };
    (15, $at:tt, $step:ident) => { four_steps!($step, $at, i, [16, 44, 8, 36], [240, 244, 248, 252], [6, 10, 15, 21]) };
}

macro_rules! four_steps {
    (
        $step:ident, $at:tt, $round:ident,
        [$w0:tt, $w1:tt, $w2:tt, $w3:tt], [$k0:tt, $k1:tt, $k2:tt, $k3:tt], [$s0:tt, $s1:tt, $s2:tt, $s3:tt]
    ) => {
        concat!(
            $step!($round, $at, "a", "b", "c", "d", $w0, $k0, $s0),
            $step!($round, $at, "d", "a", "b", "c", $w1, $k1, $s1),
            $step!($round, $at, "c", "d", "a", "b", $w2, $k2, $s2),
            $step!($round, $at, "b", "c", "d", "a", $w3, $k3, $s3),
        )
    };
}

/// All 64 steps.
macro_rules! all_md5_steps {
    ($step:ident) => {
        concat!(
            md5_steps!(0, 0, $step),
            md5_steps!(1, 0, $step),
            md5_steps!(2, 0, $step),
            md5_steps!(3, 0, $step),
            md5_steps!(4, 0, $step),
            md5_steps!(5, 0, $step),
            md5_steps!(6, 0, $step),
            md5_steps!(7, 0, $step),
            md5_steps!(8, 0, $step),
            md5_steps!(9, 0, $step),
            md5_steps!(10, 0, $step),
            md5_steps!(11, 0, $step),
            md5_steps!(12, 0, $step),
            md5_steps!(13, 0, $step),
            md5_steps!(14, 0, $step),
            md5_steps!(15, 0, $step),
        )
    };
}

/// One step in vector registers, of which one lane is in use: AVX-512 has the functions of all rounds as one instruction.
/// `t` starts as `c`, so that copying it does not wait for the previous step.
#[rustfmt::skip]
macro_rules! vector_step {
    ($round:ident, $at:tt, $a:tt, $b:tt, $c:tt, $d:tt, $word:tt, $constant:tt, $by:tt) => {
        concat!(
            "vpaddd {m", $a, ":x}, {m", $a, ":x}, dword ptr [{p} + ", $at, " + ", $word, "]{{1to4}}\n",
            "vmovdqa32 {mt:x}, {m", $c, ":x}\n",
            "vpaddd {m", $a, ":x}, {m", $a, ":x}, dword ptr [rip + {md5_k} + ", $constant, "]{{1to4}}\n",
            "vpternlogd {mt:x}, {m", $b, ":x}, {m", $d, ":x}, ", truth_table!($round), "\n",
            "vpaddd {m", $a, ":x}, {m", $a, ":x}, {mt:x}\n",
            "vprold {m", $a, ":x}, {m", $a, ":x}, ", $by, "\n",
            "vpaddd {m", $a, ":x}, {m", $a, ":x}, {m", $b, ":x}\n",
        )
    };
}

/// A round's function: the bit for (c, b, d) is the one at position 4c + 2b + d.
macro_rules! truth_table {
    (f) => {
        0b1110_0010
    };
    (g) => {
        0b1101_1000
    };
    (h) => {
        0b1001_0110
    };
    (i) => {
        0b0010_1101
    };
}
