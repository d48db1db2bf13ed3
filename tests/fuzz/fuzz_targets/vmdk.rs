//! VMDK: header and descriptor, header and footer, or whatever text a descriptor may be.
#![no_main]

use glance_api::formats::DiskFormat;
use glance_fuzz::{Case, disks};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((&kind, input)) = input.split_first() else { return };
    let case = match kind % 3 {
        0 => Case::read(&disks::vmdk(disks::DESCRIPTOR), input),
        1 => Case::read(&disks::stream_vmdk(), input),
        _ => Case::read(&disks::vmdk(&String::from_utf8_lossy(&input[..input.len().min(9000)])), &[]),
    };
    case.check(DiskFormat::Vmdk);
});
