//! Databases for tests, callers, and images to put in.

use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use glance_common::config::DatabaseUrl;
use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageId, ImageStatus, LocationStatus, Timestamp, Visibility};
use glance_common::registry_api::{ImageQuery, NewImage, NewLocation};
use tempfile::TempDir;

use crate::db::connection::{begin_read, begin_write};
use crate::db::queries::images;
use crate::db::{DatabaseOptions, DbConnection, DbError, Engine, LocationCipher, Session, connect, migrate};

/// An empty database of the test's own; dropped at the end.
pub(super) struct TestDatabase {
    pub(super) conn: DbConnection,
    pub(super) url: DatabaseUrl,
    cipher: LocationCipher,
    /// On a server: where to drop it, and its name.
    server: Option<(DatabaseUrl, String)>,
    folder: TempDir,
}

/// Runs a test on an engine, unless `GLANCE_TEST_ENGINES` leaves that out.
pub(super) fn run(engine: Engine, test: fn(&mut TestDatabase)) {
    let name = match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
        Engine::Mysql => "mysql",
    };
    let wanted = std::env::var("GLANCE_TEST_ENGINES").unwrap_or_default();
    if wanted.is_empty() || wanted.split(',').any(|wanted| wanted.trim() == name) {
        test(&mut TestDatabase::on(engine));
    }
}

/// The URL of a server, up to the name of the database.
fn server(variable: &str) -> String {
    let url = std::env::var(variable).unwrap_or_default();
    assert!(
        !url.is_empty(),
        "{variable} is not set: run `cargo xtask test`, which starts the servers, or set GLANCE_TEST_ENGINES=sqlite"
    );
    let (scheme, rest) = url.split_once("://").unwrap();
    format!("{scheme}://{}", rest.split('/').next().unwrap())
}

impl TestDatabase {
    fn on(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("glance_test_{}", ImageId::generate().as_str().replace('-', ""));
        let (url, server) = match engine {
            Engine::Sqlite => (format!("sqlite:///{}", folder.path().join("glance.sqlite").display()), None),
            Engine::Postgres => on_server(&server("GLANCE_TEST_POSTGRES_URL"), "postgres", name),
            Engine::Mysql => on_server(&server("GLANCE_TEST_MARIADB_URL"), "mysql", name),
        };
        let url = DatabaseUrl::parse(&url).unwrap();
        let conn = connect(&url, "TRADITIONAL").unwrap();
        Self { conn, url, cipher: LocationCipher::none(), server, folder }
    }

    /// Makes the tables.
    pub(super) fn prepared(&mut self) -> &mut Self {
        migrate::prepare(&mut self.conn).unwrap();
        self
    }

    pub(super) fn engine(&self) -> Engine {
        self.conn.engine()
    }

    /// Encrypts locations from now on.
    pub(super) fn encrypt(&mut self, key: &str) {
        self.cipher = LocationCipher::new(key).unwrap();
    }

    /// Options that open this database.
    pub(super) fn options(&self) -> DatabaseOptions {
        DatabaseOptions { connection: Some(self.url.clone()), ..DatabaseOptions::default() }
    }

