//! E1 to E3, E7 and E8: content that does not go in, whatever it is called and however it comes.

use glance_tests::disks::{DESCRIPTOR, gpt, iso, luks, mbr, qcow2, qed, stream_vmdk, vdi, vhd, vhdx, vmdk, with};
use glance_tests::{Body, Client, Cloud, NewImage};

use super::message;

const KIB: usize = 1024;

/// Uploads data in one piece and in several ways of chunks; every time the answer is the same. Gives its words.
fn refusal(cloud: &Cloud, owner: &Client, declared: &str, data: &[u8]) -> String {
    let id = NewImage::default().with("disk_format", declared).create(owner);
    let ways = [
        Body::Bytes(data.to_vec()),
        Body::Chunked(data.to_vec(), 65_536),
        Body::Chunked(data.to_vec(), 4093),
        Body::Chunked(data.to_vec(), (data.len() / 300).max(1)),
    ];
    let words: Vec<String> = ways
        .into_iter()
        .map(|body| {
            let answer = owner.upload(&id, body).header("Accept", "application/json").send().expect(415);
            let image = owner.show(&id);
            assert_eq!(image["status"], "queued");
            assert!(image["size"].is_null() && image["checksum"].is_null() && image["os_hash_value"].is_null());
            message(&answer)
        })
        .collect();
    assert!(words.iter().all(|text| *text == words[0]), "{words:?}");
    assert_eq!(cloud.stored_files("fast"), Vec::<String>::new());
    words[0].clone()
}

#[test]
fn e1_content_is_what_was_declared() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let table = [
        ("qcow2", vec![7; 5000], "qcow2 does not match stream data raw"),
        ("iso", vec![0; 70 * KIB], "iso does not match stream data raw"),
        ("vmdk", vhd(), "vmdk does not match stream data vhd"),
        ("vhd", vdi(), "vhd does not match stream data vdi"),
        ("vhdx", luks(1), "vhdx does not match stream data luks"),
        ("vdi", vmdk(DESCRIPTOR), "vdi does not match stream data vmdk"),
        ("qcow2", vhdx(4711), "qcow2 does not match stream data vhdx"),
        ("iso", mbr(), "iso does not match stream data gpt"),
        ("ami", qcow2(3, 1), "ami does not match stream data qcow2"),
        ("ploop", iso(), "ploop does not match stream data iso"),
    ];
    for (declared, data, words) in table {
        assert!(refusal(&cloud, &owner, declared, &data).contains(words), "{declared}: {words}");
    }
}

#[test]
fn e1_an_operator_may_relax_it() {
    let cloud = Cloud::builder().api_option("image_format", "require_image_format_match", "False").start();
    let owner = cloud.as_member("p1");
    NewImage::default().with("disk_format", "qcow2").upload(&owner, &[7; 5000]);
    let log = cloud.log(glance_tests::cloud::Service::Api);
    assert!(log.contains("require_image_format_match"), "nothing is said about the relaxed check: {log}");
    // what can do harm stays out
    let words = |data: &[u8]| {
        let id = NewImage::default().create(&owner);
        owner.upload(&id, Body::Bytes(data.to_vec())).header("Accept", "application/json").send().expect(415).text()
    };
    assert!(words(&with(qcow2(2, 1), 8, &[1; 8])).contains("Image failed safety checks"));
}

#[test]
fn e2_what_could_do_harm_is_refused_whatever_it_is_called() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let external = DESCRIPTOR.replace("disk.vmdk", "/etc/passwd");
    let table = [
        ("CVE-2015-5163, CVE-2024-32498: a backing file", with(qcow2(2, 1), 8, &512_u64.to_be_bytes())),
        ("CVE-2024-32498: an external data file", with(qcow2(3, 1), 72, &4_u64.to_be_bytes())),
        ("features that nobody knows", with(qcow2(3, 1), 72, &(1_u64 << 63).to_be_bytes())),
        ("a version that nobody knows", qcow2(4, 1)),
        ("QED", qed()),
        ("CVE-2022-47951: a descriptor with a path", vmdk(&external)),
        ("CVE-2022-47951: a flat extent", vmdk(&DESCRIPTOR.replace("monolithicSparse", "monolithicFlat"))),
        ("several extents in other files", vmdk(&DESCRIPTOR.replace("monolithicSparse", "twoGbMaxExtentSparse"))),
        ("a descriptor by itself", external.clone().into_bytes()),
        ("a footer that says otherwise", with(stream_vmdk(), 64 * KIB + 512 + 28, &[9])),
        ("a bad boot flag", with(mbr(), 446, &[0x7f])),
        ("a protective partition beside another", with(gpt(), 466, &[0x83])),
        ("an encrypted disk of version 2", luks(2)),
    ];
    for (what, data) in table {
        for declared in ["raw", "qcow2", "vmdk", "iso", "ami"] {
            let words = refusal(&cloud, &owner, declared, &data);
            assert!(words.contains("Image failed safety checks"), "{what} as {declared}: {words}");
        }
    }
}

