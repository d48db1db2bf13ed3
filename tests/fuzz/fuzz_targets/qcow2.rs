//! A qcow2 header.
#![no_main]

use glance_api::formats::DiskFormat;
use glance_fuzz::{Case, disks};

libfuzzer_sys::fuzz_target!(|input: &[u8]| Case::read(&disks::qcow2(3, 1 << 30), input).check(DiskFormat::Qcow2));
