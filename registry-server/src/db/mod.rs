//! The only door to the database.

mod cipher;
mod door;
mod error;
mod options;
pub mod queries;

pub use cipher::{CipherKeyError, LocationCipher};
pub use door::{Db, Session};
pub use error::DbError;
pub use options::DatabaseOptions;
