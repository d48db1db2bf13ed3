//! The volume descriptor of an ISO 9660 file system.
#![no_main]

use glance_api::formats::DiskFormat;
use glance_fuzz::{Case, disks};

libfuzzer_sys::fuzz_target!(|input: &[u8]| Case::read(&disks::iso(), input).check(DiskFormat::Iso));
