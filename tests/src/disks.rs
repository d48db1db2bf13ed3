//! Hand-made disk images: the smallest files that pass for each format, as pieces to build hostile ones from.
//!
//! Shared by the unit tests of the inspector, its fuzz targets and the suite, so it stands on the standard library
//! alone.

const KIB: usize = 1024;

/// Writes `bytes` at an offset, making the image longer where needed.
pub fn put(image: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if image.len() < at + bytes.len() {
        image.resize(at + bytes.len(), 0);
    }
    image[at..at + bytes.len()].copy_from_slice(bytes);
}

/// The image with `bytes` at an offset.
#[must_use]
pub fn with(mut image: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    put(&mut image, at, bytes);
    image
}

/// A QEMU copy-on-write header of a version for a disk of `size` bytes.
#[must_use]
pub fn qcow2(version: u32, size: u64) -> Vec<u8> {
    let mut image = vec![0; 512];
    put(&mut image, 0, b"QFI\xfb");
    put(&mut image, 4, &version.to_be_bytes());
    put(&mut image, 24, &size.to_be_bytes());
    image
}

/// A QEMU enhanced disk.
#[must_use]
pub fn qed() -> Vec<u8> {
    with(vec![0; 512], 0, b"QED\0")
}

/// A partition table with one bootable Linux partition.
#[must_use]
pub fn mbr() -> Vec<u8> {
    let image = with(vec![0; 1024], 446, &[0x80, 0, 2, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
    with(image, 510, &[0x55, 0xaa])
}

/// The protective partition table of a GPT.
#[must_use]
pub fn gpt() -> Vec<u8> {
    with(mbr(), 446, &[0x00, 0, 2, 0, 0xee, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0])
}

/// An ISO 9660 file system of 20 blocks.
#[must_use]
pub fn iso() -> Vec<u8> {
    let mut image = vec![0; 40 * KIB];
    put(&mut image, 32 * KIB, b"\x01CD001\x01");
    put(&mut image, 32 * KIB + 80, &20_u32.to_le_bytes());
    put(&mut image, 32 * KIB + 128, &2048_u16.to_le_bytes());
    image
}

/// The text inside of a sound VMDK.
pub const DESCRIPTOR: &str = "# Disk DescriptorFile\nversion=1\ncreateType=\"monolithicSparse\"\n\
                              RW 20480 SPARSE \"disk.vmdk\"\nddb.adapterType = \"ide\"\n";

/// A sparse VMDK with this descriptor.
#[must_use]
pub fn vmdk(descriptor: &str) -> Vec<u8> {
    let mut image = vec![0; 64 * KIB];
    put(&mut image, 0, b"KDMV\x01\0\0\0");
    put(&mut image, 12, &20480_u64.to_le_bytes());
    put(&mut image, 28, &1_u64.to_le_bytes());
    put(&mut image, 36, &20_u64.to_le_bytes());
    put(&mut image, 512, descriptor.as_bytes());
    image
}

/// A stream-optimised VMDK, which ends with a footer that stands for its header.
#[must_use]
pub fn stream_vmdk() -> Vec<u8> {
    let mut image = vmdk(&DESCRIPTOR.replace("monolithicSparse", "streamOptimized"));
    put(&mut image, 56, &u64::MAX.to_le_bytes());
    let footer = image.len();
    put(&mut image, footer + 12, &3_u32.to_le_bytes());
    let head = image[..512].to_vec();
    put(&mut image, footer + 512, &head);
    put(&mut image, footer + 512 + 56, &7_u64.to_le_bytes());
    put(&mut image, footer + 1535, &[0]);
    image
}

/// A VHDX for a disk of `size` bytes, with its metadata right behind the region table.
#[must_use]
pub fn vhdx(size: u64) -> Vec<u8> {
    let metadata = 256 * KIB;
    let mut image = b"vhdxfile".to_vec();
    put(&mut image, 192 * KIB, b"regi");
    put(&mut image, 192 * KIB + 8, &1_u32.to_le_bytes());
    let region = [0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b, 0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e];
    put(&mut image, 192 * KIB + 16, &region);
    put(&mut image, 192 * KIB + 32, &(metadata as u64).to_le_bytes());
    put(&mut image, metadata, b"metadata");
    put(&mut image, metadata + 10, &1_u16.to_le_bytes());
    let item = [0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48, 0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8];
    put(&mut image, metadata + 32, &item);
    put(&mut image, metadata + 48, &(64 * KIB as u32 + 8).to_le_bytes());
    put(&mut image, metadata + 64 * KIB + 8, &size.to_le_bytes());
    put(&mut image, metadata + 128 * KIB, &[0]);
    image
}

/// A VirtualBox disk of 4096 bytes.
#[must_use]
pub fn vdi() -> Vec<u8> {
    with(with(vec![0; 512], 0x40, &0xbeda_107f_u32.to_le_bytes()), 0x170, &4096_u64.to_le_bytes())
}

/// An encrypted disk of a version, whose header has eight sectors.
#[must_use]
pub fn luks(version: u16) -> Vec<u8> {
    let image = with(vec![0; 8192], 0, b"LUKS\xba\xbe");
    with(with(image, 6, &version.to_be_bytes()), 104, &8_u32.to_be_bytes())
}

/// A Virtual PC disk of 9000 bytes.
#[must_use]
pub fn vhd() -> Vec<u8> {
    with(with(vec![0; 512], 0, b"conectix"), 40, &9000_u64.to_be_bytes())
}
