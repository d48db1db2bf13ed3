//! Query strings of lists: filters, operators, sort keys, times, pages.
#![no_main]

libfuzzer_sys::fuzz_target!(|query: &str| glance_api::api::v2::fuzzing::list_query(query));
