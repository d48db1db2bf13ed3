//! One connection type over three engines, and how a connection is set up.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::{Connection, ConnectionError, QueryResult};
use glance_common::config::DatabaseUrl;

/// Which engine a connection talks to, for the few statements that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// SQLite 3.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL or MariaDB.
    Mysql,
}

/// A connection to any of the engines that this program was built with.
#[derive(diesel::MultiConnection)]
#[expect(missing_docs, reason = "named as the engines")]
pub enum DbConnection {
    #[cfg(feature = "sqlite")]
    Sqlite(diesel::SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
    #[cfg(feature = "mysql")]
    Mysql(diesel::MysqlConnection),
}

impl DbConnection {
    /// Which engine this is.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Engine::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Engine::Postgres,
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => Engine::Mysql,
        }
    }
}

/// Opens a connection and sets its session up.
///
/// # Errors
/// What the driver says, or that this program was built without the engine.
pub fn connect(url: &DatabaseUrl, mysql_sql_mode: &str) -> Result<DbConnection, ConnectionError> {
    match url {
        DatabaseUrl::Sqlite(path) => sqlite(path),
        DatabaseUrl::Postgres(url) => postgres(url.expose()),
        DatabaseUrl::Mysql(url) => mysql(url.expose(), mysql_sql_mode),
    }
}

/// Settings of every SQLite connection: children must name an image, readers do not wait for writers, a short wait
/// for a writer in another process, and fsync at checkpoints (a power cut may lose the last moments, never integrity).
#[cfg(feature = "sqlite")]
const SQLITE_SESSION: &str = "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                              PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";

#[cfg(feature = "sqlite")]
fn sqlite(path: &Path) -> Result<DbConnection, ConnectionError> {
    let text = path.to_str().ok_or_else(|| ConnectionError::BadConnection("the path is not UTF-8".into()))?;
    // A leading "./" keeps a name that looks like a URI a plain file name.
    let text = if path.is_absolute() { text.to_owned() } else { format!("./{text}") };
    let mut connection = diesel::SqliteConnection::establish(&text)?;
    connection.batch_execute(SQLITE_SESSION).map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(DbConnection::Sqlite(connection))
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_path: &Path) -> Result<DbConnection, ConnectionError> {
    Err(not_built("SQLite"))
}

/// A connection that cannot be opened or gets no answer fails in seconds instead of the minutes TCP would take.
#[cfg(feature = "postgres")]
const POSTGRES_TIMEOUTS: [(&str, &str); 5] = [
    ("connect_timeout", "3"),
    ("tcp_user_timeout", "10000"),
    ("keepalives_idle", "30"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
];

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<DbConnection, ConnectionError> {
    let mut full = url.to_owned();
    for (name, value) in POSTGRES_TIMEOUTS {
        if !url.contains(&format!("{name}=")) {
            full.push(if full.contains('?') { '&' } else { '?' });
            full.push_str(&format!("{name}={value}"));
        }
    }
    let mut connection = diesel::PgConnection::establish(&full)?;
    let session = "SET TIME ZONE 'UTC'; SET application_name = 'glance-registry'; SET client_min_messages = warning";
    connection.batch_execute(session).map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(DbConnection::Postgres(connection))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_url: &str) -> Result<DbConnection, ConnectionError> {
    Err(not_built("PostgreSQL"))
}

#[cfg(feature = "mysql")]
fn mysql(url: &str, sql_mode: &str) -> Result<DbConnection, ConnectionError> {
    let mut connection = diesel::MysqlConnection::establish(url)?;
    let mode: String = sql_mode.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ',')).collect();
    // Lock waits end well before a caller gives up; the default is 50 s.
    let session = format!("SET time_zone = '+00:00', sql_mode = '{mode}', innodb_lock_wait_timeout = 3");
    connection.batch_execute(&session).map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(DbConnection::Mysql(connection))
}

#[cfg(not(feature = "mysql"))]
fn mysql(_url: &str, _sql_mode: &str) -> Result<DbConnection, ConnectionError> {
    Err(not_built("MySQL"))
}

#[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
fn not_built(engine: &str) -> ConnectionError {
    ConnectionError::BadConnection(format!("this program was built without {engine}"))
}

/// Opens a transaction that only reads and sees one snapshot throughout.
pub(super) fn begin_read(connection: &mut DbConnection) -> QueryResult<()> {
    use diesel::connection::AnsiTransactionManager;
    match connection {
        #[cfg(feature = "sqlite")]
        DbConnection::Sqlite(inner) => AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN"),
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(inner) => {
            AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        }
        // The default level of InnoDB is REPEATABLE READ.
        #[cfg(feature = "mysql")]
        DbConnection::Mysql(inner) => {
            AnsiTransactionManager::begin_transaction_sql(inner, "START TRANSACTION READ ONLY")
        }
    }
}

/// Opens a transaction that writes. On SQLite it takes the write lock at once: a reader that becomes a writer in the
/// middle fails at the first conflict, whatever the busy timeout. On MySQL each statement sees what others committed
/// before it, as on PostgreSQL: with the snapshot that is the default there, what was read first (a request key) would
/// hide the changes that were waited for at a lock.
pub(super) fn begin_write(connection: &mut DbConnection) -> QueryResult<()> {
    use diesel::connection::AnsiTransactionManager;
    match connection {
        #[cfg(feature = "sqlite")]
        DbConnection::Sqlite(inner) => AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE"),
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(inner) => AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN"),
        #[cfg(feature = "mysql")]
        DbConnection::Mysql(inner) => {
            let begin = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN";
            AnsiTransactionManager::begin_transaction_sql(inner, begin)
        }
    }
}
