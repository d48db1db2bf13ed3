//! The steps of MD5 in ordinary registers.

use std::arch::asm;

use super::md5::{BLOCK, CONSTANTS};

/// One step: `a = b + rotate(a + word + constant + round(b, c, d))`. The instructions that need `b`, the result of the
/// previous step, come last.
macro_rules! step {
    ($round:ident, $at:tt, $a:tt, $b:tt, $c:tt, $d:tt, $word:tt, $constant:tt, $by:tt) => {
        concat!(
            "add {",
            $a,
            ":e}, dword ptr [{p} + ",
            $at,
            " + ",
            $word,
            "]\n",
            "add {",
            $a,
            ":e}, dword ptr [rip + {k} + ",
            $constant,
            "]\n",
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
    (f, $a:tt, $b:tt, $c:tt, $d:tt) => {
        concat!(
            "mov {t:e}, {",
            $c,
            ":e}\nxor {t:e}, {",
            $d,
            ":e}\n",
            "and {t:e}, {",
            $b,
            ":e}\nxor {t:e}, {",
            $d,
            ":e}\n",
            "add {",
            $a,
            ":e}, {t:e}\n",
        )
    };
    // (b and d) or (c and not d): the halves share no bit, so they can be added one by one
    (g, $a:tt, $b:tt, $c:tt, $d:tt) => {
        concat!(
            "mov {t:e}, {",
            $d,
            ":e}\nnot {t:e}\nand {t:e}, {",
            $c,
            ":e}\n",
            "add {",
            $a,
            ":e}, {t:e}\n",
            "mov {t:e}, {",
            $d,
            ":e}\nand {t:e}, {",
            $b,
            ":e}\n",
            "add {",
            $a,
            ":e}, {t:e}\n",
        )
    };
    // b xor c xor d
    (h, $a:tt, $b:tt, $c:tt, $d:tt) => {
        concat!(
            "mov {t:e}, {",
            $c,
            ":e}\nxor {t:e}, {",
            $d,
            ":e}\n",
            "xor {t:e}, {",
            $b,
            ":e}\nadd {",
            $a,
            ":e}, {t:e}\n",
        )
    };
    // c xor (b or not d)
    (i, $a:tt, $b:tt, $c:tt, $d:tt) => {
        concat!(
            "mov {t:e}, {",
            $d,
            ":e}\nnot {t:e}\n",
            "or {t:e}, {",
            $b,
            ":e}\nxor {t:e}, {",
            $c,
            ":e}\n",
            "add {",
            $a,
            ":e}, {t:e}\n",
        )
    };
}

/// Adds whole blocks to a state.
pub(super) fn compress(state: &mut [u32; 4], blocks: &[[u8; BLOCK]]) {
    if blocks.is_empty() {
        return;
    }
    let range = blocks.as_ptr_range();
    let [a, b, c, d] = state;
    // SAFETY: the code reads the constants, and the memory of `blocks`, which is not empty, from `p` up to `end` in steps of
    // a block (what it prefetches beyond is a hint and cannot fault). It writes to no memory and changes no
    // register that is not named below.
    unsafe {
        asm!(
            "2:",
            "prefetcht0 [{p} + 1024]",
            "mov {sa:e}, {a:e}",
            "mov {sb:e}, {b:e}",
            "mov {sc:e}, {c:e}",
            "mov {sd:e}, {d:e}",
            all_md5_steps!(step),
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
            p = inout(reg) range.start => _,
            end = in(reg) range.end,
            k = sym CONSTANTS,
            options(nostack, readonly),
        );
    }
}
