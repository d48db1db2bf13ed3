//! VHDX: an identity, a region table that leads to a metadata table that leads to the size of the disk.

use super::capture::Capture;
use super::findings::{Detected, DiskFormat};
use super::header::{le_u16, le_u32, le_u64};

const REGION_TABLE: u64 = 192 * 1024;
const TABLE_LENGTH: usize = 64 * 1024;
const ENTRY: usize = 32;
/// Entries that a table of 64 KiB has room for.
const MAX_ENTRIES: usize = 2047;
/// `8B7CA206-4790-4B9A-B8FE-575F050F886E` as it lies on disk.
const METADATA_REGION: [u8; 16] =
    [0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b, 0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e];
/// `2FA54224-CD1B-4876-B211-5DBED83BF4B8` as it lies on disk.
const VIRTUAL_DISK_SIZE: [u8; 16] =
    [0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48, 0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8];

/// Follows the tables as the stream passes. Each lies behind the one that points to it, or the file is not complete:
/// only what is still to come can be kept.
#[derive(Debug, Clone)]
pub(super) struct Vhdx {
    regions: Capture,
    metadata: Option<Capture>,
    size: Option<Capture>,
}

impl Vhdx {
    pub(super) const fn new() -> Self {
        Self { regions: Capture::new(REGION_TABLE, TABLE_LENGTH), metadata: None, size: None }
    }

    pub(super) fn feed(&mut self, position: u64, chunk: &[u8]) {
        self.regions.feed(position, chunk);
        if self.metadata.is_none() && self.regions.is_complete() {
            self.metadata = metadata_region(self.regions.data(), self.regions.end());
        }
        let Some(metadata) = &mut self.metadata else { return };
        metadata.feed(position, chunk);
        if self.size.is_none() && metadata.is_complete() {
            self.size = size_item(metadata);
        }
        if let Some(size) = &mut self.size {
            size.feed(position, chunk);
        }
    }

    pub(super) fn finish(&self) -> Detected {
        let size = self.size.as_ref().filter(|size| size.is_complete()).and_then(|size| le_u64(size.data(), 0));
        Detected { format: DiskFormat::Vhdx, virtual_size: size, complete: size.is_some(), failed: Vec::new() }
    }
}

/// The start of the metadata region, where it comes after the region table.
fn metadata_region(table: &[u8], seen: u64) -> Option<Capture> {
    let count = usize::try_from(le_u32(table, 8)?).ok()?;
    if !table.starts_with(b"regi") || count > MAX_ENTRIES {
        return None;
    }
    let entry = table.get(16..)?.chunks_exact(ENTRY).take(count).find(|entry| entry[..16] == METADATA_REGION)?;
    let offset = le_u64(entry, 16)?;
    (offset >= seen && offset < i64::MAX as u64).then(|| Capture::new(offset, TABLE_LENGTH))
}

/// The eight bytes of the size, where they come after the metadata table.
fn size_item(metadata: &Capture) -> Option<Capture> {
    let table = metadata.data();
    let count = usize::from(le_u16(table, 10)?);
    if !table.starts_with(b"metadata") || count > MAX_ENTRIES {
        return None;
    }
    let entry = table.get(ENTRY..)?.chunks_exact(ENTRY).take(count).find(|entry| entry[..16] == VIRTUAL_DISK_SIZE)?;
    let start = metadata.end() - TABLE_LENGTH as u64;
    let offset = start + u64::from(le_u32(entry, 16)?);
    (offset >= metadata.end()).then(|| Capture::new(offset, 8))
}
