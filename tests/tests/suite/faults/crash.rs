//! Servers that are killed.

use std::time::Duration;

use glance_tests::bytes::pattern;
use glance_tests::cloud::Service;
use glance_tests::{Body, Cloud, Engine, NewImage, eventually, on_every_database};

use crate::v2::upload::begin_upload;

fn api_killed_during_an_upload_leaves_nothing(engine: Engine) {
    let mut cloud = Cloud::builder().database(engine).start();
    let owner = cloud.as_member("p1");
    let kept = NewImage::named("kept").upload(&owner, b"kept data");
    let id = NewImage::default().create(&owner);
    let running = begin_upload(&owner, &id, 5_000_000, &pattern(1, 3_000_000));
    eventually(Duration::from_secs(10), "the status saving", || (owner.status(&id) == "saving").then_some(()));
    eventually(Duration::from_secs(10), "partial data", || (cloud.stored_files("fast").len() > 1).then_some(()));
    cloud.kill(Service::Api);
    drop(running);
    cloud.start(Service::Api);

    let owner = cloud.as_member("p1");
    let limit = Duration::from_secs(90);
    eventually(limit, "the status queued", || (owner.status(&id) == "queued").then_some(()));
    eventually(limit, "the kept image's data alone", || (cloud.stored_files("fast").len() == 1).then_some(()));
    assert_eq!(owner.download(&kept), b"kept data");
    owner.upload(&id, Body::Bytes(b"second try".to_vec())).send().expect(204);
    assert_eq!(owner.download(&id), b"second try");
}

fn registry_killed_loses_nothing_that_was_answered(engine: Engine) {
    let mut cloud = Cloud::builder().database(engine).start();
    let owner = cloud.as_member("p1");
    let ids: Vec<String> = (0..10).map(|n| NewImage::named(&n.to_string()).create(&owner)).collect();
    cloud.kill(Service::Registry);
    cloud.start(Service::Registry);
    for id in ids {
        assert_eq!(owner.status(&id), "queued");
    }
}

on_every_database! {
    kill_api_during_upload => api_killed_during_an_upload_leaves_nothing;
    kill_registry => registry_killed_loses_nothing_that_was_answered;
}
