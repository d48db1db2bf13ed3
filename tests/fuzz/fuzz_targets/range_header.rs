//! `Range` and `Content-Range` of a download: whatever is granted lies within the image.
#![no_main]

use glance_common::http::range::requested_part;

libfuzzer_sys::fuzz_target!(|input: (u64, Option<&str>, Option<&str>)| {
    let (size, range, content_range) = input;
    match requested_part(range, content_range, size) {
        Ok(Some(part)) => {
            assert!(part.first <= part.last && part.last < size, "{part:?} of {size}");
            assert_eq!(part.len(), part.last - part.first + 1);
        }
        Ok(None) => {}
        Err(error) => assert!(matches!(error.status(), 400 | 416)),
    }
});
