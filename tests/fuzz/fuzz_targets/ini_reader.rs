//! Configuration files.
#![no_main]

use glance_common::config::oslo_ini;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let lines = text.split('\n').count();
    match oslo_ini::parse(text) {
        Ok(entries) => assert!(entries.iter().all(|entry| (1..=lines).contains(&entry.line))),
        Err(error) => assert!((1..=lines).contains(&error.line), "{error}"),
    }
});
