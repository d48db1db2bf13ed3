//! SHA-512 as a text of instructions: rounds in ordinary registers, the message schedule in vector registers.

/// One round, beginning with the sum of message word and constant that is at `$slot` of the work space. `a` to `h` are the
/// state's registers; `x` holds `b xor c` before and `y` holds `a xor b` after, which is the next round's `b xor c`, so that
/// the majority `((a xor b) and (b xor c)) xor b` costs three instructions.
#[rustfmt::skip]
macro_rules! sha512_round {
    ($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt, $x:tt, $y:tt, $slot:tt) => {
        concat!(
            "add {", $h, "}, qword ptr [{w} + ", $slot, "]\n",
            "mov {", $y, "}, {", $f, "}\n",
            "rorx {t}, {", $e, "}, 41\n",
            "xor {", $y, "}, {", $g, "}\n",
            "and {", $y, "}, {", $e, "}\n",
            "xor {", $y, "}, {", $g, "}\n",
            "add {", $h, "}, {", $y, "}\n",
            "rorx {", $y, "}, {", $e, "}, 18\n",
            "xor {t}, {", $y, "}\n",
            "rorx {", $y, "}, {", $e, "}, 14\n",
            "xor {t}, {", $y, "}\n",
            "add {", $h, "}, {t}\n",
            "add {", $d, "}, {", $h, "}\n",
            "rorx {t}, {", $a, "}, 39\n",
            "rorx {", $y, "}, {", $a, "}, 34\n",
            "xor {t}, {", $y, "}\n",
            "rorx {", $y, "}, {", $a, "}, 28\n",
            "xor {t}, {", $y, "}\n",
            "add {", $h, "}, {t}\n",
            "mov {", $y, "}, {", $a, "}\n",
            "xor {", $y, "}, {", $b, "}\n",
            "and {", $x, "}, {", $y, "}\n",
            "xor {", $x, "}, {", $b, "}\n",
            "add {", $h, "}, {", $x, "}\n",
        )
    };
}

/// Two rounds, after which `x` and `y` have their meaning again.
#[rustfmt::skip]
macro_rules! sha512_round_pair {
    ($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt, $s0:tt, $s1:tt) => {
        concat!(
            sha512_round!($a $b $c $d $e $f $g $h, "x", "y", $s0),
            sha512_round!($h $a $b $c $d $e $f $g, "y", "x", $s1),
        )
    };
}

/// The two rounds that begin with the words at 16n of the work space. Each moves the state's meaning by one register.
#[rustfmt::skip]
macro_rules! sha512_rounds {
    (0) => { sha512_round_pair!("a" "b" "c" "d" "e" "f" "g" "h", 0, 8) };
    (1) => { sha512_round_pair!("g" "h" "a" "b" "c" "d" "e" "f", 16, 24) };
    (2) => { sha512_round_pair!("e" "f" "g" "h" "a" "b" "c" "d", 32, 40) };
    (3) => { sha512_round_pair!("c" "d" "e" "f" "g" "h" "a" "b", 48, 56) };
    (4) => { sha512_round_pair!("a" "b" "c" "d" "e" "f" "g" "h", 64, 72) };
    (5) => { sha512_round_pair!("g" "h" "a" "b" "c" "d" "e" "f", 80, 88) };
    (6) => { sha512_round_pair!("e" "f" "g" "h" "a" "b" "c" "d", 96, 104) };
    (7) => { sha512_round_pair!("c" "d" "e" "f" "g" "h" "a" "b", 112, 120) };
}

/// Two words of the message schedule, 16 rounds ahead: `w[t] = w[t-16] + s0(w[t-15]) + w[t-7] + s1(w[t-2])`. The last sixteen
/// words are in eight registers; `$x0` has w[t-16] and w[t-15] and gets the new ones. Their sums with the constants at `$k`
/// go to `$slot` of the work space.
#[rustfmt::skip]
macro_rules! sha512_schedule {
    ($x0:tt, $x1:tt, $x4:tt, $x5:tt, $x7:tt, $slot:tt, $k:tt) => {
        concat!(
            "vpalignr {v0}, {", $x1, "}, {", $x0, "}, 8\n",
            "vpalignr {v1}, {", $x5, "}, {", $x4, "}, 8\n",
            "vprorq {v2}, {v0}, 1\n",
            "vpaddq {", $x0, "}, {", $x0, "}, {v1}\n",
            "vprorq {v1}, {v0}, 8\n",
            "vpsrlq {v0}, {v0}, 7\n",
            "vpternlogq {v0}, {v1}, {v2}, 0x96\n",
            "vprorq {v1}, {", $x7, "}, 19\n",
            "vprorq {v2}, {", $x7, "}, 61\n",
            "vpaddq {", $x0, "}, {", $x0, "}, {v0}\n",
            "vpsrlq {v0}, {", $x7, "}, 6\n",
            "vpternlogq {v0}, {v1}, {v2}, 0x96\n",
            "vpaddq {", $x0, "}, {", $x0, "}, {v0}\n",
            "vpaddq {v0}, {", $x0, "}, xmmword ptr [rip + {k} + ", $k, "]\n",
            "vmovdqa xmmword ptr [{w} + ", $slot, "], {v0}\n",
        )
    };
}

/// The schedule step that refills what the rounds of the same number have used.
#[rustfmt::skip]
macro_rules! sha512_words {
    (0, $k:tt) => { sha512_schedule!("x0", "x1", "x4", "x5", "x7", 0, $k) };
    (1, $k:tt) => { sha512_schedule!("x1", "x2", "x5", "x6", "x0", 16, $k) };
    (2, $k:tt) => { sha512_schedule!("x2", "x3", "x6", "x7", "x1", 32, $k) };
    (3, $k:tt) => { sha512_schedule!("x3", "x4", "x7", "x0", "x2", 48, $k) };
    (4, $k:tt) => { sha512_schedule!("x4", "x5", "x0", "x1", "x3", 64, $k) };
    (5, $k:tt) => { sha512_schedule!("x5", "x6", "x1", "x2", "x4", 80, $k) };
    (6, $k:tt) => { sha512_schedule!("x6", "x7", "x2", "x3", "x5", 96, $k) };
    (7, $k:tt) => { sha512_schedule!("x7", "x0", "x3", "x4", "x6", 112, $k) };
}

/// Two rounds, and the words that will stand in place of theirs.
#[rustfmt::skip]
macro_rules! sha512_step {
    ($slot:tt, $k:tt) => { concat!(sha512_rounds!($slot), sha512_words!($slot, $k)) };
}

/// The first words of a block: big-endian in the message.
#[rustfmt::skip]
macro_rules! sha512_load {
    ($x:tt, $at:tt) => {
        concat!(
            "vmovdqu {", $x, "}, xmmword ptr [{p} + ", $at, "]\n",
            "vpshufb {", $x, "}, {", $x, "}, {swap}\n",
            "vpaddq {v0}, {", $x, "}, xmmword ptr [rip + {k} + ", $at, "]\n",
            "vmovdqa xmmword ptr [{w} + ", $at, "], {v0}\n",
        )
    };
}

/// Adds a register to the state in the work space, and takes the sum.
#[rustfmt::skip]
macro_rules! sha512_add {
    ($r:tt, $at:tt) => {
        concat!("add {", $r, "}, qword ptr [{w} + ", $at, "]\nmov qword ptr [{w} + ", $at, "], {", $r, "}\n")
    };
}
