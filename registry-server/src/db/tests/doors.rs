//! The doors: work of many at once, a database that goes away and comes back.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use glance_common::config::DatabaseUrl;
use glance_common::model::ImageId;
use glance_common::registry_api::{ImageQuery, ImageUpdate, NewImage, NewMember, PropertyExpectation, PropertyWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::on_every_engine;
use super::support::{TestDatabase, admin, new_image};
use crate::db::queries::request_keys::StoredAnswer;
use crate::db::queries::{images, members, properties, request_keys};
use crate::db::{Db, DbError, Engine, LocationCipher};

/// The longest time in which a caller must be told that the database is away.
const TOLD_WITHIN: Duration = Duration::from_secs(5);

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn open(database: &TestDatabase, url: Option<DatabaseUrl>) -> Db {
    let mut options = database.options();
    options.connection = url.or(options.connection);
    Db::open(&options, LocationCipher::none()).unwrap()
}

/// Passes connections on to a database server, until it is told to cut them all.
struct Proxy {
    port: u16,
    server: String,
    tasks: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Proxy {
    async fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Self { port, server: server.to_owned(), tasks: Arc::default() };
        proxy.serve(listener);
        proxy
    }

    fn serve(&self, listener: TcpListener) {
        let (server, tasks) = (self.server.clone(), Arc::clone(&self.tasks));
        let accepting = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let server = server.clone();
                let passing = tokio::spawn(async move {
                    if let Ok(mut far) = TcpStream::connect(server).await {
                        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                    }
                });
                tasks.lock().unwrap().push(passing);
            }
        });
        self.tasks.lock().unwrap().push(accepting);
    }

    /// The server is gone: connections break, new ones are refused.
    async fn cut(&self) {
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap());
        for task in tasks {
            task.abort();
            let _ = task.await;
        }
    }

    /// The server is there again.
    async fn restore(&self) {
        self.serve(TcpListener::bind(("127.0.0.1", self.port)).await.unwrap());
    }
}

/// A database's URL by way of the proxy, and the server's address.
fn parts(url: &DatabaseUrl) -> Option<(String, String, String)> {
    let url = match url {
        DatabaseUrl::Sqlite(_) => return None,
        DatabaseUrl::Postgres(url) | DatabaseUrl::Mysql(url) => url.expose(),
    };
    let (before, rest) = url.split_once('@').unwrap();
    let (address, name) = rest.split_once('/').unwrap();
    Some((before.to_owned(), address.to_owned(), name.to_owned()))
}

