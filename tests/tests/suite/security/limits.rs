//! F1, F5, F6 and F7: sizes, numbers, lengths and slowness have limits, at every door.

use std::time::Duration;

use glance_tests::bytes::pattern;
use glance_tests::{Body, Client, Cloud, NewImage, eventually};
use serde_json::{Value, json};

use super::{add, image_path};

#[test]
fn f1_the_size_cap_is_counted_on_the_stream() {
    let cloud = Cloud::builder().api_option("DEFAULT", "image_size_cap", "100000").start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let upload = |body: Body| owner.upload(&id, body).header("Accept", "application/json");
    let too_large = [
        upload(Body::Bytes(pattern(1, 100_001))),
        upload(Body::Chunked(pattern(1, 100_001), 100_001)),
        upload(Body::Chunked(pattern(1, 100_001), 1000)),
        upload(Body::Chunked(pattern(1, 400_000), 64_000)),
        upload(Body::Chunked(pattern(1, 400_000), 64_000)).header("x-openstack-image-size", "400000"),
        upload(Body::Bytes(pattern(1, 200_000))).header("X-Image-Meta-Store", "slow"),
    ];
    for call in too_large {
        let answer = call.send().expect(413);
        assert!(answer.text().contains("The provided image is too large."), "{answer}");
        let image = owner.show(&id);
        assert_eq!((&image["status"], &image["size"]), (&json!("queued"), &Value::Null));
        assert_eq!([cloud.stored_files("fast"), cloud.stored_files("slow")], [Vec::<String>::new(), vec![]]);
    }
    // a size that is a lie helps nobody
    upload(Body::Chunked(pattern(1, 200_000), 64_000)).header("x-openstack-image-size", "10").send().expect(400);
    upload(Body::Chunked(pattern(1, 100_000), 1000)).send().expect(204);
}

fn many(count: usize, one: impl Fn(usize) -> Value) -> Value {
    (0..count).map(one).collect()
}

