//! Callers with tokens of a real Keystone.

mod callers;
mod outages;
mod registry;

use glance_tests::{Cloud, Keystone};

/// A cloud whose API server asks the shared Keystone.
fn cloud() -> Cloud {
    Cloud::builder().keystone(Keystone::shared()).start()
}
