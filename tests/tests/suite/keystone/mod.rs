//! Callers with tokens of a real Keystone.

mod callers;
mod long_uploads;
mod memcached;
mod outages;
mod registry;
mod secrets;

use glance_tests::{Cloud, Keystone};

/// A cloud whose API server asks the shared Keystone.
fn cloud() -> Cloud {
    Cloud::builder().keystone(Keystone::shared()).start()
}
