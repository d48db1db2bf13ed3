//! A VirtualBox header.
#![no_main]

use glance_api::formats::DiskFormat;
use glance_fuzz::{Case, disks};

libfuzzer_sys::fuzz_target!(|input: &[u8]| Case::read(&disks::vdi(), input).check(DiskFormat::Vdi));
