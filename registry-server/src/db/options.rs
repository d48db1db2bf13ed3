//! Section `[database]`.

use glance_common::config::DatabaseUrl;

glance_common::options! {
    /// The database of the registry.
    pub struct DatabaseOptions in "database" {
        /// URL of the database in SQLAlchemy's form: `sqlite:////path`, `postgresql+psycopg2://user:password@host/name`
        /// or `mysql+pymysql://user:password@host/name`.
        pub connection: Option<DatabaseUrl> = None, aliases ["DEFAULT.sql_connection"];
    }
}
