//! The query suite: every test runs on every engine, each time in a database of its own.
//!
//! `cargo xtask test` starts the servers and names them in the environment; `GLANCE_TEST_ENGINES=sqlite` leaves the
//! others out.

mod changes;
mod children;
mod doors;
mod leases;
mod lists;
mod members;
mod older_protocol;
mod paging;
mod plans;
mod purging;
mod quotas;
mod schema;
mod stored;
mod support;

/// Declares tests that run on every engine: `fn name(database) { … }`.
macro_rules! on_every_engine {
    ($($(#[$meta:meta])* fn $name:ident($database:ident) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            fn check($database: &mut $crate::db::tests::support::TestDatabase) $body

            #[cfg(feature = "sqlite")]
            #[test]
            fn sqlite() {
                $crate::db::tests::support::run($crate::db::Engine::Sqlite, check);
            }

            #[cfg(feature = "postgres")]
            #[test]
            fn postgres() {
                $crate::db::tests::support::run($crate::db::Engine::Postgres, check);
            }

            #[cfg(feature = "mysql")]
            #[test]
            fn mysql() {
                $crate::db::tests::support::run($crate::db::Engine::Mysql, check);
            }
        }
    )+};
}
use on_every_engine;
