//! A6 to A8: names that callers may not use, or only some of them.

use glance_tests::{Body, Client, Cloud, NewImage};
use serde_json::{Value, json};

use super::{add, fails_to_start, image_path};

const OLD: &str = "application/openstack-images-v2.0-json-patch";

/// The ways to write one property of an image that exists.
fn doors(client: &Client, id: &str, name: &str, value: &Value) -> Vec<(&'static str, u16)> {
    let pointer = format!("/{name}");
    let new = |operation: Value| client.patch(&image_path(id), &json!([operation])).send().status;
    let old = |operation: Value| {
        let body = Body::Bytes(json!([operation]).to_string().into_bytes());
        client.request("PATCH", &image_path(id)).header("Content-Type", OLD).body(body).send().status
    };
    let (add, replace) = (json!({"op": "add", "path": pointer, "value": value}), json!("replace"));
    vec![
        ("add", new(add.clone())),
        ("replace", new(json!({"op": replace, "path": pointer, "value": value}))),
        ("remove", new(json!({"op": "remove", "path": pointer}))),
        ("add, old", old(json!({"add": pointer, "value": value}))),
        ("replace, old", old(json!({"replace": pointer, "value": value}))),
        ("remove, old", old(json!({"remove": pointer}))),
        ("behind another change", client.patch(&image_path(id), &json!([super::add("k", "v"), add])).send().status),
    ]
}

#[test]
fn a6_the_first_rule_that_matches_decides_also_when_it_refuses() {
    let rules = "[^a_closed]\ncreate = nobody-has-this\nread = @\nupdate = !\ndelete = !\n\
                 [^a_]\ncreate = @\nread = @\nupdate = @\ndelete = @\n";
    let builder = Cloud::builder().file("protections.conf", rules);
    let cloud = builder.api_option("DEFAULT", "property_protection_file", "@DATA@/protections.conf").start();
    for client in [cloud.as_member("p1"), cloud.as_admin()] {
        let id = NewImage::default().with("a_open", "1").create(&client);
        client.post("/v2/images", &json!({"a_closed": "1"})).send().expect(403);
        client.post("/v2/images", &json!({"unnamed": "1"})).send().expect(403);
        client.patch(&image_path(&id), &json!([add("a_closed", "1")])).send().expect(403);
        client.patch(&image_path(&id), &json!([add("unnamed", "1")])).send().expect(403);
        client.patch(&image_path(&id), &json!([add("a_open", "2")])).send().expect(200);
    }
}

#[test]
fn a6_no_start_without_the_rules_that_were_named() {
    let mut cloud = Cloud::builder().start();
    let file = cloud.path().join("protections.conf");
    let api = glance_tests::cloud::Service::Api;
    cloud.set_option(api, "DEFAULT", "property_protection_file", &file.to_string_lossy());
    assert!(fails_to_start(&mut cloud).contains("protections.conf"));
    for broken in ["[a]\nread = @\n", "[(]\ncreate = @\nread = @\nupdate = @\ndelete = @\n", "create = @\n", "\u{1}"] {
        std::fs::write(&file, broken).expect("a file");
        assert!(fails_to_start(&mut cloud).contains("protection"), "{broken:?}");
    }
}

#[test]
fn a7_reserved_names_are_for_nobody() {
    let cloud = Cloud::builder().start();
    let names =
        ["os_glance", "os_glance_stage_host", "os_glance_import_task", "os_glanceX", "os_glance.a", "os_glance "];
    for client in [cloud.as_member("p1"), cloud.as_admin(), cloud.as_roles("admin,service,member,reader", "p1")] {
        let id = NewImage::default().create(&client);
        for name in names {
            let created = client.post("/v2/images", &json!({name: "x"})).send();
            assert_eq!(created.status, 403, "{name}: {created}");
            for (door, status) in doors(&client, &id, name, &json!("x")) {
                assert_eq!(status, 403, "{name} by {door}");
            }
        }
        let image = client.show(&id);
        let reserved = image.as_object().expect("an image").keys().find(|key| key.starts_with("os_glance"));
        assert_eq!((reserved, image.get("k")), (None, None), "{image}");
    }
}

#[test]
fn a8_what_the_server_owns_is_set_by_nobody() {
    let cloud = Cloud::builder().like_the_reference().start();
    let fields = [
        ("status", json!("active")),
        ("size", json!(5)),
        ("virtual_size", json!(5)),
        ("checksum", json!("00000000000000000000000000000000")),
        ("os_hash_algo", json!("md5")),
        ("os_hash_value", json!("00")),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("updated_at", json!("2020-01-01T00:00:00Z")),
        ("deleted", json!("true")),
        ("deleted_at", json!("2020-01-01T00:00:00Z")),
        ("direct_url", json!("file:///etc/passwd")),
        ("stores", json!("fast")),
        ("file", json!("/v2/images/x/file")),
        ("self", json!("/v2/images/x")),
        ("schema", json!("/v2/schemas/x")),
        ("location", json!("file:///etc/passwd")),
    ];
    let owned_id = json!("11111111-2222-4333-8444-555555555555");
    for client in [cloud.as_member("p1"), cloud.as_admin()] {
        let queued = NewImage::default().create(&client);
        let active = NewImage::default().upload(&client, b"0123456789");
        let before = [client.show(&queued), client.show(&active)];
        for (name, value) in &fields {
            client.post("/v2/images", &json!({*name: value})).send().expect(403);
        }
        client.post("/v2/images", &json!({"locations": []})).send().expect(403);
        let url = json!([{"url": "http://127.0.0.1:1/x", "metadata": {}}]);
        client.post("/v2/images", &json!({"locations": url})).send().expect(403);
        for (name, value) in fields.iter().map(|(name, value)| (*name, value)).chain([("id", &owned_id)]) {
            for id in [&queued, &active] {
                for (door, status) in doors(&client, id, name, value) {
                    assert_eq!(status, 403, "{name} by {door}");
                }
            }
        }
        assert_eq!([client.show(&queued), client.show(&active)], before);
        assert_eq!(client.download(&active), b"0123456789");
    }
}

/// The names that the server's own code has for parts of an image are ordinary names to callers.
#[test]
fn a8_internal_names_reach_nothing_internal() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().upload(&owner, b"0123456789");
    for name in ["image_id", "extra_properties", "member", "members", "properties", "get_data", "set_data", "context"] {
        owner.patch(&image_path(&id), &json!([add(name, "x")])).send().expect(200);
        assert_eq!(owner.show(&id)[name], "x");
        owner.patch(&image_path(&id), &json!([{"op": "remove", "path": format!("/{name}")}])).send().expect(200);
    }
    for name in ["__class__", "__dict__", "constructor", "__proto__"] {
        owner.patch(&image_path(&id), &json!([add(name, "x")])).send().expect(200);
        assert_eq!(owner.show(&id)[name], "x");
    }
    assert_eq!(owner.download(&id), b"0123456789");
}
