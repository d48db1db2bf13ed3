//! Partition tables, GPT and MBR, also in front of an ISO 9660 file system.
#![no_main]

use glance_api::formats::DiskFormat;
use glance_fuzz::{Case, disks};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((&kind, input)) = input.split_first() else { return };
    let sample = match kind % 3 {
        0 => disks::gpt(),
        1 => disks::mbr(),
        _ => disks::with(disks::iso(), 446, &disks::gpt()[446..512]),
    };
    Case::read(&sample, input).check(DiskFormat::Gpt);
});
