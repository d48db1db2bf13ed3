//! The only door to the database.
//!
//! [`Db::read`] and [`Db::write`] run a closure in one transaction on a blocking thread; the closure calls the
//! functions of [`queries`], which are synchronous, take a [`Session`] and plain arguments, and return model types.
//!
//! | module | what it holds |
//! |---|---|
//! | [`Db`] | the doors: limits, deadlines, repeats |
//! | [`DbConnection`] | one enum over the three engines; how a connection is set up |
//! | [`DatabaseOptions`] | section `[database]` |
//! | [`queries`] | one file per table |
//! | `rows`, `schema` | the tables as Diesel sees them |
//! | `time`, `text`, `cipher` | how values are written (database §3, §6) |
//! | `dialect` | pieces of SQL that differ or that Diesel does not have |
//! | [`migrate`] | creating, judging and upgrading the tables |
//! | [`purge`] | removing rows that were deleted long ago |

mod cipher;
mod connection;
mod dialect;
mod door;
mod error;
pub mod migrate;
mod options;
mod pool;
pub mod purge;
pub mod queries;
mod rows;
mod schema;
#[cfg(test)]
mod tests;
mod text;
mod time;

pub use cipher::{CipherKeyError, LocationCipher};
pub use connection::{DbConnection, Engine, connect};
pub use door::{Db, Session};
pub use error::DbError;
pub use options::DatabaseOptions;
