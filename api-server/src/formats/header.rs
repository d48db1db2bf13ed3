//! Formats that their first sector gives away: qcow2, QED, VHD, VDI, GPT and MBR, LUKS, and ISO's volume descriptor.

use super::findings::{Check, Detected, DiskFormat};

/// Bytes of the head that are looked at: a LUKS header with its key slots is the longest.
pub(super) const HEAD: usize = 592;
/// Where ISO 9660 and UDF keep their first volume descriptor.
pub(super) const ISO_DESCRIPTOR: u64 = 32 * 1024;
/// Its length.
pub(super) const ISO_DESCRIPTOR_LENGTH: usize = 2048;

const SECTOR: usize = 512;

pub(super) fn be_u32(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

pub(super) fn be_u64(data: &[u8], at: usize) -> Option<u64> {
    data.get(at..at + 8)?.try_into().ok().map(u64::from_be_bytes)
}

pub(super) fn le_u16(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

pub(super) fn le_u32(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

pub(super) fn le_u64(data: &[u8], at: usize) -> Option<u64> {
    data.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes)
}

fn detected(format: DiskFormat, virtual_size: Option<u64>, complete: bool, failed: Vec<Check>) -> Option<Detected> {
    Some(Detected { format, virtual_size, complete, failed })
}

/// A header that names a backing file, an external data file or features nobody knows makes readers open or
/// misunderstand other files (E2).
pub(super) fn qcow2(head: &[u8]) -> Option<Detected> {
    const EXTERNAL_DATA_FILE: u64 = 1 << 2;
    const KNOWN_FEATURES: u64 = 0b1111;
    if !head.starts_with(b"QFI\xfb") {
        return None;
    }
    let version = be_u32(head, 4);
    let incompatible = if version == Some(3) { be_u64(head, 72).unwrap_or(u64::MAX) } else { 0 };
    let mut failed = Vec::new();
    if be_u64(head, 8) != Some(0) {
        failed.push("backing_file");
    }
    if incompatible & EXTERNAL_DATA_FILE != 0 {
        failed.push("data_file");
    }
    if !matches!(version, Some(2 | 3)) || incompatible & !KNOWN_FEATURES != 0 {
        failed.push("unknown_features");
    }
    detected(DiskFormat::Qcow2, be_u64(head, 24), head.len() >= SECTOR, failed)
}

pub(super) fn qed(head: &[u8]) -> Option<Detected> {
    head.starts_with(b"QED\0").then(|| detected(DiskFormat::Qed, None, head.len() >= SECTOR, vec!["banned"]))?
}

pub(super) fn vhd(head: &[u8]) -> Option<Detected> {
    head.starts_with(b"conectix")
        .then(|| detected(DiskFormat::Vhd, be_u64(head, 40), head.len() >= SECTOR, Vec::new()))?
}

pub(super) fn vdi(head: &[u8]) -> Option<Detected> {
    let signature = le_u32(head, 0x40)?;
    (signature == 0xbeda_107f)
        .then(|| detected(DiskFormat::Vdi, le_u64(head, 0x170), head.len() >= SECTOR, Vec::new()))?
}

/// A partition table is recognised by the boot signature, unless the sector is the boot sector of a FAT file system.
pub(super) fn gpt(head: &[u8], total: u64) -> Option<Detected> {
    const FIXED_DISK: u8 = 0xf8;
    let signed = head.get(510..512)? == [0x55, 0xaa];
    let is_fat = head[0x10] == 2 && head[0x15] == FIXED_DISK;
    if !signed || is_fat {
        return None;
    }
    let failed = if partitions_are_sound(head) { Vec::new() } else { vec!["mbr"] };
    detected(DiskFormat::Gpt, Some(total), true, failed)
}

fn partitions_are_sound(head: &[u8]) -> bool {
    const TABLE: usize = 446;
    const PROTECTIVE: u8 = 0xee;
    let entries: Vec<&[u8]> = head[TABLE..TABLE + 64].chunks_exact(16).collect();
    let used: Vec<usize> = (0..4).filter(|&i| entries[i][4] != 0).collect();
    let protective: Vec<usize> = (0..4).filter(|&i| entries[i][4] == PROTECTIVE).collect();
    let boot_flags_valid = entries.iter().all(|entry| matches!(entry[0], 0x00 | 0x80));
    let starts_valid =
        protective.iter().all(|&i| entries[i][1..4] == [0x00, 0x02, 0x00] && le_u32(entries[i], 8) == Some(1));
    boot_flags_valid && starts_valid && !used.is_empty() && (protective.is_empty() || used == [0])
}

/// LUKS version 1: the only one whose header readers agree on.
pub(super) fn luks(head: &[u8], total: u64) -> Option<Detected> {
    if !head.starts_with(b"LUKS\xba\xbe") {
        return None;
    }
    let version = head.get(6..8).map(|v| u16::from_be_bytes([v[0], v[1]]));
    let payload = u64::from(be_u32(head, 104).unwrap_or(u32::MAX)) * SECTOR as u64;
    let failed = if version == Some(1) { Vec::new() } else { vec!["version"] };
    detected(DiskFormat::Luks, total.checked_sub(payload), head.len() >= HEAD, failed)
}

/// `descriptor` is the sector at 32 KiB, as far as the stream had it.
pub(super) fn iso(descriptor: &[u8]) -> Option<Detected> {
    const PRIMARY: u8 = 1;
    let standard = descriptor.get(1..6)?;
    if ![b"CD001", b"NSR02", b"NSR03"].iter().any(|known| standard == *known) {
        return None;
    }
    let size = le_u32(descriptor, 80).zip(le_u16(descriptor, 128)).map(|(n, block)| u64::from(n) * u64::from(block));
    let virtual_size = if descriptor[0] == PRIMARY { size } else { None };
    detected(DiskFormat::Iso, virtual_size, descriptor.len() == ISO_DESCRIPTOR_LENGTH, Vec::new())
}
