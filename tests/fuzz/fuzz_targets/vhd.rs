//! A Virtual PC footer at the start.
#![no_main]

use glance_api::formats::DiskFormat;
use glance_fuzz::{Case, disks};

libfuzzer_sys::fuzz_target!(|input: &[u8]| Case::read(&disks::vhd(), input).check(DiskFormat::Vhd));
