//! Hand-made images, one per rule, and the promise that chunk borders do not matter.

use proptest::prelude::*;

use super::*;

#[path = "../../../tests/src/disks.rs"]
#[expect(unreachable_pub, reason = "the harness has it as a public module")]
mod disks;

use disks::{DESCRIPTOR, gpt, iso, luks, mbr, qcow2, qed, stream_vmdk, vdi, vhd, vhdx, vmdk, with};

const KIB: usize = 1024;

fn inspect(image: &[u8], cuts: &[usize]) -> Findings {
    let mut inspector = FormatInspector::new();
    let mut rest = image;
    for &cut in cuts.iter().cycle().take_while(|_| !cuts.is_empty()) {
        if rest.is_empty() {
            break;
        }
        let (chunk, tail) = rest.split_at(cut.clamp(1, rest.len()));
        inspector.update(chunk);
        rest = tail;
    }
    inspector.update(rest);
    inspector.finish()
}

fn judge(declared: &str, image: &[u8]) -> Result<Option<u64>, String> {
    Rules::default().judge(declared, &inspect(image, &[])).map_err(|refusal| refusal.to_string())
}

#[test]
fn sound_images_have_their_virtual_size() {
    let table = [
        ("raw", vec![7; 1000], Some(1000)),
        ("raw", Vec::new(), None),
        ("qcow2", qcow2(2, 1 << 30), Some(1 << 30)),
        ("qcow2", with(qcow2(3, 5), 72, &3_u64.to_be_bytes()), Some(5)),
        ("vhd", vhd(), Some(9000)),
        ("vhdx", vhdx(123_456), Some(123_456)),
        ("vmdk", vmdk(DESCRIPTOR), Some(20480 * 512)),
        ("vmdk", stream_vmdk(), Some(20480 * 512)),
        ("vdi", vdi(), Some(4096)),
        ("iso", iso(), Some(20 * 2048)),
        ("iso", with(with(iso(), 446, &mbr()[446..462]), 510, &[0x55, 0xaa]), Some(20 * 2048)),
        ("gpt", gpt(), Some(1024)),
        ("raw", gpt(), Some(1024)),
        ("raw", mbr(), Some(1024)),
        ("luks", luks(1), Some(8192 - 8 * 512)),
        ("raw", luks(1), Some(8192)),
        ("ami", vec![1; 100], None),
    ];
    for (declared, image, size) in table {
        assert_eq!(judge(declared, &image), Ok(size), "{declared}, {} bytes", image.len());
    }
}

#[test]
fn content_that_is_not_what_was_declared_is_refused() {
    let table = [
        ("qcow2", vec![0; 1000], "Image disk_format qcow2 does not match stream data raw"),
        ("ami", qcow2(2, 1), "Image disk_format ami does not match stream data qcow2"),
        ("raw", qcow2(2, 1), "Image disk_format raw does not match stream data qcow2"),
        ("raw", vhd(), "Image disk_format raw does not match stream data vhd"),
        ("vmdk", vdi(), "Image disk_format vmdk does not match stream data vdi"),
        ("iso", with(iso(), 0, &vhd()), "Multiple formats detected: vhd,iso"),
        ("qcow2", with(qcow2(2, 1), 510, &[0x55, 0xaa]), "Multiple formats detected: qcow2,gpt"),
    ];
    for (declared, image, text) in table {
        assert_eq!(judge(declared, &image), Err(text.to_owned()), "{declared}");
    }
}

