//! Section `[database]`.

use glance_common::config::{DatabaseUrl, Seconds};

glance_common::options! {
    /// The database of the registry.
    pub struct DatabaseOptions in "database" {
        /// URL of the database in SQLAlchemy's form: `sqlite:////path`, `postgresql+psycopg2://user:password@host/name`
        /// or `mysql+pymysql://user:password@host/name`.
        pub connection: Option<DatabaseUrl> = None, aliases ["sql_connection", "DEFAULT.sql_connection"];
        /// A read-only copy of the database. Accepted and ignored with a warning: reads must see what was just written.
        pub slave_connection: Option<DatabaseUrl> = None;
        /// Together with `max_overflow`: connections at most; 0 for no limit of its own.
        pub max_pool_size: u32 = 5, aliases ["DEFAULT.sql_max_pool_size", "database.sql_max_pool_size"], max 10000;
        /// Connections above `max_pool_size` under load; -1 for no limit of its own.
        pub max_overflow: i32 = 50, aliases ["DEFAULT.sql_max_overflow", "database.sqlalchemy_max_overflow"], min -1, max 10000;
        /// Connections kept open also when nobody asks.
        pub min_pool_size: u32 = 1, aliases ["DEFAULT.sql_min_pool_size", "database.sql_min_pool_size"], max 10000;
        /// Seconds after which an idle connection is replaced.
        pub connection_recycle_time: Seconds = Seconds::new(3600), aliases ["idle_timeout", "DEFAULT.sql_idle_timeout", "database.sql_idle_timeout"];
        /// Seconds that a request waits for a connection. Never more than 4, so that a dead database is told in time.
        pub pool_timeout: Option<Seconds> = None, aliases ["database.sqlalchemy_pool_timeout"];
        /// Accepted for old files. The registry starts without its database and keeps trying for ever.
        pub max_retries: i32 = 10, aliases ["DEFAULT.sql_max_retries", "database.sql_max_retries"], min -1;
        /// Accepted for old files, see `max_retries`.
        pub retry_interval: u32 = 10, aliases ["DEFAULT.sql_retry_interval", "database.reconnect_interval"];
        /// SQL mode of MySQL sessions. Empty leaves the server's own, which may cut values silently.
        pub mysql_sql_mode: String = "TRADITIONAL".to_owned();
        /// Times that a transaction is repeated when others got in its way.
        pub db_max_retries: u32 = 20, max 1000;
    }
}
