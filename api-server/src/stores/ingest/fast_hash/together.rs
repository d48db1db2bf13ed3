//! MD5 and SHA-512 of the same bytes, step by step side by side.
//!
//! MD5 leaves most of the processor idle while it waits for its previous step, and in vector registers it needs none of the
//! registers of SHA-512. So both are written into one stream of instructions, four steps of MD5 after each two rounds
//! of SHA-512, close enough for the processor to run them at the same time.

use std::arch::asm;

use super::md5;

/// Bytes that are digested at once: one block of SHA-512, two of MD5.
pub(super) const BLOCK: usize = 128;

/// Where the code keeps what does not fit into registers. It knows the places of the fields.
#[repr(C, align(64))]
pub(super) struct Work {
    /// Message words, constants added, of the next sixteen rounds: at 0.
    words: [u64; 16],
    /// State of SHA-512: at 128.
    pub(super) sha512: [u64; 8],
    /// State of MD5: at 192.
    pub(super) md5: [u32; 4],
    /// Address of the end of the message: at 208.
    end: usize,
}

impl Work {
    /// The states before the first byte, if the processor has the instructions.
    pub(super) fn new() -> Option<Self> {
        let available = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("bmi2");
        available.then_some(Self { words: [0; 16], sha512: START, md5: md5::START, end: 0 })
    }

    /// Adds whole blocks.
    pub(super) fn compress(&mut self, blocks: &[[u8; BLOCK]]) {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { compress(self, blocks) }
    }
}

/// The state of SHA-512 before the first byte: fractions of the square roots of the first eight primes.
#[rustfmt::skip]
const START: [u64; 8] = [
    0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
];

/// Memory that is read in vectors.
#[repr(align(64))]
struct Aligned<T>(T);

/// Brings the bytes of two words into the processor's order.
static SWAP: Aligned<[u8; 16]> = Aligned([7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8]);

/// The constants of the rounds: fractions of the cube roots of the first eighty primes.
#[rustfmt::skip]
static CONSTANTS: Aligned<[u64; 80]> = Aligned([
    0x428a_2f98_d728_ae22, 0x7137_4491_23ef_65cd, 0xb5c0_fbcf_ec4d_3b2f, 0xe9b5_dba5_8189_dbbc,
    0x3956_c25b_f348_b538, 0x59f1_11f1_b605_d019, 0x923f_82a4_af19_4f9b, 0xab1c_5ed5_da6d_8118,
    0xd807_aa98_a303_0242, 0x1283_5b01_4570_6fbe, 0x2431_85be_4ee4_b28c, 0x550c_7dc3_d5ff_b4e2,
    0x72be_5d74_f27b_896f, 0x80de_b1fe_3b16_96b1, 0x9bdc_06a7_25c7_1235, 0xc19b_f174_cf69_2694,
    0xe49b_69c1_9ef1_4ad2, 0xefbe_4786_384f_25e3, 0x0fc1_9dc6_8b8c_d5b5, 0x240c_a1cc_77ac_9c65,
    0x2de9_2c6f_592b_0275, 0x4a74_84aa_6ea6_e483, 0x5cb0_a9dc_bd41_fbd4, 0x76f9_88da_8311_53b5,
    0x983e_5152_ee66_dfab, 0xa831_c66d_2db4_3210, 0xb003_27c8_98fb_213f, 0xbf59_7fc7_beef_0ee4,
    0xc6e0_0bf3_3da8_8fc2, 0xd5a7_9147_930a_a725, 0x06ca_6351_e003_826f, 0x1429_2967_0a0e_6e70,
    0x27b7_0a85_46d2_2ffc, 0x2e1b_2138_5c26_c926, 0x4d2c_6dfc_5ac4_2aed, 0x5338_0d13_9d95_b3df,
    0x650a_7354_8baf_63de, 0x766a_0abb_3c77_b2a8, 0x81c2_c92e_47ed_aee6, 0x9272_2c85_1482_353b,
    0xa2bf_e8a1_4cf1_0364, 0xa81a_664b_bc42_3001, 0xc24b_8b70_d0f8_9791, 0xc76c_51a3_0654_be30,
    0xd192_e819_d6ef_5218, 0xd699_0624_5565_a910, 0xf40e_3585_5771_202a, 0x106a_a070_32bb_d1b8,
    0x19a4_c116_b8d2_d0c8, 0x1e37_6c08_5141_ab53, 0x2748_774c_df8e_eb99, 0x34b0_bcb5_e19b_48a8,
    0x391c_0cb3_c5c9_5a63, 0x4ed8_aa4a_e341_8acb, 0x5b9c_ca4f_7763_e373, 0x682e_6ff3_d6b2_b8a3,
    0x748f_82ee_5def_b2fc, 0x78a5_636f_4317_2f60, 0x84c8_7814_a1f0_ab72, 0x8cc7_0208_1a64_39ec,
    0x90be_fffa_2363_1e28, 0xa450_6ceb_de82_bde9, 0xbef9_a3f7_b2c6_7915, 0xc671_78f2_e372_532b,
    0xca27_3ece_ea26_619c, 0xd186_b8c7_21c0_c207, 0xeada_7dd6_cde0_eb1e, 0xf57d_4f7f_ee6e_d178,
    0x06f0_67aa_7217_6fba, 0x0a63_7dc5_a2c8_98a6, 0x113f_9804_bef9_0dae, 0x1b71_0b35_131c_471b,
    0x28db_77f5_2304_7d84, 0x32ca_ab7b_40c7_2493, 0x3c9e_be0a_15c9_bebc, 0x431d_67c4_9c10_0d4c,
    0x4cc5_d4be_cb3e_42b6, 0x597f_299c_fc65_7e2a, 0x5fcb_6fab_3ad6_faec, 0x6c44_198c_4a47_5817,
]);

