//! A QED header, which is never accepted.
#![no_main]

use glance_api::formats::DiskFormat;
use glance_fuzz::{Case, disks};

libfuzzer_sys::fuzz_target!(|input: &[u8]| Case::read(&disks::qed(), input).check(DiskFormat::Qed));
