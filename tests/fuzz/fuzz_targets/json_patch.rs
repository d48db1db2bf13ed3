//! Bodies of PATCH in both dialects.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    for old in [false, true] {
        glance_api::api::v2::fuzzing::json_patch(old, body);
    }
});
