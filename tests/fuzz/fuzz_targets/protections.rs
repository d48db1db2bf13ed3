//! The file of property protections, in both of its forms.
#![no_main]

use glance_api::domain::protection::{Act, Format, Protections};

libfuzzer_sys::fuzz_target!(|text: &str| {
    for format in [Format::Roles, Format::Policies] {
        let Ok(rules) = Protections::parse(text, format) else { continue };
        let _ = rules.permission(Act::Read, "os_distro");
    }
});
