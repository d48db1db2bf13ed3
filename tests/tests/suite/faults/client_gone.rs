//! Clients that leave in the middle.

use std::time::Duration;

use glance_tests::bytes::pattern;
use glance_tests::{Body, Client, Cloud, Engine, NewImage, eventually, on_every_database};

use crate::v2::upload::begin_upload;

/// The image is as if the upload had never been tried.
fn untouched(cloud: &Cloud, owner: &Client, id: &str) {
    eventually(Duration::from_secs(15), "the status queued", || (owner.status(id) == "queued").then_some(()));
    eventually(Duration::from_secs(5), "an empty store", || cloud.stored_files("fast").is_empty().then_some(()));
    let image = owner.show(id);
    for key in ["size", "checksum", "os_hash_value", "virtual_size"] {
        assert!(image[key].is_null(), "{key}: {image}");
    }
}

fn upload_can_be_repeated_after_a_break(engine: Engine) {
    let cloud = Cloud::builder().database(engine).start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    for sent in [0, 1, 70_000, 900_000] {
        let connection = begin_upload(&owner, &id, 1_000_000, &pattern(1, sent));
        eventually(Duration::from_secs(10), "the status saving", || (owner.status(&id) == "saving").then_some(()));
        connection.abort();
        untouched(&cloud, &owner, &id);
    }
    owner.upload(&id, Body::Bytes(pattern(1, 1000))).send().expect(204);
    assert!(owner.download(&id) == pattern(1, 1000), "came back different");
}

#[test]
fn chunked_upload_that_breaks_off_leaves_nothing() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let request = owner.upload(&id, Body::None).header("Transfer-Encoding", "chunked").into_request();
    let mut connection = owner.address.connect().expect("a connection");
    connection.write(request.head(&owner.address.authority).expect("a request").as_bytes()).expect("a head");
    connection.write(b"5\r\nhello\r\n20000\r\nonly a part").expect("chunks");
    eventually(Duration::from_secs(10), "the status saving", || (owner.status(&id) == "saving").then_some(()));
    connection.finish_writing();
    // whatever it says, it is no success
    if let Ok(answer) = connection.answer(false) {
        assert!((400..500).contains(&answer.status), "{answer}");
    }
    untouched(&cloud, &owner, &id);
}

on_every_database! {
    client_gone_during_upload => upload_can_be_repeated_after_a_break;
}
