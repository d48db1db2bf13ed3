//! Limits of a project and of an image, for many callers at once, and when servers die. Statuses and words of the
//! refusals are in the recorded scenario `configured/quotas`.

use std::time::Duration;

use glance_tests::bytes::pattern;
use glance_tests::caller::Call;
use glance_tests::cloud::Service;
use glance_tests::http::Connection;
use glance_tests::{Body, Builder, Client, Cloud, Engine, NewImage, eventually, on_every_database};
use serde_json::{Value, json};

use super::members::{at_once, tally};
use super::upload::begin_upload;

/// Uploads at the same time.
const MANY: usize = 64;
/// Bytes of each.
const SIZE: usize = 95_000;

fn quota(engine: Engine, bytes: &str) -> Builder {
    Cloud::builder().database(engine).api_option("DEFAULT", "user_storage_quota", bytes)
}

/// What a dead node leaves, and an image that is gone, are noticed soon.
fn short_leases(builder: Builder) -> Builder {
    builder.api_option("DEFAULT", "worker_lease_seconds", "5").api_option("DEFAULT", "worker_recovery_interval", "1")
}

/// Number and bytes of the active images that a project has.
pub(super) fn stored(owner: &Client) -> (usize, u64) {
    let list = owner.get("/v2/images?limit=1000&status=active").send().expect(200).json();
    let sizes: Vec<u64> = list["images"].as_array().into_iter().flatten().filter_map(|i| i["size"].as_u64()).collect();
    (sizes.len(), sizes.iter().sum())
}

/// As many images as there are bodies, and an upload to each.
pub(super) fn uploads(owner: &Client, bodies: impl Iterator<Item = Body>) -> Vec<Call> {
    bodies.map(|body| owner.upload(&NewImage::default().create(owner), body)).collect()
}

/// Starts an upload in chunks, without a length, and sends only `start`.
fn begin_chunked(owner: &Client, id: &str, start: &[u8]) -> Connection {
    let request = owner.upload(id, Body::None).header("Transfer-Encoding", "chunked").into_request();
    let head = request.head(&owner.address.authority).expect("a request");
    let mut connection = owner.address.connect().expect("a connection");
    connection.write(head.as_bytes()).expect("the head of a request");
    connection.write(format!("{:x}\r\n", start.len()).as_bytes()).expect("the length of a chunk");
    connection.write(start).expect("a chunk");
    connection.write(b"\r\n").expect("the end of a chunk");
    connection
}

fn wait_for(owner: &Client, id: &str, status: &str) {
    eventually(Duration::from_secs(60), status, || (owner.status(id) == status).then_some(()));
}

/// The status of an upload of so many bytes to a new image.
fn try_upload(owner: &Client, size: usize) -> u16 {
    let id = NewImage::default().create(owner);
    owner.upload(&id, Body::Bytes(pattern(7, size))).send().status
}

/// F2: what is announced is reserved, so exactly as many get through as fit.
fn announced_sizes_fit_exactly(engine: Engine) {
    let cloud = quota(engine, "1000000").start();
    let owner = cloud.as_member("p1");
    let calls = uploads(&owner, (0..MANY).map(|_| Body::Bytes(pattern(1, SIZE))));
    assert_eq!(tally(&at_once(&calls)), [(204, 10), (413, MANY - 10)]);
    assert_eq!(stored(&owner), (10, 10 * SIZE as u64));
    assert_eq!(cloud.stored_files("fast").len(), 10);
    assert_eq!([try_upload(&owner, 50_001), try_upload(&owner, 50_000), try_upload(&owner, 1)], [413, 204, 413]);
    assert_eq!(try_upload(&cloud.as_member("p2"), 1_000_000), 204, "every project has its own");
}

/// F1, F2: what is not announced is counted while it passes. Reserved in advance is given back, so that afterwards as
/// many fit as if they had come one by one.
fn unknown_sizes_never_pass(engine: Engine) {
    let cloud = quota(engine, "3000000B").start();
    let owner = cloud.as_member("p1");
    let calls = uploads(&owner, (0..MANY).map(|_| Body::Chunked(pattern(2, SIZE), 10_000)));
    let statuses = at_once(&calls);
    let through = statuses.iter().filter(|status| **status == 204).count();
    // a machine that is too busy says so
    assert!(statuses.iter().all(|status| [204, 413, 503].contains(status)), "{:?}", tally(&statuses));
    assert!((1..=31).contains(&through), "{through} are through");
    assert_eq!(stored(&owner), (through, (through * SIZE) as u64));
    let rest = uploads(&owner, (through..32).map(|_| Body::Chunked(pattern(2, SIZE), 10_000)));
    let rest: Vec<u16> = rest.iter().map(|call| call.send().status).collect();
    assert_eq!(tally(&rest), if through < 31 { vec![(204, 31 - through), (413, 1)] } else { vec![(413, 1)] });
    assert_eq!(cloud.stored_files("fast").len(), 31);
}

