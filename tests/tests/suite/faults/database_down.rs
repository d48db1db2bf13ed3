//! The registry without its database.

use std::time::{Duration, Instant};

use glance_tests::cloud::Service;
use glance_tests::proxy::Proxy;
use glance_tests::{Cloud, Database, Engine, Must, NewImage, eventually};
use serde_json::json;

/// The address in a URL.
fn authority(url: &str) -> &str {
    let rest = url.split("://").nth(1).unwrap_or_default();
    let address = rest.split('/').next().unwrap_or_default();
    address.rsplit('@').next().unwrap_or_default()
}

fn cut_link_is_a_503_and_heals(engine: Engine) {
    let folder = tempfile::tempdir().must("a folder");
    let database = Database::create(engine, folder.path());
    let proxy = Proxy::start(authority(&database.url));
    let through = database.url.replace(authority(&database.url), &format!("127.0.0.1:{}", proxy.port()));
    let cloud = Cloud::builder().on(Database::borrowed(engine, &through)).start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().upload(&owner, b"data");

    proxy.cut();
    for call in [
        owner.get("/v2/images"),
        owner.get(&format!("/v2/images/{id}")),
        owner.post("/v2/images", &json!({})),
        owner.get(&format!("/v2/images/{id}/file")),
    ] {
        let start = Instant::now();
        let answer = call.send();
        assert!(start.elapsed() < Duration::from_secs(6), "{:?} for {answer}", start.elapsed());
        assert_eq!(answer.status, 503, "{answer}");
        assert!(answer.header("retry-after").is_some(), "{answer}");
    }
    let limit = Duration::from_secs(15);
    eventually(limit, "a registry that is not ready", || (!cloud.is_ready(Service::Registry)).then_some(()));
    owner.get("/healthcheck").send().expect(200);

    proxy.mend();
    eventually(limit, "a healed cloud", || (owner.get("/v2/images").send().status == 200).then_some(()));
    eventually(limit, "a ready registry", || cloud.is_ready(Service::Registry).then_some(()));
    assert_eq!(owner.download(&id), b"data");
    NewImage::default().upload(&owner, b"more");
}

/// The two engines with a network between.
mod cut_database_link {
    use super::{Engine, cut_link_is_a_503_and_heals};

    #[test]
    fn postgres() {
        cut_link_is_a_503_and_heals(Engine::Postgres);
    }

    #[test]
    fn mariadb() {
        cut_link_is_a_503_and_heals(Engine::MariaDb);
    }
}

/// Another program that holds the write lock of a SQLite file delays writers and fails none.
#[test]
fn locked_sqlite_file_is_waited_for() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let mut other = cloud.database.session();
    other.batch("BEGIN IMMEDIATE").must("the write lock");
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| NewImage::named("waited").create(&owner));
        std::thread::sleep(Duration::from_millis(700));
        owner.get("/v2/images").send().expect(200);
        other.batch("COMMIT").must("the end of the lock");
        assert!(writer.join().is_ok(), "the writer did not wait");
    });
}
