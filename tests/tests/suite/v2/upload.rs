//! Uploads: what a client sees while they run, and what is left when they fail.

use std::time::Duration;

use glance_tests::bytes::{md5_hex, pattern};
use glance_tests::{Body, Client, Cloud, NewImage, eventually};

#[test]
fn upload_in_progress_is_shown_as_saving_and_refuses_a_second_one() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let mut running = begin_upload(&owner, &id, 100_000, &pattern(1, 50_000));
    eventually(Duration::from_secs(10), "the status saving", || (owner.status(&id) == "saving").then_some(()));

    let second = owner.upload(&id, Body::Bytes(b"x".to_vec())).send().expect(409);
    assert!(second.text().contains("Image status transition from saving to saving is not allowed"), "{second}");
    owner.get(&format!("/v2/images/{id}/file")).send().expect(204);

    running.write(&pattern(1, 100_000)[50_000..]).expect("the rest of the body");
    running.answer(false).expect("an answer").expect(204);
    assert_eq!(owner.status(&id), "active");
    assert_eq!(owner.show(&id)["checksum"], md5_hex(&pattern(1, 100_000)));
}

#[test]
fn image_can_be_changed_while_its_data_arrives() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let mut running = begin_upload(&owner, &id, 10, b"12345");
    eventually(Duration::from_secs(10), "the status saving", || (owner.status(&id) == "saving").then_some(()));
    let rename = serde_json::json!([{"op": "replace", "path": "/name", "value": "renamed meanwhile"}]);
    owner.patch(&format!("/v2/images/{id}"), &rename).send().expect(200);
    running.write(b"67890").expect("the rest of the body");
    running.answer(false).expect("an answer").expect(204);
    assert_eq!(owner.show(&id)["name"], "renamed meanwhile");
    assert_eq!(owner.status(&id), "active");
}

#[test]
fn image_deleted_during_its_upload_leaves_nothing() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let mut running = begin_upload(&owner, &id, 200_000, &pattern(2, 100_000));
    eventually(Duration::from_secs(10), "the status saving", || (owner.status(&id) == "saving").then_some(()));
    owner.delete(&format!("/v2/images/{id}")).send().expect(204);
    // the server may stop reading at once
    let _ = running.write(&pattern(2, 100_000));
    if let Ok(answer) = running.answer(false) {
        assert_eq!(answer.status, 410, "{answer}");
    }
    eventually(Duration::from_secs(10), "an empty store", || cloud.stored_files("fast").is_empty().then_some(()));
}

#[test]
fn upload_beyond_the_size_cap_is_refused_and_can_be_repeated() {
    let cloud = Cloud::builder().api_option("DEFAULT", "image_size_cap", "100000").start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    for body in [Body::Bytes(pattern(3, 100_001)), Body::Chunked(pattern(3, 300_000), 10_000)] {
        let answer = owner.upload(&id, body).header("Accept", "application/json").send().expect(413);
        assert!(answer.text().contains("The provided image is too large."), "{answer}");
        let image = owner.show(&id);
        assert_eq!(image["status"], "queued");
        assert!(image["size"].is_null() && image["checksum"].is_null(), "{image}");
        assert_eq!(cloud.stored_files("fast"), Vec::<String>::new());
    }
    owner.upload(&id, Body::Bytes(pattern(3, 100_000))).send().expect(204);
    assert_eq!(owner.status(&id), "active");
}

#[test]
fn failed_upload_can_be_repeated_with_other_data() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let lying = owner.upload(&id, Body::Bytes(b"12345".to_vec())).header("x-openstack-image-size", "99");
    lying.send().expect(400);
    assert_eq!(owner.status(&id), "queued");
    owner.upload(&id, Body::Bytes(b"other data".to_vec())).send().expect(204);
    assert_eq!(owner.download(&id), b"other data");
}

#[test]
fn every_size_around_the_buffer_borders_comes_back() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let kib = 1024;
    for size in
        [0, 1, 511, 512, 64 * kib - 1, 64 * kib, 256 * kib + 1, 1024 * kib - 1, 1024 * kib, 1024 * kib + 1, 5_000_003]
    {
        let data = pattern(size as u64, size);
        let id = NewImage::default().upload(&owner, &data);
        let image = owner.show(&id);
        assert_eq!(image["size"], size);
        assert_eq!(image["checksum"], md5_hex(&data), "{size}");
        assert!(owner.download(&id) == data, "{size} bytes came back different");
    }
}

#[test]
fn other_digests_can_be_configured() {
    let cloud = Cloud::builder().api_option("DEFAULT", "hashing_algorithm", "sha256").start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().upload(&owner, b"abc");
    let image = owner.show(&id);
    assert_eq!(image["os_hash_algo"], "sha256");
    assert_eq!(image["os_hash_value"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/// Starts an upload of `size` bytes and sends only `start`.
pub(crate) fn begin_upload(owner: &Client, id: &str, size: usize, start: &[u8]) -> glance_tests::http::Connection {
    let request = owner.upload(id, Body::None).header("Content-Length", &size.to_string()).into_request();
    let head = request.head(&owner.address.authority).expect("a request");
    let mut connection = owner.address.connect().expect("a connection");
    connection.write(head.as_bytes()).expect("the head of a request");
    connection.write(start).expect("the start of a body");
    connection
}