on_every_engine! {
    fn work_of_many_at_once_is_all_done(database) {
        let db = open(database, None);
        runtime().block_on(async {
            let image = db.write(|session| images::create_image(session, &admin(), &new_image())).await.unwrap();
            let id = image.id.to_string();
            let tasks: Vec<_> = (0..8).map(|_| {
                let (db, id) = (db.clone(), id.clone());
                tokio::spawn(async move {
                    for _ in 0..10 {
                        let id = id.clone();
                        db.write(move |session| {
                            images::update_image(session, &admin(), &id, &ImageUpdate::default())
                        }).await.unwrap();
                    }
                })
            }).collect();
            for task in tasks {
                task.await.unwrap();
            }
            let image = db.read(move |session| images::get_image(session, &admin(), &id, false)).await.unwrap();
            assert_eq!(image.version, 81);
        });
    }

    fn one_of_many_takes_the_lock(database) {
        let db = open(database, None);
        runtime().block_on(async {
            let image = db.write(|session| images::create_image(session, &admin(), &new_image())).await.unwrap();
            let tasks: Vec<_> = (0..8).map(|number| {
                let (db, id) = (db.clone(), image.id.to_string());
                let write = PropertyWrite { value: Some(number.to_string()), expect: PropertyExpectation::Absent };
                tokio::spawn(async move {
                    db.write(move |session| properties::set_property(session, &admin(), &id, "lock", &write)).await
                })
            }).collect();
            let mut winners = 0;
            for task in tasks {
                match task.await.unwrap() {
                    Ok(()) => winners += 1,
                    Err(error) => assert!(matches!(error, DbError::Duplicate(_)), "{error:?}"),
                }
            }
            assert_eq!(winners, 1);
        });
    }

    fn limits_hold_though_something_was_read_before_the_lock(database) {
        let db = open(database, None);
        runtime().block_on(async {
            let image = db.write(|session| images::create_image(session, &admin(), &new_image())).await.unwrap();
            let tasks: Vec<_> = (0..8).map(|number| {
                let (db, id) = (db.clone(), image.id.to_string());
                let new = NewMember { maximum: Some(3), ..NewMember::default() };
                tokio::spawn(async move {
                    db.write(move |session| {
                        request_keys::find_answer(session, &format!("key-{number}"), "digest")?;
                        members::add_member(session, &admin(), &id, &format!("p{number}"), &new)
                    }).await
                })
            }).collect();
            let mut added = 0;
            for task in tasks {
                match task.await.unwrap() {
                    Ok(_) => added += 1,
                    Err(error) => assert!(matches!(error, DbError::LimitExceeded { .. }), "{error:?}"),
                }
            }
            assert_eq!(added, 3);
        });
    }

    fn a_repeated_request_has_one_effect(database) {
        let db = open(database, None);
        runtime().block_on(async {
            let tasks: Vec<_> = (0..8).map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    db.write(|session| {
                        if let Some(answer) = request_keys::find_answer(session, "key", "digest")? {
                            return Ok(answer.body);
                        }
                        let id = images::create_image(session, &admin(), &new_image())?.id.to_string();
                        let answer = StoredAnswer { status: 201, body: id.clone() };
                        request_keys::store_answer(session, "key", "digest", &answer)?;
                        Ok(id)
                    }).await.unwrap()
                })
            }).collect();
            let mut answers = Vec::new();
            for task in tasks {
                answers.push(task.await.unwrap());
            }
            answers.dedup();
            assert_eq!(answers.len(), 1);
            let list = db
                .read(|session| images::list_images(session, &admin(), &ImageQuery::default(), 100))
                .await
                .unwrap();
            assert_eq!(list.len(), 1);
        });
    }

    fn refused_work_leaves_nothing(database) {
        let db = open(database, None);
        runtime().block_on(async {
            let id = ImageId::generate();
            let new = NewImage { id: Some(id.clone()), tags: vec!["😀".to_owned()], ..new_image() };
            let error = db.write(move |session| images::create_image(session, &admin(), &new)).await;
            assert!(matches!(error, Err(DbError::Invalid(_))));
            let found = db.read(move |session| images::get_image(session, &admin(), id.as_str(), true)).await;
            assert!(matches!(found, Err(DbError::NotFound)));
            let error = db.write::<(), _>(|_| panic!("a defect")).await;
            assert!(matches!(error, Err(DbError::Internal { .. })));
            db.ping().await.unwrap();
        });
    }

    fn a_database_that_goes_away_is_told_at_once_and_comes_back(database) {
        let Some((before, address, name)) = parts(&database.url) else { return };
        runtime().block_on(async {
            let proxy = Proxy::before(&address).await;
            let url = DatabaseUrl::parse(&format!("{before}@127.0.0.1:{}/{name}", proxy.port)).unwrap();
            let db = open(database, Some(url));
            let create = || db.write(|session| images::create_image(session, &admin(), &new_image()));
            create().await.unwrap();
            proxy.cut().await;
            for _ in 0..3 {
                let start = Instant::now();
                let error = create().await.unwrap_err();
                assert!(matches!(error, DbError::Unavailable { .. }), "{error:?}");
                assert!(!error.to_string().contains("127.0.0.1"), "{error}");
                assert!(start.elapsed() < TOLD_WITHIN);
            }
            proxy.restore().await;
            let start = Instant::now();
            while let Err(error) = create().await {
                assert!(matches!(error, DbError::Unavailable { .. }), "{error:?}");
                assert!(start.elapsed() < TOLD_WITHIN, "{error:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
    }

    fn a_start_without_a_database_heals(database) {
        runtime().block_on(async {
            let missing = match parts(&database.url) {
                None => format!("sqlite:///{}", database.folder().join("later/glance.sqlite").display()),
                Some((before, _, name)) => format!("{before}@127.0.0.1:1/{name}"),
            };
            let start = Instant::now();
            let db = open(database, Some(DatabaseUrl::parse(&missing).unwrap()));
            assert!(matches!(db.prepare().await, Err(DbError::Unavailable { .. })));
            assert!(matches!(db.ping().await, Err(DbError::Unavailable { .. })));
            assert!(start.elapsed() < TOLD_WITHIN);
            if database.engine() == Engine::Sqlite {
                std::fs::create_dir(database.folder().join("later")).unwrap();
                let start = Instant::now();
                while db.ping().await.is_err() {
                    assert!(start.elapsed() < TOLD_WITHIN);
                }
                assert_eq!(db.schema_revision().await.unwrap(), "2024_1_contract01");
            }
        });
    }

    fn wrong_tables_are_refused_until_they_are_right(database) {
        database.prepared();
        database.execute("UPDATE alembic_version SET version_num = 'zed_contract01'");
        let db = open(database, None);
        let runtime = runtime();
        assert!(matches!(runtime.block_on(db.prepare()), Err(DbError::WrongSchema(_))));
        assert!(matches!(runtime.block_on(db.ping()), Err(DbError::WrongSchema(_))));
        database.execute("UPDATE alembic_version SET version_num = '2024_1_contract01'");
        runtime.block_on(db.ping()).unwrap();
    }
}