    /// A folder for files of the test.
    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A session without a transaction.
    pub(super) fn session(&mut self) -> Session<'_> {
        Session::new(&mut self.conn, &self.cipher)
    }

    /// Runs work in a transaction, as the door does.
    pub(super) fn write<T>(&mut self, work: impl FnOnce(&mut Session<'_>) -> Result<T, DbError>) -> Result<T, DbError> {
        begin_write(&mut self.conn).unwrap();
        let result = work(&mut self.session());
        self.end(result.is_ok());
        result
    }

    /// Runs work in a reading transaction, as the door does.
    pub(super) fn read<T>(&mut self, work: impl FnOnce(&mut Session<'_>) -> Result<T, DbError>) -> Result<T, DbError> {
        begin_read(&mut self.conn).unwrap();
        let result = work(&mut self.session());
        self.end(result.is_ok());
        result
    }

    fn end(&mut self, well: bool) {
        if well {
            DbConnection::commit_transaction(&mut self.conn).unwrap();
        } else {
            DbConnection::rollback_transaction(&mut self.conn).unwrap();
        }
    }

    /// Runs statements of the test's own.
    pub(super) fn execute(&mut self, sql: &str) {
        self.conn.batch_execute(sql).unwrap();
    }

    /// The only column of a query's rows, as texts. The query has to call it `answer` and make it a text.
    pub(super) fn texts(&mut self, sql: &str) -> Vec<Option<String>> {
        let rows: Vec<Answer> = diesel::sql_query(sql).load(&mut self.conn).unwrap();
        rows.into_iter().map(|row| row.answer).collect()
    }

    /// The same for a single row that is not NULL.
    pub(super) fn text(&mut self, sql: &str) -> String {
        self.texts(sql).pop().flatten().unwrap()
    }

    /// The type that a value is cast to, to be read by [`TestDatabase::texts`].
    pub(super) fn text_type(&self) -> &'static str {
        if self.engine() == Engine::Mysql { "CHAR" } else { "TEXT" }
    }

    /// Creates an image as an administrator.
    pub(super) fn create(&mut self, new: &NewImage) -> Image {
        self.write(|session| images::create_image(session, &admin(), new)).unwrap()
    }

    /// Creates an image with this name and nothing special.
    pub(super) fn create_named(&mut self, name: &str) -> Image {
        self.create(&NewImage { name: Some(name.to_owned()), ..new_image() })
    }

    /// The names of the images that a query finds.
    pub(super) fn names(&mut self, context: &RequestContext, query: &ImageQuery) -> Vec<String> {
        let images = self.read(|session| images::list_images(session, context, query, 1000)).unwrap();
        images.into_iter().map(|image| image.name.unwrap_or_default()).collect()
    }

    /// The image as an administrator sees it.
    pub(super) fn get(&mut self, id: &str) -> Image {
        self.read(|session| images::get_image(session, &admin(), id, true)).unwrap()
    }
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Nullable<Text>)]
    answer: Option<String>,
}

/// Creates a database on a server.
fn on_server(server: &str, administrative: &str, name: String) -> (String, Option<(DatabaseUrl, String)>) {
    let door = DatabaseUrl::parse(&format!("{server}/{administrative}")).unwrap();
    let mut conn = connect(&door, "TRADITIONAL").unwrap();
    conn.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    (format!("{server}/{name}"), Some((door, name)))
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some((door, name)) = &self.server else { return };
        let force = if self.engine() == Engine::Postgres { " WITH (FORCE)" } else { "" };
        if let Ok(mut conn) = connect(door, "TRADITIONAL") {
            // A database that stays behind does no harm.
            let _ = conn.batch_execute(&format!("DROP DATABASE {name}{force}"));
        }
    }
}

/// An administrator.
pub(super) fn admin() -> RequestContext {
    RequestContext::service("req-test")
}

/// An ordinary user of a project.
pub(super) fn user(project: &str) -> RequestContext {
    RequestContext {
        user_id: Some("user".to_owned()),
        project_id: Some(project.to_owned()),
        roles: vec!["member".to_owned()],
        request_id: "req-test".to_owned(),
        ..RequestContext::default()
    }
}

/// A new image of project `p1`.
pub(super) fn new_image() -> NewImage {
    NewImage {
        id: None,
        name: Some("image".to_owned()),
        status: ImageStatus::Queued,
        visibility: Visibility::Shared,
        owner: Some("p1".to_owned()),
        size: None,
        virtual_size: None,
        disk_format: None,
        container_format: None,
        checksum: None,
        os_hash_algo: None,
        os_hash_value: None,
        min_disk: 0,
        min_ram: 0,
        protected: false,
        os_hidden: false,
        created_at: None,
        updated_at: None,
        properties: [].into(),
        tags: Vec::new(),
        locations: Vec::new(),
        quota: None,
    }
}

/// A new active location.
pub(super) fn location(url: &str) -> NewLocation {
    let metadata = serde_json::json!({ "store": "fast" }).as_object().cloned().unwrap();
    NewLocation { id: None, url: url.to_owned(), metadata, status: LocationStatus::Active }
}

/// A point in time.
pub(super) fn time(rfc3339: &str) -> Timestamp {
    Timestamp::parse_rfc3339(rfc3339).unwrap()
}

/// The time as an engine gives it back.
pub(super) fn kept(engine: Engine, time: Timestamp) -> Timestamp {
    if engine == Engine::Mysql { time.whole_seconds() } else { time }
}
