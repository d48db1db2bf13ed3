//! A2 to A5: when the decision falls, wrong methods, rules that nobody defined, and the shipped defaults.

use glance_tests::{Body, Cloud, NewImage};
use serde_json::json;

use super::{add, fails_to_start, image_path, message};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "BREW"];

fn with_policy(text: &str) -> Cloud {
    Cloud::builder().file("policy.yaml", text).start()
}

#[test]
fn a2_the_download_is_decided_before_the_first_byte() {
    let cloud = with_policy("download_image: '!'\n");
    let (owner, admin) = (cloud.as_member("p1"), cloud.as_admin());
    let id = NewImage::default().upload(&owner, &b"0123456789".repeat(100_000));
    let path = format!("/v2/images/{id}/file");
    for client in [&owner, &admin] {
        let calls = [
            client.get(&path),
            client.get(&path).header("Range", "bytes=0-9"),
            client.get(&path).header("Content-Range", "bytes 0-9/*"),
            client.get(&path).header("If-Range", "\"x\"").header("Range", "bytes=0-"),
            client.get(&path).header("If-None-Match", "*"),
            client.get(&format!("{path}?prefer=fast")),
        ];
        for call in calls {
            let answer = call.header("Accept", "application/json").send().expect(403);
            assert!(message(&answer).contains("You are not authorized to complete download_image action."), "{answer}");
            assert!(answer.body.len() < 500 && !answer.text().contains("0123456789"), "{answer}");
            for header in ["content-md5", "etag", "content-range"] {
                assert_eq!(answer.header(header), None);
            }
        }
    }
}

/// Every path with every method that it does not have: a refusal, and nothing happens.
#[test]
fn a3_a_wrong_method_runs_nothing() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().with("tags", json!(["kept"])).upload(&owner, b"0123456789");
    owner.post(&format!("/v2/images/{id}/members"), &json!({"member": "p2"})).send().expect(200);
    let before = owner.show(&id);
    let table = [
        ("/v2/images", "GET, POST"),
        ("/v2/images/{id}", "GET, PATCH, DELETE"),
        ("/v2/images/{id}/file", "GET, PUT"),
        ("/v2/images/{id}/actions/deactivate", "POST"),
        ("/v2/images/{id}/actions/reactivate", "POST"),
        ("/v2/images/{id}/tags/kept", "PUT, DELETE"),
        ("/v2/images/{id}/members", "GET, POST"),
        ("/v2/images/{id}/members/p2", "GET, PUT, DELETE"),
        ("/v2/schemas/image", "GET"),
        ("/v2/schemas/images", "GET"),
        ("/v2/schemas/member", "GET"),
        ("/v2/schemas/members", "GET"),
    ];
    for (path, allowed) in table {
        for method in METHODS.into_iter().filter(|method| !allowed.split(", ").any(|known| known == *method)) {
            for body in [Body::None, Body::Bytes(b"{}".to_vec())] {
                let answer = owner.request(method, &path.replace("{id}", &id)).body(body).send();
                assert_eq!(answer.status, 405, "{method} {path}: {answer}");
                assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
                assert!(!answer.text().contains("0123456789"), "{method} {path}: {answer}");
            }
        }
    }
    assert_eq!(owner.show(&id), before);
    assert_eq!(owner.download(&id), b"0123456789");
}

#[test]
fn a4_what_nobody_defined_is_refused() {
    let cloud = with_policy(
        "get_images: 'rule:nobody_defined_this'\nmodify_image: 'unknown_attribute:%(unknown)s'\n\
         delete_image: 'role:member and rule:nor_this'\n",
    );
    let (owner, admin) = (cloud.as_member("p1"), cloud.as_admin());
    let id = NewImage::default().create(&owner);
    for client in [&owner, &admin] {
        client.get("/v2/images").send().expect(403);
        client.patch(&image_path(&id), &json!([add("k", "v")])).send().expect(403);
        client.delete(&image_path(&id)).send().expect(403);
        client.get(&image_path(&id)).send().expect(200);
    }
}

#[test]
fn a4_a_broken_policy_stops_the_start() {
    let mut cloud = Cloud::builder().start();
    let file = cloud.path().join("policy.yaml");
    let broken = [
        "get_images: [\n",
        "- get_images\n",
        "get_images: 'role:admin and'\n",
        "get_images: '(role:admin'\n",
        "get_images: 'role:admin) or @'\n",
        "get_images: {role: admin}\n",
        "get_images: 'rule:get_images'\n",
        "\u{1}\u{2}binary",
        "{\"get_images\": \"@\"",
    ];
    for text in broken {
        std::fs::write(&file, text).expect("a policy");
        let log = fails_to_start(&mut cloud);
        assert!(log.to_lowercase().contains("policy"), "{text:?}: {log}");
    }
    std::fs::write(&file, [0xff, 0xfe, 0x00]).expect("a policy");
    fails_to_start(&mut cloud);
    std::fs::remove_file(&file).expect("no policy");
    std::fs::create_dir(&file).expect("a folder in its place");
    fails_to_start(&mut cloud);
}

#[test]
fn a4_a_policy_that_breaks_later_leaves_the_old_one_in_force() {
    let mut cloud = with_policy("delete_image: '!'\n");
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    std::fs::write(cloud.path().join("policy.yaml"), "delete_image: '@'\nget_image: '(('\n").expect("a policy");
    cloud.process(glance_tests::cloud::Service::Api).signal(glance_tests::process::Signal::Hangup);
    glance_tests::eventually(std::time::Duration::from_secs(10), "a word about the broken policy", || {
        cloud.log(glance_tests::cloud::Service::Api).contains("stay in force").then_some(())
    });
    owner.delete(&image_path(&id)).send().expect(403);
}

#[test]
fn a5_what_is_for_administrators_is_so_by_default() {
    let cloud = Cloud::builder().like_the_reference().start();
    let (owner, admin) = (cloud.as_member("p1"), cloud.as_admin());
    let id = NewImage::default().upload(&owner, b"x");
    let publish = json!([{"op": "replace", "path": "/visibility", "value": "public"}]);
    for client in [&owner, &cloud.as_roles("reader", "p1"), &cloud.as_roles("service", "p1")] {
        let created = client.post("/v2/images", &json!({"visibility": "public"})).send();
        assert_eq!(created.status, 403, "{created}");
        let changed = client.patch(&image_path(&id), &publish).send();
        assert!(matches!(changed.status, 403 | 404), "{changed}");
        let private = [
            client.post("/v2/tasks", &json!({"type": "import", "input": {}})),
            client.get("/v2/tasks"),
            client.get(&format!("/v2/tasks/{id}")),
            client.post("/v2/metadefs/namespaces", &json!({"namespace": "x"})),
            client.post("/v2/metadefs/resource_types", &json!({"name": "x"})),
            client.get("/v2/cache"),
            client.delete("/v2/cache"),
            client.request("PUT", &format!("/v2/cache/{id}")),
            client.delete(&format!("/v2/cache/{id}")),
            client.get("/v2/cached_images"),
            client.get("/v2/info/stores/detail"),
        ];
        for call in private {
            let answer = call.send();
            assert!(matches!(answer.status, 400 | 403 | 404), "{answer}");
        }
    }
    admin.patch(&image_path(&id), &publish).send().expect(200);
}
