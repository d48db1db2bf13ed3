//! Bytes of any kind: whatever they look like, the verdict is the same for every way to cut them.
#![no_main]

use glance_api::formats::DiskFormat;
use glance_fuzz::Case;

libfuzzer_sys::fuzz_target!(|input: &[u8]| Case::plain(input).check(DiskFormat::Raw));
