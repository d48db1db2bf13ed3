//! The API server without its registry.

use std::time::{Duration, Instant};

use glance_tests::cloud::Service;
use glance_tests::process::Signal;
use glance_tests::{Answer, Body, Client, Cloud, NewImage, eventually};
use serde_json::json;

/// Longest time that a caller is kept waiting.
const LIMIT: Duration = Duration::from_secs(6);

/// Every call that needs the registry says 503 with a time to come back, soon.
fn refused_in_time(owner: &Client, id: &str) {
    let image = format!("/v2/images/{id}");
    let calls = [
        owner.get("/v2/images"),
        owner.get(&image),
        owner.get(&format!("{image}/file")),
        owner.post("/v2/images", &json!({})),
        owner.patch(&image, &json!([{"op": "replace", "path": "/name", "value": "x"}])),
        owner.delete(&image),
        owner.upload(id, Body::Bytes(b"x".to_vec())),
    ];
    for call in calls {
        let start = Instant::now();
        let answer: Answer = call.header("Accept", "application/json").send();
        assert!(start.elapsed() < LIMIT, "{:?} for {answer}", start.elapsed());
        assert_eq!(answer.status, 503, "{answer}");
        let seconds = answer.header("retry-after").and_then(|value| value.parse::<u32>().ok());
        assert!(seconds.is_some_and(|seconds| seconds >= 1), "{answer}");
        let text = answer.text();
        assert!(!text.contains("127.0.0.1") && !text.contains("/v3"), "inner addresses are told: {answer}");
    }
}

#[test]
fn registry_that_is_down_is_a_503_and_heals() {
    let mut cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    cloud.kill(Service::Registry);
    refused_in_time(&owner, &id);
    let limit = Duration::from_secs(10);
    eventually(limit, "an API that is not ready", || (!cloud.is_ready(Service::Api)).then_some(()));
    owner.get("/healthcheck").send().expect(200);
    owner.get("/versions").send().expect(200);

    cloud.start(Service::Registry);
    eventually(limit, "a healed API", || (owner.get("/v2/images").send().status == 200).then_some(()));
    eventually(limit, "readiness", || cloud.is_ready(Service::Api).then_some(()));
    owner.upload(&id, Body::Bytes(b"after".to_vec())).send().expect(204);
    assert_eq!(owner.download(&id), b"after");
}

#[test]
fn registry_that_hangs_is_a_503_and_heals() {
    let mut cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    cloud.process(Service::Registry).signal(Signal::Stop);
    refused_in_time(&owner, &id);
    cloud.process(Service::Registry).signal(Signal::Continue);
    let limit = Duration::from_secs(10);
    eventually(limit, "a healed API", || (owner.get("/v2/images").send().status == 200).then_some(()));
}

#[test]
fn api_can_be_started_before_its_registry() {
    let mut cloud = Cloud::builder().start();
    cloud.kill(Service::Api);
    cloud.kill(Service::Registry);
    cloud.launch(Service::Api);
    let owner = cloud.as_member("p1");
    eventually(Duration::from_secs(20), "an API that listens", || owner.get("/healthcheck").try_send().ok());
    owner.get("/v2/images").send().expect(503);
    cloud.start(Service::Registry);
    let limit = Duration::from_secs(10);
    eventually(limit, "a healed API", || (owner.get("/v2/images").send().status == 200).then_some(()));
}

#[test]
fn registry_lost_during_an_upload_ends_it_cleanly() {
    let mut cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let mut running = crate::v2::upload::begin_upload(&owner, &id, 100_000, &[1; 50_000]);
    eventually(Duration::from_secs(10), "the status saving", || (owner.status(&id) == "saving").then_some(()));
    cloud.kill(Service::Registry);
    running.write(&[1; 50_000]).expect("the rest of the body");
    let answer = running.answer(false).expect("an answer");
    assert_eq!(answer.status, 503, "{answer}");
    cloud.start(Service::Registry);
    // nobody knows the end of it: the work's lease runs out and another look settles it
    let limit = Duration::from_secs(120);
    let settled = eventually(limit, "a settled image", || Some(owner.status(&id)).filter(|status| status != "saving"));
    let files = cloud.stored_files("fast").len();
    assert!(settled == "queued" && files == 0 || settled == "active" && files == 1, "{settled}, {files} files");
}
