//! The reference is started on a database that we made and wrote. Slow, so it is a test program of its own, run by
//! `cargo xtask reference-check`, which installs the reference.

use std::path::Path;
use std::process::Command;

use glance_tests::bytes::{md5_hex, pattern};
use glance_tests::cloud::Service;
use glance_tests::http::Address;
use glance_tests::{Caller, Client, Cloud, Engine, Must, NewImage, on_every_database};
use serde_json::{Value, json};

/// The reference in a cloud's folder; dropping it stops it.
struct Reference<'a> {
    folder: &'a Path,
    address: Address,
}

impl<'a> Reference<'a> {
    fn start(folder: &'a Path, database: &str) -> Self {
        let output = Self::tool("start").arg(folder).arg(database).output().must("tools/reference");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the reference does not start: {errors}");
        Self { folder, address: Address::from_url(printed.trim()) }
    }

    fn tool(action: &str) -> Command {
        let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/reference"));
        command.arg(action);
        command
    }

    fn as_member(&self, project: &str) -> Client {
        Client { address: self.address.clone(), caller: Caller::with_roles("member,reader", project) }
    }
}

impl Drop for Reference<'_> {
    fn drop(&mut self) {
        let _ = Self::tool("stop").arg(self.folder).status();
    }
}

/// The URL in SQLAlchemy's spelling with the drivers that the reference is installed with.
fn with_driver(url: &str) -> String {
    url.replacen("postgresql://", "postgresql+psycopg2://", 1).replacen("mysql://", "mysql+pymysql://", 1)
}

/// The image as JSON with its tags in order; theirs is the database's.
fn shown(client: &Client, id: &str) -> Value {
    let mut image = client.show(id);
    if let Some(tags) = image["tags"].as_array_mut() {
        tags.sort_by_key(ToString::to_string);
    }
    image
}

fn reference_serves_what_we_wrote(engine: Engine) {
    let mut cloud = Cloud::builder().database(engine).like_the_reference().start();
    let owner = cloud.as_member("p1");
    let data = pattern(5, 300_000);
    let image = NewImage::named("written by us").with("os_distro", "debian").with("tags", json!(["a", "b"]));
    let kept = image.upload(&owner, &data);
    let queued = NewImage::named("queued").create(&owner);
    let gone = NewImage::named("gone").upload(&owner, b"gone");
    owner.delete(&format!("/v2/images/{gone}")).send().expect(204);
    let patch = json!([{"op": "add", "path": "/later", "value": "x"}]);
    owner.patch(&format!("/v2/images/{kept}"), &patch).send().expect(200);
    let ours = shown(&owner, &kept);
    cloud.kill(Service::Api);
    cloud.kill(Service::Registry);

    let reference = Reference::start(cloud.path(), &with_driver(&cloud.database.url));
    let theirs = reference.as_member("p1");
    assert_eq!(shown(&theirs, &kept), ours);
    assert_eq!(theirs.show(&kept)["checksum"], md5_hex(&data));
    assert_eq!(theirs.download(&kept), data);
    assert_eq!(theirs.status(&queued), "queued");
    theirs.get(&format!("/v2/images/{gone}")).send().expect(404);
    let listed = theirs.get("/v2/images?sort=name:asc").send().expect(200).json();
    let names: Vec<_> = listed["images"].as_array().must("images").iter().map(|image| image["name"].clone()).collect();
    assert_eq!(names, ["queued", "written by us"]);

    // and back: what the reference then changes, we show
    let patch = json!([{"op": "remove", "path": "/later"}, {"op": "replace", "path": "/name", "value": "by both"}]);
    theirs.patch(&format!("/v2/images/{kept}"), &patch).send().expect(200);
    let uploaded = NewImage::named("theirs").upload(&theirs, b"their data");
    drop(reference);
    cloud.start(Service::Registry);
    cloud.start(Service::Api);
    let owner = cloud.as_member("p1");
    assert_eq!(owner.show(&kept)["name"], "by both");
    assert!(owner.show(&kept).get("later").is_none());
    assert_eq!(owner.download(&uploaded), b"their data");
}

on_every_database! {
    reference_check => reference_serves_what_we_wrote;
}
