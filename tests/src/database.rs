//! Databases of the tests' own on the three engines.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection as _, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection};

use crate::must::Must;

/// The variable that names a PostgreSQL server where databases may be created.
pub const POSTGRES_VARIABLE: &str = "GLANCE_TEST_POSTGRES_URL";
/// The variable that names a MariaDB server where databases may be created.
pub const MARIADB_VARIABLE: &str = "GLANCE_TEST_MARIADB_URL";

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// SQLite, a file.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB or MySQL.
    MariaDb,
}

impl Engine {
    /// All engines.
    pub const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::MariaDb];

    /// Its name in file names and on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
            Self::MariaDb => "mariadb",
        }
    }

    /// The server's URL (`scheme://user@host:port`), from the environment.
    ///
    /// # Panics
    /// When the variable is not set; the text says how to run the tests.
    fn server(self) -> String {
        let variable = match self {
            Self::Sqlite => return String::new(),
            Self::Postgres => POSTGRES_VARIABLE,
            Self::MariaDb => MARIADB_VARIABLE,
        };
        let url = std::env::var(variable).ok().filter(|url| !url.is_empty()).must(format!(
            "{variable} is not set. `cargo xtask test` starts the database servers and sets it; \
             `cargo xtask test --db sqlite` leaves the others out"
        ));
        let (scheme, rest) = url.split_once("://").must(format!("{variable} is no URL: {url}"));
        let authority = rest.split('/').next().unwrap_or_default();
        format!("{scheme}://{authority}")
    }
}

/// A database; dropped with this value unless it is borrowed.
#[derive(Debug)]
pub struct Database {
    /// Its engine.
    pub engine: Engine,
    /// Its URL as an operator writes it into `[database] connection`.
    pub url: String,
    /// What to drop at the end: a name on the engine's server.
    owned: Option<String>,
}

impl Database {
    /// A new, empty database; for SQLite a file in `folder`.
    ///
    /// # Panics
    /// When the engine's server is not there.
    pub fn create(engine: Engine, folder: &Path) -> Self {
        if engine == Engine::Sqlite {
            let url = format!("sqlite:///{}", folder.join("glance.sqlite").display());
            return Self { engine, url, owned: None };
        }
        let name = format!("t{}", uuid::Uuid::new_v4().simple());
        let server = engine.server();
        // a moment of exhaustion (all tests at once) is no failure
        let mut admin = Session::open(engine, &format!("{server}/{}", maintenance(engine)));
        admin.batch(&format!("CREATE DATABASE {name}")).must(format!("CREATE DATABASE on {server}"));
        Self { engine, url: format!("{server}/{name}"), owned: Some(name) }
    }

    /// A database that somebody else made and removes.
    pub fn borrowed(engine: Engine, url: &str) -> Self {
        Self { engine, url: url.into(), owned: None }
    }

    /// Opens it.
    ///
    /// # Panics
    /// When that fails.
    pub fn session(&self) -> Session {
        Session::open(self.engine, &self.url)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some(name) = self.owned.take() else {
            return;
        };
        let force = if self.engine == Engine::Postgres { " WITH (FORCE)" } else { "" };
        let server = self.engine.server();
        let mut admin = Session::open(self.engine, &format!("{server}/{}", maintenance(self.engine)));
        // a database left behind disturbs nobody: the server is a scratch one
        let _ = admin.batch(&format!("DROP DATABASE IF EXISTS {name}{force}"));
    }
}

/// The database to be in while creating others.
fn maintenance(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "",
        Engine::Postgres => "postgres",
        Engine::MariaDb => "mysql",
    }
}

/// Four columns of text: what the queries of the harness answer with.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Row {
    /// First column.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Second column.
    #[diesel(sql_type = Text)]
    pub place: String,
    /// Third column.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Fourth column.
    #[diesel(sql_type = Text)]
    pub detail: String,
}

/// An open connection.
#[expect(missing_debug_implementations, reason = "diesel connections have none")]
pub enum Session {
    /// To a SQLite file.
    Sqlite(SqliteConnection),
    /// To PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
    /// To MariaDB.
    #[cfg(feature = "mysql")]
    MariaDb(diesel::MysqlConnection),
}

impl Session {
    /// Opens a URL in the spelling of SQLAlchemy.
    ///
    /// # Panics
    /// When that fails or the harness was built without the engine.
    pub fn open(engine: Engine, url: &str) -> Self {
        match engine {
            Engine::Sqlite => {
                let path = url.strip_prefix("sqlite:///").unwrap_or(url);
                let mut session = SqliteConnection::establish(path).must(path);
                session.batch_execute("PRAGMA busy_timeout = 10000").must("a busy timeout");
                Self::Sqlite(session)
            }
            #[cfg(feature = "postgres")]
            Engine::Postgres => Self::Postgres(diesel::PgConnection::establish(&plain(url)).must(url)),
            #[cfg(feature = "mysql")]
            Engine::MariaDb => Self::MariaDb(diesel::MysqlConnection::establish(&plain(url)).must(url)),
            #[cfg(not(all(feature = "postgres", feature = "mysql")))]
            other => {
                panic!("this harness was built without {}; `cargo xtask test` builds it with all engines", other.name())
            }
        }
    }

    /// Runs statements.
    ///
    /// # Errors
    /// When one of them fails.
    pub fn batch(&mut self, sql: &str) -> QueryResult<()> {
        match self {
            Self::Sqlite(session) => session.batch_execute(sql),
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => session.batch_execute(sql),
            #[cfg(feature = "mysql")]
            Self::MariaDb(session) => session.batch_execute(sql),
        }
    }

    /// Runs a query that names its columns `kind`, `place`, `name` and `detail`.
    ///
    /// # Panics
    /// When it fails.
    pub fn rows(&mut self, sql: &str) -> Vec<Row> {
        let query = diesel::sql_query(sql);
        let rows = match self {
            Self::Sqlite(session) => query.load(session),
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => query.load(session),
            #[cfg(feature = "mysql")]
            Self::MariaDb(session) => query.load(session),
        };
        rows.must(sql)
    }

    /// The number of rows of a table that satisfy a condition.
    pub fn count(&mut self, table: &str, condition: &str) -> usize {
        let kind = match self {
            Self::Sqlite(_) => "text",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => "text",
            #[cfg(feature = "mysql")]
            Self::MariaDb(_) => "char",
        };
        let sql = format!(
            "SELECT '' AS kind, '' AS place, '' AS name, CAST(count(*) AS {kind}) AS detail FROM {table} WHERE {condition}"
        );
        self.rows(&sql).first().and_then(|row| row.detail.parse().ok()).must("a count")
    }
}

/// The URL as the client libraries want it: without SQLAlchemy's driver part.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn plain(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let scheme = scheme.split('+').next().unwrap_or_default();
    let rest = rest.split('?').next().unwrap_or_default();
    format!("{}://{rest}", if scheme == "mariadb" { "mysql" } else { scheme })
}