#[target_feature(enable = "avx512f,avx512vl,bmi2")]
fn compress(work: &mut Work, blocks: &[[u8; BLOCK]]) {
    if blocks.is_empty() {
        return;
    }
    let range = blocks.as_ptr_range();
    work.end = range.end.addr();
    // SAFETY: the code reads the constants, and the memory of `blocks`, which is not empty, from `p` up to the end in steps
    // of a block (what it prefetches beyond is a hint and cannot fault). It writes to `work` only, at the places of
    // its fields, and changes no register that is not named below.
    unsafe {
        asm!(
            "vmovd {ma:x}, dword ptr [{w} + 192]",
            "vmovd {mb:x}, dword ptr [{w} + 196]",
            "vmovd {mc:x}, dword ptr [{w} + 200]",
            "vmovd {md:x}, dword ptr [{w} + 204]",
            "vmovdqa {swap}, xmmword ptr [rip + {swap_at}]",
            "mov {a}, qword ptr [{w} + 128]",
            "mov {b}, qword ptr [{w} + 136]",
            "mov {c}, qword ptr [{w} + 144]",
            "mov {d}, qword ptr [{w} + 152]",
            "mov {e}, qword ptr [{w} + 160]",
            "mov {f}, qword ptr [{w} + 168]",
            "mov {g}, qword ptr [{w} + 176]",
            "mov {h}, qword ptr [{w} + 184]",
            ".p2align 5",
            "2:",
            "prefetcht0 [{p} + 1024]",
            "prefetcht0 [{p} + 1088]",
            sha512_load!("x0", 0),
            sha512_load!("x1", 16),
            sha512_load!("x2", 32),
            sha512_load!("x3", 48),
            sha512_load!("x4", 64),
            sha512_load!("x5", 80),
            sha512_load!("x6", 96),
            sha512_load!("x7", 112),
            "mov {x}, {b}",
            "xor {x}, {c}",
            "vmovdqa32 {sa:x}, {ma:x}",
            "vmovdqa32 {sb:x}, {mb:x}",
            "vmovdqa32 {sc:x}, {mc:x}",
            "vmovdqa32 {sd:x}, {md:x}",
            sha512_step!(0, 128),
            md5_steps!(0, 0, vector_step),
            sha512_step!(1, 144),
            md5_steps!(1, 0, vector_step),
            sha512_step!(2, 160),
            md5_steps!(2, 0, vector_step),
            sha512_step!(3, 176),
            md5_steps!(3, 0, vector_step),
            sha512_step!(4, 192),
            sha512_step!(5, 208),
            md5_steps!(4, 0, vector_step),
            sha512_step!(6, 224),
            md5_steps!(5, 0, vector_step),
            sha512_step!(7, 240),
            md5_steps!(6, 0, vector_step),
            sha512_step!(0, 256),
            md5_steps!(7, 0, vector_step),
            sha512_step!(1, 272),
            sha512_step!(2, 288),
            md5_steps!(8, 0, vector_step),
            sha512_step!(3, 304),
            md5_steps!(9, 0, vector_step),
            sha512_step!(4, 320),
            md5_steps!(10, 0, vector_step),
            sha512_step!(5, 336),
            md5_steps!(11, 0, vector_step),
            sha512_step!(6, 352),
            sha512_step!(7, 368),
            md5_steps!(12, 0, vector_step),
            sha512_step!(0, 384),
            md5_steps!(13, 0, vector_step),
            sha512_step!(1, 400),
            md5_steps!(14, 0, vector_step),
            sha512_step!(2, 416),
            md5_steps!(15, 0, vector_step),
            sha512_step!(3, 432),
            "vpaddd {ma:x}, {ma:x}, {sa:x}",
            "vpaddd {mb:x}, {mb:x}, {sb:x}",
            "vpaddd {mc:x}, {mc:x}, {sc:x}",
            "vpaddd {md:x}, {md:x}, {sd:x}",
            "vmovdqa32 {sa:x}, {ma:x}",
            "vmovdqa32 {sb:x}, {mb:x}",
            "vmovdqa32 {sc:x}, {mc:x}",
            "vmovdqa32 {sd:x}, {md:x}",
            "vmovdqa32 {sa:x}, {ma:x}",
            "vmovdqa32 {sb:x}, {mb:x}",
            "vmovdqa32 {sc:x}, {mc:x}",
            "vmovdqa32 {sd:x}, {md:x}",
            sha512_step!(4, 448),
            md5_steps!(0, 64, vector_step),
            sha512_step!(5, 464),
            md5_steps!(1, 64, vector_step),
            sha512_step!(6, 480),
            md5_steps!(2, 64, vector_step),
            sha512_step!(7, 496),
            md5_steps!(3, 64, vector_step),
            sha512_step!(0, 512),
            sha512_step!(1, 528),
            md5_steps!(4, 64, vector_step),
            sha512_step!(2, 544),
            md5_steps!(5, 64, vector_step),
            sha512_step!(3, 560),
            md5_steps!(6, 64, vector_step),
            sha512_step!(4, 576),
            md5_steps!(7, 64, vector_step),
            sha512_step!(5, 592),
            sha512_step!(6, 608),
            md5_steps!(8, 64, vector_step),
            sha512_step!(7, 624),
            md5_steps!(9, 64, vector_step),
            sha512_rounds!(0),
            md5_steps!(10, 64, vector_step),
            sha512_rounds!(1),
            md5_steps!(11, 64, vector_step),
            sha512_rounds!(2),
            sha512_rounds!(3),
            md5_steps!(12, 64, vector_step),
            sha512_rounds!(4),
            md5_steps!(13, 64, vector_step),
            sha512_rounds!(5),
            md5_steps!(14, 64, vector_step),
            sha512_rounds!(6),
            md5_steps!(15, 64, vector_step),
            sha512_rounds!(7),
            "vpaddd {ma:x}, {ma:x}, {sa:x}",
            "vpaddd {mb:x}, {mb:x}, {sb:x}",
            "vpaddd {mc:x}, {mc:x}, {sc:x}",
            "vpaddd {md:x}, {md:x}, {sd:x}",
            sha512_add!("a", 128),
            sha512_add!("b", 136),
            sha512_add!("c", 144),
            sha512_add!("d", 152),
            sha512_add!("e", 160),
            sha512_add!("f", 168),
            sha512_add!("g", 176),
            sha512_add!("h", 184),
            "add {p}, 128",
            "cmp {p}, qword ptr [{w} + 208]",
            "jb 2b",
            "vmovd dword ptr [{w} + 192], {ma:x}",
            "vmovd dword ptr [{w} + 196], {mb:x}",
            "vmovd dword ptr [{w} + 200], {mc:x}",
            "vmovd dword ptr [{w} + 204], {md:x}",
            a = out(reg) _,
            b = out(reg) _,
            c = out(reg) _,
            d = out(reg) _,
            e = out(reg) _,
            f = out(reg) _,
            g = out(reg) _,
            h = out(reg) _,
            x = out(reg) _,
            y = out(reg) _,
            t = out(reg) _,
            p = inout(reg) range.start => _,
            w = in(reg) std::ptr::from_mut(work),
            ma = out(zmm_reg) _,
            mb = out(zmm_reg) _,
            mc = out(zmm_reg) _,
            md = out(zmm_reg) _,
            mt = out(zmm_reg) _,
            sa = out(zmm_reg) _,
            sb = out(zmm_reg) _,
            sc = out(zmm_reg) _,
            sd = out(zmm_reg) _,
            x0 = out(xmm_reg) _,
            x1 = out(xmm_reg) _,
            x2 = out(xmm_reg) _,
            x3 = out(xmm_reg) _,
            x4 = out(xmm_reg) _,
            x5 = out(xmm_reg) _,
            x6 = out(xmm_reg) _,
            x7 = out(xmm_reg) _,
            v0 = out(xmm_reg) _,
            v1 = out(xmm_reg) _,
            v2 = out(xmm_reg) _,
            swap = out(xmm_reg) _,
            k = sym CONSTANTS,
            md5_k = sym md5::CONSTANTS,
            swap_at = sym SWAP,
            options(nostack),
        );
    }
}