#[test]
fn e3_what_fits_two_formats_is_refused() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let table = [
        ("CVE-2024-40767: qcow2 and ISO", "iso", with(iso(), 0, &qcow2(2, 1)), "Multiple formats detected: qcow2,iso"),
        ("VHD and ISO", "iso", with(iso(), 0, &vhd()), "Multiple formats detected: vhd,iso"),
        ("qcow2 and MBR", "qcow2", with(qcow2(2, 1), 510, &[0x55, 0xaa]), "Multiple formats detected: qcow2,gpt"),
        ("VMDK and ISO", "vmdk", with(iso(), 0, &vmdk(DESCRIPTOR)[..2 * KIB]), "Multiple formats detected: vmdk,iso"),
        ("CVE-2026-24708: qcow2 in raw", "raw", qcow2(3, 1), "raw does not match stream data qcow2"),
        ("VMDK in raw", "raw", vmdk(DESCRIPTOR), "raw does not match stream data vmdk"),
        ("VHDX in raw", "raw", vhdx(1), "raw does not match stream data vhdx"),
        ("VDI in raw", "raw", vdi(), "raw does not match stream data vdi"),
        ("VHD in raw", "raw", vhd(), "raw does not match stream data vhd"),
    ];
    for (what, declared, data, words) in table {
        let told = refusal(&cloud, &owner, declared, &data);
        assert!(told.contains(words), "{what}: {told}");
    }
    let bootable = with(with(iso(), 446, &mbr()[446..462]), 510, &[0x55, 0xaa]);
    NewImage::default().with("disk_format", "iso").upload(&owner, &bootable);
}

#[test]
fn e7_claimed_sizes_are_recorded_or_refused() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let upload = |format: &str, data: &[u8]| NewImage::default().with("disk_format", format).upload(&owner, data);
    let sound = [
        ("qcow2", qcow2(3, 1 << 40), 1_u64 << 40),
        ("vhd", vhd(), 9000),
        ("vhdx", vhdx(4711), 4711),
        ("vdi", vdi(), 4096),
        ("vmdk", vmdk(DESCRIPTOR), 20480 * 512),
        ("iso", iso(), 20 * 2048),
        ("raw", vec![1; 100], 100),
    ];
    for (format, data, size) in sound {
        assert_eq!(owner.show(&upload(format, &data))["virtual_size"], size, "{format}");
    }
    let absurd = Cloud::builder().start();
    let owner = absurd.as_member("p1");
    let table = [
        ("qcow2", qcow2(3, u64::MAX)),
        ("qcow2", qcow2(3, 1 << 63)),
        ("vhd", with(vhd(), 40, &u64::MAX.to_be_bytes())),
        ("vdi", with(vdi(), 0x170, &u64::MAX.to_le_bytes())),
        ("vhdx", vhdx(u64::MAX)),
    ];
    for (format, data) in table {
        let words = refusal(&absurd, &owner, format, &data);
        assert!(words.contains("Image failed safety checks"), "{format}: {words}");
    }
}

/// The verdict of the whole server is that of the inspector, byte by byte.
#[test]
fn e8_single_bytes_get_the_verdict_of_the_whole() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    for (format, data) in [("qcow2", qcow2(3, 77)), ("vhd", vhd()), ("vdi", vdi()), ("raw", gpt())] {
        let id = NewImage::default().with("disk_format", format).create(&owner);
        owner.upload(&id, Body::Chunked(data.clone(), 1)).send().expect(204);
        assert_eq!(owner.download(&id), data);
    }
    for data in [with(qcow2(2, 1), 8, &[1; 8]), qed(), with(mbr(), 446, &[0x7f])] {
        let id = NewImage::default().create(&owner);
        owner.upload(&id, Body::Chunked(data, 1)).send().expect(415);
        assert_eq!(owner.status(&id), "queued");
    }
}