/// A node that dies keeps its share until another one has removed what it wrote; then all of it is free again.
fn killed_node_gives_back(engine: Engine) {
    let mut cloud = short_leases(quota(engine, "1MB")).start();
    let owner = cloud.as_member("p1");
    let (known, unknown) = (NewImage::default().create(&owner), NewImage::default().create(&owner));
    let running = (
        begin_upload(&owner, &known, 600_000, &pattern(3, 300_000)),
        begin_chunked(&owner, &unknown, &pattern(3, 200_000)),
    );
    for id in [&known, &unknown] {
        wait_for(&owner, id, "saving");
    }
    eventually(Duration::from_secs(10), "both reservations", || (try_upload(&owner, 240_000) == 413).then_some(()));
    cloud.kill(Service::Api);
    drop(running);
    cloud.start(Service::Api);
    let owner = cloud.as_member("p1");
    for id in [&known, &unknown] {
        wait_for(&owner, id, "queued");
    }
    eventually(Duration::from_secs(10), "an empty store", || {
        cloud.stored_files("fast").iter().all(|file| !file.contains(known.as_str())).then_some(())
    });
    let free = 1_048_576 - stored(&owner).1;
    assert_eq!(
        [try_upload(&owner, free as usize + 1), try_upload(&owner, free as usize), try_upload(&owner, 1)],
        [413, 204, 413]
    );
}

/// F3: an image that is deleted while it is written counts until its bytes are gone, and no longer.
fn deleted_upload_gives_back(engine: Engine) {
    let cloud = short_leases(quota(engine, "1MB")).start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let running = begin_upload(&owner, &id, 900_000, &pattern(4, 400_000));
    wait_for(&owner, &id, "saving");
    owner.delete(&format!("/v2/images/{id}")).send().expect(204);
    let next = NewImage::default().create(&owner);
    let body = || Body::Bytes(pattern(5, 1_048_576));
    eventually(Duration::from_secs(30), "all of the quota", || {
        (owner.upload(&next, body()).send().status == 204).then_some(())
    });
    assert_eq!(cloud.stored_files("fast").len(), 1, "the writer has stopped and left nothing");
    drop(running);
}

fn patches_never_pass(engine: Engine) {
    let cloud = Cloud::builder()
        .database(engine)
        .api_option("DEFAULT", "image_property_quota", "5")
        .api_option("DEFAULT", "image_tag_quota", "5")
        .start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().with("tags", json!(["a", "b"])).create(&owner);
    let path = format!("/v2/images/{id}");
    let property = |n: usize| json!([{"op": "add", "path": format!("/p_{n}"), "value": "x"}]);
    let tags = |n: usize| json!([{"op": "replace", "path": "/tags", "value": ["a", "b", "c", "d", format!("by-{n}")]}]);
    let mut calls: Vec<Call> = (0..8).map(|n| owner.patch(&path, &property(n))).collect();
    calls.extend((0..4).map(|n| owner.patch(&path, &tags(n))));
    calls.extend((0..4).map(|n| owner.request("PUT", &format!("{path}/tags/put-{n}"))));
    let statuses = at_once(&calls);
    // somebody else's change in between, too often, is a 409
    assert!(statuses.iter().all(|status| [200, 204, 409, 413].contains(status)), "{:?}", tally(&statuses));
    let image = owner.show(&id);
    let count =
        |image: &Value| image.as_object().into_iter().flatten().filter(|(name, _)| name.starts_with("p_")).count();
    assert!(count(&image) <= 5 && image["tags"].as_array().is_some_and(|tags| tags.len() <= 5), "{image}");
    for n in 0..8 {
        let status = owner.patch(&path, &property(n)).send().status;
        assert!([200, 413].contains(&status), "{status}");
    }
    assert_eq!(count(&owner.show(&id)), 5);
    owner.patch(&path, &json!([{"op": "add", "path": "/p_more", "value": "x"}])).send().expect(413);
}

on_every_database! {
    parallel_uploads_of_known_size_fill_the_quota_and_no_more => announced_sizes_fit_exactly;
    parallel_uploads_of_unknown_size_never_pass_the_quota => unknown_sizes_never_pass;
    killed_node_gives_its_share_of_the_quota_back => killed_node_gives_back;
    image_deleted_during_its_upload_gives_its_share_back => deleted_upload_gives_back;
    parallel_patches_never_pass_property_and_tag_quotas => patches_never_pass;
}

#[test]
fn body_that_passes_the_quota_on_its_way_is_refused_and_leaves_nothing() {
    let cloud = quota(Engine::Sqlite, "1MB").start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let call = owner.upload(&id, Body::Chunked(pattern(6, 3_000_000), 60_000)).header("Accept", "application/json");
    let refused = call.send().expect(413);
    let text =
        "Image exceeds the storage quota: The size of the data None will exceed the limit. 1048576 bytes remaining.";
    assert!(refused.text().contains(text), "{refused}");
    let image = owner.show(&id);
    assert_eq!((&image["status"], &image["size"], &image["checksum"]), (&json!("queued"), &Value::Null, &Value::Null));
    assert_eq!(cloud.stored_files("fast"), Vec::<String>::new());
    owner.upload(&id, Body::Chunked(pattern(6, 1_048_576), 60_000)).send().expect(204);
    assert_eq!(owner.show(&id)["size"], 1_048_576);
}

#[test]
fn usage_is_empty_without_limits_of_the_identity_service() {
    let cloud = quota(Engine::Sqlite, "1MB").start();
    let owner = cloud.as_member("p1");
    assert_eq!(owner.get("/v2/info/usage").send().expect(200).json(), json!({"usage": {}}));
    owner.post("/v2/info/usage", &json!({})).send().expect(404);
}
