//! The steps of MD5 in vector registers.

use std::arch::asm;

use super::md5::{BLOCK, CONSTANTS, Compress};

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
            "vmovd {ma:x}, dword ptr [{s}]",
            "vmovd {mb:x}, dword ptr [{s} + 4]",
            "vmovd {mc:x}, dword ptr [{s} + 8]",
            "vmovd {md:x}, dword ptr [{s} + 12]",
            "2:",
            "prefetcht0 [{p} + 1024]",
            "vmovdqa32 {sa:x}, {ma:x}",
            "vmovdqa32 {sb:x}, {mb:x}",
            "vmovdqa32 {sc:x}, {mc:x}",
            "vmovdqa32 {sd:x}, {md:x}",
            all_md5_steps!(vector_step),
            "vpaddd {ma:x}, {ma:x}, {sa:x}",
            "vpaddd {mb:x}, {mb:x}, {sb:x}",
            "vpaddd {mc:x}, {mc:x}, {sc:x}",
            "vpaddd {md:x}, {md:x}, {sd:x}",
            "add {p}, 64",
            "cmp {p}, {end}",
            "jb 2b",
            "vmovd dword ptr [{s}], {ma:x}",
            "vmovd dword ptr [{s} + 4], {mb:x}",
            "vmovd dword ptr [{s} + 8], {mc:x}",
            "vmovd dword ptr [{s} + 12], {md:x}",
            ma = out(zmm_reg) _,
            mb = out(zmm_reg) _,
            mc = out(zmm_reg) _,
            md = out(zmm_reg) _,
            sa = out(zmm_reg) _,
            sb = out(zmm_reg) _,
            sc = out(zmm_reg) _,
            sd = out(zmm_reg) _,
            mt = out(zmm_reg) _,
            s = in(reg) state.as_mut_ptr(),
            p = inout(reg) range.start => _,
            end = in(reg) range.end,
            md5_k = sym CONSTANTS,
            options(nostack),
        );
    }
}
