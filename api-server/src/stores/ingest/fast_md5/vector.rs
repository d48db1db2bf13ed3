//! The steps in vector registers, one lane of each in use: AVX-512 has the functions of all rounds as one instruction.

use std::arch::asm;

use super::{BLOCK, CONSTANTS, Compress};

/// One step, as in the scalar form. `t` starts as `c`, so that copying it does not wait for the previous step.
macro_rules! step {
    ($round:ident, $a:tt, $b:tt, $c:tt, $d:tt, $word:tt, $constant:tt, $by:tt) => {
        concat!(
            "vpaddd {",
            $a,
            "}, {",
            $a,
            "}, dword ptr [{p} + ",
            $word,
            "]{{1to4}}\n",
            "vmovdqa {t}, {",
            $c,
            "}\n",
            "vpaddd {",
            $a,
            "}, {",
            $a,
            "}, dword ptr [rip + {k} + ",
            $constant,
            "]{{1to4}}\n",
            "vpternlogd {t}, {",
            $b,
            "}, {",
            $d,
            "}, ",
            truth_table!($round),
            "\n",
            "vpaddd {",
            $a,
            "}, {",
            $a,
            "}, {t}\n",
            "vprold {",
            $a,
            "}, {",
            $a,
            "}, ",
            $by,
            "\n",
            "vpaddd {",
            $a,
            "}, {",
            $a,
            "}, {",
            $b,
            "}\n",
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

/// The way to add whole blocks to a state, if the processor has it.
pub(super) fn compress() -> Option<Compress> {
    let available = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl");
    // SAFETY: the processor has the instructions.
    available.then_some(|state, blocks| unsafe { compress_blocks(state, blocks) })
}

#[target_feature(enable = "avx512f,avx512vl")]
fn compress_blocks(state: &mut [u32; 4], blocks: &[[u8; BLOCK]]) {
    if blocks.is_empty() {
        return;
    }
    let range = blocks.as_ptr_range();
    // SAFETY: the code reads the constants, and the memory of `blocks`, which is not empty, from `p` up to `end` in steps of
    // a block (what it prefetches beyond is a hint and cannot fault). It writes to the four words of `state` only and
    // changes no register that is not named below.
    unsafe {
        asm!(
            "vmovd {a}, dword ptr [{s}]",
            "vmovd {b}, dword ptr [{s} + 4]",
            "vmovd {c}, dword ptr [{s} + 8]",
            "vmovd {d}, dword ptr [{s} + 12]",
            "2:",
            "prefetcht0 [{p} + 1024]",
            "vmovdqa {sa}, {a}",
            "vmovdqa {sb}, {b}",
            "vmovdqa {sc}, {c}",
            "vmovdqa {sd}, {d}",
            all_steps!(step),
            "vpaddd {a}, {a}, {sa}",
            "vpaddd {b}, {b}, {sb}",
            "vpaddd {c}, {c}, {sc}",
            "vpaddd {d}, {d}, {sd}",
            "add {p}, 64",
            "cmp {p}, {end}",
            "jb 2b",
            "vmovd dword ptr [{s}], {a}",
            "vmovd dword ptr [{s} + 4], {b}",
            "vmovd dword ptr [{s} + 8], {c}",
            "vmovd dword ptr [{s} + 12], {d}",
            a = out(xmm_reg) _,
            b = out(xmm_reg) _,
            c = out(xmm_reg) _,
            d = out(xmm_reg) _,
            sa = out(xmm_reg) _,
            sb = out(xmm_reg) _,
            sc = out(xmm_reg) _,
            sd = out(xmm_reg) _,
            t = out(xmm_reg) _,
            s = in(reg) state.as_mut_ptr(),
            p = inout(reg) range.start => _,
            end = in(reg) range.end,
            k = sym CONSTANTS,
            options(nostack),
        );
    }
}
