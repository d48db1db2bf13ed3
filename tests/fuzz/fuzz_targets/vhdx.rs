//! Identity, region table, metadata table and size of a VHDX.
#![no_main]

use glance_api::formats::DiskFormat;
use glance_fuzz::{Case, disks};

libfuzzer_sys::fuzz_target!(|input: &[u8]| Case::read(&disks::vhdx(4711), input).check(DiskFormat::Vhdx));