/// Every door to a limited thing, at the limit: one more is a 413, and nothing is added.
#[test]
fn f5_numbers_are_limited_at_every_door() {
    let cloud = Cloud::builder()
        .api_option("DEFAULT", "image_property_quota", "3")
        .api_option("DEFAULT", "image_tag_quota", "3")
        .api_option("DEFAULT", "image_member_quota", "3")
        .start();
    for client in [cloud.as_member("p1"), cloud.as_admin()] {
        let base =
            NewImage::default().with("k0", "v").with("k1", "v").with("k2", "v").with("tags", json!(["0", "1", "2"]));
        let id = base.create(&client);
        let path = image_path(&id);
        for member in ["a", "b", "c"] {
            client.post(&format!("{path}/members"), &json!({"member": member})).send().expect(200);
        }
        let before = client.show(&id);
        let doors = [
            client.post("/v2/images", &json!({"k0": "v", "k1": "v", "k2": "v", "k3": "v"})),
            client.post("/v2/images", &json!({"tags": ["0", "1", "2", "3"]})),
            client.patch(&path, &json!([add("k3", "v")])),
            client.patch(&path, &json!([{"op": "remove", "path": "/k0"}, add("k3", "v"), add("k4", "v")])),
            client
                .request("PATCH", &path)
                .header("Content-Type", "application/openstack-images-v2.0-json-patch")
                .body(Body::Bytes(br#"[{"add": "/k3", "value": "v"}]"#.to_vec())),
            client.patch(&path, &json!([{"op": "replace", "path": "/tags", "value": ["0", "1", "2", "3"]}])),
            client.patch(&path, &json!([{"op": "add", "path": "/tags", "value": many(500, |n| json!(n.to_string()))}])),
            client.request("PUT", &format!("{path}/tags/3")),
            client.post(&format!("{path}/members"), &json!({"member": "d"})),
        ];
        for call in doors {
            let request = call.clone().into_request();
            let answer = call.header("Accept", "application/json").send();
            assert_eq!(answer.status, 413, "{} {}: {answer}", request.method, request.target);
            assert!(answer.text().contains("Maximum: 3"), "{answer}");
        }
        assert_eq!(client.show(&id), before);
        let members = client.get(&format!("{path}/members")).send().expect(200).json();
        assert_eq!(members["members"].as_array().map(Vec::len), Some(3));
        client.delete(&path).send().expect(204);
    }
}

/// Creation can be given a rate, for each project and through whatever node it comes.
#[test]
fn f5_creation_beyond_its_rate_is_told_when_to_come_again() {
    let cloud = Cloud::builder().api_option("rate_limit", "creations_per_minute", "3").start();
    let create = |project: &str| cloud.as_member(project).post("/v2/images", &json!({})).send();
    assert_eq!([(); 3].map(|()| create("p1").status), [201; 3]);
    let refused = create("p1").expect(429);
    let wait = refused.header("retry-after").and_then(|text| text.parse::<u64>().ok());
    assert!(wait.is_some_and(|seconds| (1..=60).contains(&seconds)), "{refused}");
    create("p2").expect(201);
}

/// What is too long, too deep or too many is a 4xx, soon, with a word about it.
#[test]
fn f6_lengths_are_limited() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let filters = |count: usize| (0..count).map(|n| format!("k{n}=v&")).collect::<String>();
    let deep = |count: usize| format!("{{\"k\": {}{}}}", "[".repeat(count), "]".repeat(count));
    let body = |text: String| owner.request("POST", "/v2/images").body(Body::Bytes(text.into_bytes()));
    let long = |count: usize| "x".repeat(count);
    let headers = (0..150).fold(owner.get("/v2/images"), |call, n| call.header(&format!("X-Own-{n}"), "x"));
    let table = [
        ("request id", owner.get("/v2/images").header("X-OpenStack-Request-ID", &long(65)), &[431_u16][..]),
        ("a long request id", owner.get("/v2/images").header("X-OpenStack-Request-ID", &long(9000)), &[431]),
        ("one header", owner.get("/v2/images").header("X-Own", &long(100_000)), &[431, 400]),
        ("many headers", headers, &[431, 400]),
        ("URL", owner.get(&format!("/v2/images?name={}", long(100_000))), &[414, 431, 400]),
        ("path", owner.get(&format!("/v2/images/{}", long(100_000))), &[414, 431, 400]),
        ("id", owner.get(&format!("/v2/images/{}", long(500))), &[404]),
        ("body", body(format!("{{\"k\": \"{}\"}}", long(5_000_000))), &[413]),
        ("JSON depth", body(deep(200)), &[400]),
        ("great JSON depth", body(deep(200_000)), &[400]),
        ("filters", owner.get(&format!("/v2/images?{}", filters(65))), &[400]),
        ("many filters", owner.get(&format!("/v2/images?{}", filters(1000))), &[400]),
        ("tags in a filter", owner.get(&format!("/v2/images?{}", "tag=x&".repeat(65))), &[200, 400]),
        ("patch", owner.patch(&image_path(&id), &many(130_000, |_| add("k", "v"))), &[413]),
    ];
    for (what, call, wanted) in table {
        let answer = call.send();
        assert!(wanted.contains(&answer.status), "{what}: {wanted:?} wanted: {answer}");
    }
    assert_eq!(owner.status(&id), "queued");
}

/// How long the server keeps a connection that sends nothing more.
fn patience(client: &Client, start: &[u8]) -> Duration {
    let mut connection = client.address.connect().expect("a connection");
    connection.write(start).expect("a start");
    let begun = std::time::Instant::now();
    // an answer (408) is as good as the end
    let _ = connection.answer(false);
    begun.elapsed()
}

#[test]
fn f7_slow_connections_end_and_keep_nobody_waiting() {
    let cloud = Cloud::builder()
        .api_option("DEFAULT", "client_socket_timeout", "3")
        .api_option("DEFAULT", "client_head_timeout", "2")
        .start();
    let owner = cloud.as_member("p1");
    let crowd: Vec<_> = (0..400).filter_map(|_| owner.address.connect().ok()).collect();
    assert!(crowd.len() >= 400);
    for start in [&b"GET /v2/images HTTP/1.1\r\nHost"[..], b"GET /v2/im"] {
        let waited = patience(&owner, start);
        assert!(waited < Duration::from_secs(25), "{waited:?}");
    }
    for _ in 0..5 {
        owner.get("/v2/images").send().expect(200);
    }
    // a body that stops in the middle leaves no image in between
    let id = NewImage::default().create(&owner);
    let stalled = crate::v2::upload::begin_upload(&owner, &id, 1000, b"start");
    eventually(Duration::from_secs(25), "the end of a stalled upload", || {
        (owner.status(&id) == "queued").then_some(())
    });
    drop((crowd, stalled));
}
