//! The pool of connections: made on demand, replaced when they break, quick to say that the database is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::r2d2::R2D2Connection;
use glance_common::config::DatabaseUrl;
use r2d2::{HandleError, ManageConnection, Pool, PooledConnection};
use thiserror::Error;

use super::{DatabaseOptions, DbConnection, DbError, Engine, connect};

/// The longest wait between two attempts to connect is half of this (r2d2's rule).
const CONNECT_ROUND: Duration = Duration::from_secs(2);
/// How often a waiting caller looks whether connecting has failed.
const SLICE: Duration = Duration::from_millis(20);
/// At most one line in the log per so many failed attempts.
const LOG_EVERY: u64 = 50;
/// Connections to a SQLite file. More readers than this only compete for the processors.
const SQLITE_CONNECTIONS: u32 = 16;
/// What "no limit" in the configuration amounts to.
const UNLIMITED: u32 = 200;

/// Opens and checks connections for r2d2, by the scheme of the URL and never by Diesel's guessing.
#[derive(Debug)]
pub(super) struct Manager {
    url: DatabaseUrl,
    mysql_sql_mode: String,
}

/// Why a connection could not be opened or did not answer.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct ConnectError(String);

impl ManageConnection for Manager {
    type Connection = DbConnection;
    type Error = ConnectError;

    fn connect(&self) -> Result<DbConnection, ConnectError> {
        connect(&self.url, &self.mysql_sql_mode).map_err(|error| ConnectError(error.to_string()))
    }

    fn is_valid(&self, connection: &mut DbConnection) -> Result<(), ConnectError> {
        // A file does not go away as a server does.
        if connection.engine() == Engine::Sqlite {
            return Ok(());
        }
        connection.ping().map_err(|error| ConnectError(error.to_string()))
    }

    fn has_broken(&self, connection: &mut DbConnection) -> bool {
        std::thread::panicking() || connection.is_broken()
    }
}

/// Counts failed attempts to connect, so that waiting callers learn of them.
#[derive(Debug, Clone, Default)]
struct Failures(Arc<AtomicU64>);

impl HandleError<ConnectError> for Failures {
    fn handle_error(&self, error: ConnectError) {
        if self.0.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOG_EVERY) {
            log::warn!("no connection to the database: {error}");
        }
    }
}

/// The connections.
#[derive(Debug)]
pub(super) struct Connections {
    pool: Pool<Manager>,
    failures: Failures,
}

impl Connections {
    /// A pool as the options say. Does not wait for a connection.
    pub(super) fn open(options: &DatabaseOptions, url: DatabaseUrl) -> Self {
        let failures = Failures::default();
        let max = max_connections(options, &url);
        let recycle = Some(options.connection_recycle_time.duration()).filter(|time| !time.is_zero());
        let pool = Pool::builder()
            .max_size(max)
            .min_idle(Some(options.min_pool_size.min(max)))
            .connection_timeout(CONNECT_ROUND)
            .idle_timeout(recycle)
            .max_lifetime(recycle)
            .error_handler(Box::new(failures.clone()))
            .build_unchecked(Manager { url, mysql_sql_mode: options.mysql_sql_mode.clone() });
        Self { pool, failures }
    }

    /// Connections at most.
    pub(super) fn max(&self) -> u32 {
        self.pool.max_size()
    }

    /// A working connection. Waits until `deadline` for a busy one, but not for a database that refuses connections.
    pub(super) fn checkout(&self, deadline: Instant) -> Result<PooledConnection<Manager>, DbError> {
        let failures = self.failures.0.load(Ordering::Relaxed);
        loop {
            let error = match self.pool.get_timeout(SLICE) {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            let refused = self.failures.0.load(Ordering::Relaxed) > failures && self.pool.state().connections == 0;
            if refused || Instant::now() >= deadline {
                return Err(unavailable(&error));
            }
        }
    }
}

fn unavailable(error: &r2d2::Error) -> DbError {
    DbError::Unavailable { cause: error.to_string() }
}

/// `max_pool_size` + `max_overflow`; SQLAlchemy reads 0 and -1 as "no limit".
fn max_connections(options: &DatabaseOptions, url: &DatabaseUrl) -> u32 {
    let limit = match (options.max_pool_size, u32::try_from(options.max_overflow)) {
        (0, _) | (_, Err(_)) => UNLIMITED,
        (size, Ok(overflow)) => size.saturating_add(overflow),
    };
    if matches!(url, DatabaseUrl::Sqlite(_)) { limit.min(SQLITE_CONNECTIONS) } else { limit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_is_as_large_as_the_options_say() {
        let postgres = DatabaseUrl::parse("postgresql://localhost/glance").unwrap();
        let sqlite = DatabaseUrl::parse("sqlite:////tmp/x").unwrap();
        let table = [(5, 50, 55, 16), (0, 50, 200, 16), (5, -1, 200, 16), (2, 0, 2, 2)];
        for (max_pool_size, max_overflow, server, file) in table {
            let options = DatabaseOptions { max_pool_size, max_overflow, ..DatabaseOptions::default() };
            assert_eq!(max_connections(&options, &postgres), server);
            assert_eq!(max_connections(&options, &sqlite), file);
        }
    }
}
