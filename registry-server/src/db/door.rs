//! The doors.
use crate::db::{DatabaseOptions, DbError, LocationCipher};

/// A connection in a transaction.
#[derive(Debug)]
pub struct Session {}

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {}

impl Db {
    /// Opens the pool. Never blocks: a database that is away is found out by the first unit of work.
    pub fn open(_options: &DatabaseOptions, _cipher: LocationCipher) -> Result<Self, DbError> {
        Err(DbError::internal("not yet"))
    }

    /// Judges the tables, creates them in an empty database. `WrongSchema` means: do not start.
    pub async fn prepare(&self) -> Result<(), DbError> {
        Err(DbError::internal("not yet"))
    }

    /// Does the database answer?
    pub async fn ping(&self) -> Result<(), DbError> {
        Err(DbError::internal("not yet"))
    }

    /// The revision of the schema, for instance `2024_1_contract01`.
    pub async fn schema_revision(&self) -> Result<String, DbError> {
        Err(DbError::internal("not yet"))
    }

    /// Runs work that only reads, on one snapshot.
    pub async fn read<T, F>(&self, _work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: Fn(&mut Session) -> Result<T, DbError> + Send + 'static,
    {
        Err(DbError::internal("not yet"))
    }

    /// Runs work in one transaction; it is repeated when others got in the way, so it must not have other effects.
    pub async fn write<T, F>(&self, _work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: Fn(&mut Session) -> Result<T, DbError> + Send + 'static,
    {
        Err(DbError::internal("not yet"))
    }
}
