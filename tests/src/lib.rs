//! The harness of the feature tests: it starts the real `glance-registry` and `glance-api`
//! programs with real configuration files, on free loopback ports and a database of their own,
//! and talks to them over sockets.
//!
//! ```no_run
//! use glance_tests::{Cloud, Engine};
//! let cloud = Cloud::builder().database(Engine::Sqlite).start();
//! let answer = cloud.as_member("p1").get("/v2/images").send();
//! assert_eq!(answer.status, 200);
//! ```
//!
//! Helpers panic with a sentence instead of returning errors: a test that cannot be set up has
//! failed, and the sentence is its report.

pub mod bytes;
pub mod caller;
pub mod cloud;
pub mod database;
pub mod disks;
pub mod golden;
pub mod http;
pub mod image;
pub mod keystone;
pub mod memcached;
pub mod must;
pub mod normal;
pub mod process;
pub mod proxy;
pub mod samples;
pub mod scenario;
pub mod schema;
pub mod tls;
pub mod web;

pub use caller::{Caller, Client};
pub use cloud::{Builder, Cloud};
pub use database::{Database, Engine};
pub use http::{Answer, Body, Request};
pub use image::NewImage;
pub use keystone::{Keystone, Scope};
pub use memcached::Memcached;
pub use must::{Must, eventually};
pub use web::WebServer;

/// Makes one test per database engine: modules named after `$name` with the tests `sqlite`,
/// `postgres` and `mariadb`, which call `$body` (a `fn(Engine)`).
/// The runner leaves engines out by these names.
#[macro_export]
macro_rules! on_every_database {
    ($($name:ident => $body:expr;)+) => {$(
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "bodies may be paths or closures")]
            use super::*;

            #[test]
            fn sqlite() {
                ($body)($crate::Engine::Sqlite);
            }

            #[test]
            fn postgres() {
                ($body)($crate::Engine::Postgres);
            }

            #[test]
            fn mariadb() {
                ($body)($crate::Engine::MariaDb);
            }
        }
    )+};
}