#[test]
fn content_that_could_do_harm_is_refused_whatever_was_declared() {
    let external = DESCRIPTOR.replace("disk.vmdk", "/etc/passwd");
    let flat = DESCRIPTOR.replace("monolithicSparse", "monolithicFlat");
    let table = [
        ("qcow2 with a backing file", with(qcow2(2, 1), 8, &512_u64.to_be_bytes())),
        ("qcow2 with a data file", with(qcow2(3, 1), 72, &4_u64.to_be_bytes())),
        ("qcow2 with unknown features", with(qcow2(3, 1), 72, &16_u64.to_be_bytes())),
        ("qcow2 of version 1", qcow2(1, 1)),
        ("qcow2 larger than any disk", qcow2(2, u64::MAX)),
        ("qed", qed()),
        ("vmdk that names a path", vmdk(&external)),
        ("vmdk of several files", vmdk(&flat)),
        ("vmdk without extents", vmdk(&DESCRIPTOR.replace("RW 20480", "# "))),
        ("vmdk with an unknown line", vmdk(&format!("{DESCRIPTOR}do something\n"))),
        ("vmdk without descriptor", with(vmdk(DESCRIPTOR), 28, &2_u64.to_le_bytes())),
        ("vmdk that is only a descriptor", DESCRIPTOR.as_bytes().to_vec()),
        ("vmdk with another footer", with(stream_vmdk(), 64 * KIB + 512 + 28, &[9])),
        ("partition with a bad boot flag", with(mbr(), 446, &[0x7f])),
        ("partition table without partitions", with(mbr(), 450, &[0])),
        ("protective partition beside another", with(gpt(), 466, &[0x83])),
        ("luks of version 2", luks(2)),
    ];
    let rules = Rules { require_match: false, ..Rules::default() };
    for (what, image) in table {
        for declared in ["raw", "qcow2", "vmdk"] {
            let verdict = rules.judge(declared, &inspect(&image, &[]));
            assert!(matches!(verdict, Err(Refusal::Unsafe(_))), "{what} as {declared}: {verdict:?}");
        }
    }
}

#[test]
fn files_that_end_within_their_header_are_refused() {
    for image in [&vhd()[..100], &qcow2(2, 1)[..100], &vhdx(1)[..300 * KIB], &vmdk(DESCRIPTOR)[..2000], &luks(1)[..200]]
    {
        let verdict = Rules::default().judge("raw", &inspect(image, &[]));
        assert!(matches!(verdict, Err(Refusal::Incomplete | Refusal::Unsafe(_))), "{verdict:?}");
    }
}

#[test]
fn operators_may_relax_the_rules() {
    let bad_table = with(mbr(), 446, &[0x7f]);
    let relaxed = Rules { gpt_nonfatal: vec!["mbr".into()], ..Rules::default() };
    assert_eq!(relaxed.judge("raw", &inspect(&bad_table, &[])), Ok(Some(1024)));
    let unmatched = Rules { require_match: false, ..Rules::default() };
    assert_eq!(unmatched.judge("raw", &inspect(&qcow2(2, 7), &[])), Ok(Some(512)));
    assert_eq!(unmatched.judge("vmdk", &inspect(&qcow2(2, 7), &[])), Ok(None));
}

/// A file system's boot sector carries the signature of a partition table and is none.
#[test]
fn fat_is_raw() {
    let fat = with(with(mbr(), 0x10, &[2]), 0x15, &[0xf8]);
    assert_eq!(inspect(&fat, &[]).detected, Vec::new());
}

fn samples() -> Vec<Vec<u8>> {
    vec![
        vec![3; 5000],
        qcow2(3, 77),
        vhd(),
        vhdx(4711),
        vmdk(DESCRIPTOR),
        stream_vmdk(),
        DESCRIPTOR.as_bytes().to_vec(),
        vdi(),
        iso(),
        gpt(),
        luks(1),
        vhdx(1)[..200 * KIB].to_vec(),
        qed(),
        mbr(),
        with(qcow2(2, 9), 8, &512_u64.to_be_bytes()),
        with(iso(), 446, &mbr()[446..512]),
    ]
}

proptest! {
    /// E8. Cuts within a header as well as far behind it, the same few again and again.
    #[test]
    fn chunk_borders_do_not_matter(
        which in 0..16_usize,
        cuts in prop::collection::vec(prop_oneof![1..20_usize, 1..700_usize, 1..70_000_usize], 1..6),
    ) {
        let image = &samples()[which];
        prop_assert_eq!(inspect(image, &cuts), inspect(image, &[]));
    }

    #[test]
    fn hostile_bytes_never_panic(
        which in 0..16_usize,
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        cut in any::<prop::sample::Index>(),
        step in 1..5000_usize,
    ) {
        let mut image = samples()[which].clone();
        // Most of the noise goes where the headers are.
        for (at, byte) in noise {
            let reach = image.len().min(1024);
            image[at.index(reach)] = byte;
        }
        image.truncate(cut.index(image.len()) + 1);
        let findings = inspect(&image, &[step]);
        prop_assert_eq!(&findings, &inspect(&image, &[]));
        for declared in ["raw", "qcow2", "ami"] {
            let _ = Rules::default().judge(declared, &findings);
        }
    }
}
