//! The feature tests: both programs as they are shipped, driven over sockets.
#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod bad_input;
mod database;
mod faults;
mod keystone;
mod lifecycle;
mod messages;
mod middleware;
mod nodes;
mod packaging;
mod policy;
mod registry;
mod scenarios;
mod security;
mod shipped;
mod stores;
mod v2;
mod versions;
