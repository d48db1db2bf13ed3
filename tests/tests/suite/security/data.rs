//! B1, B5 and B6: bytes that an id has returned stay the same, hashes are those of the bytes, ids are used once.

use std::process::Command;

use glance_tests::bytes::{md5_hex, pattern, sha512_hex};
use glance_tests::caller::Call;
use glance_tests::cloud::Service;
use glance_tests::process::program;
use glance_tests::{Body, Client, Cloud, Engine, NewImage, on_every_database};
use serde_json::{Value, json};

use super::{add, image_path, share};

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap_or_default()
    }
}

/// One of the calls with which somebody could try to change the data of an image.
fn attempt(client: &Client, id: &str, dice: &mut Dice) -> Call {
    let path = image_path(id);
    let other = pattern(dice.0, 20);
    let location = json!({"url": "http://127.0.0.1:1/other", "metadata": {}});
    let patch = |operation: Value| client.patch(&path, &json!([operation]));
    match dice.below(22) {
        0 | 1 => client.upload(id, Body::Bytes(other)),
        2 => client.upload(id, Body::Chunked(other, 7)),
        3 => client.upload(id, Body::Bytes(Vec::new())),
        4 => client.request("PUT", &format!("{path}/stage")).body(Body::Bytes(other)),
        5 => client.post(&format!("{path}/import"), &json!({"method": {"name": "glance-direct"}})),
        6 => client.post(&format!("{path}/locations"), &location),
        7 => patch(json!({"op": "replace", "path": "/locations", "value": []})),
        8 => patch(json!({"op": "replace", "path": "/locations", "value": [location]})),
        9 => patch(json!({"op": "add", "path": "/locations/0", "value": location})),
        10 => patch(json!({"op": "remove", "path": "/locations/0"})),
        11 => patch(json!({"op": "replace", "path": "/status", "value": "queued"})),
        12 => patch(json!({"op": "replace", "path": "/checksum", "value": md5_hex(&other)})),
        13 => patch(json!({"op": "replace", "path": "/disk_format", "value": "qcow2"})),
        14 => patch(json!({"op": "replace", "path": "/visibility", "value": "community"})),
        15 => patch(json!({"op": "add", "path": "/os_glance_stage_host", "value": "h"})),
        16 => patch(add("own", "x")),
        17 | 18 => client.request("POST", &format!("{path}/actions/deactivate")),
        19 | 20 => client.request("POST", &format!("{path}/actions/reactivate")),
        _ => client.post("/v2/images", &json!({"id": id, "name": "again"})),
    }
}

/// After every step, whoever gets data for the id gets the first data.
fn no_sequence_of_calls_changes_the_bytes(engine: Engine) {
    let cloud = Cloud::builder().database(engine).like_the_reference().start();
    let (owner, admin) = (cloud.as_member("p1"), cloud.as_admin());
    let callers = [owner.clone(), cloud.as_member("p2"), cloud.as_roles("service,member,reader", "p3")];
    for seed in 1..=4_u64 {
        let mut dice = Dice(seed * 7919);
        let data = pattern(seed, 1000);
        let id = NewImage::default().upload(&owner, &data);
        share(&cloud, &owner, &id, "p2", Some("accepted"));
        let mut calls = Vec::new();
        for _ in 0..60 {
            let call = attempt(&callers[dice.below(callers.len())], &id, &mut dice);
            let request = call.clone().into_request();
            calls.push(format!("{} {}: {}", request.method, request.target, call.send().status));
            let read = admin.get(&format!("/v2/images/{id}/file")).send();
            let image = admin.show(&id);
            let same = read.status == 200 && read.body == data && image["checksum"] == md5_hex(&data);
            assert!(same && image["size"] == 1000, "seed {seed}: {read}\n{image}\n{}", calls.join("\n"));
        }
        owner.delete(&image_path(&id)).send().expect(204);
        for _ in 0..10 {
            attempt(&callers[dice.below(callers.len())], &id, &mut dice).send();
            let read = admin.get(&format!("/v2/images/{id}/file")).send();
            assert_eq!(read.status, 404, "{read}");
        }
    }
}

#[test]
fn b5_hashes_are_those_of_the_bytes_that_came() {
    let cloud = Cloud::builder().like_the_reference().start();
    let owner = cloud.as_member("p1");
    let data = pattern(5, 3000);
    let id = NewImage::default().create(&owner);
    let claimed = owner
        .upload(&id, Body::Bytes(data.clone()))
        .header("Content-MD5", &md5_hex(b"something else"))
        .header("X-Image-Meta-Checksum", &md5_hex(b"something else"))
        .header("x-image-meta-os_hash_value", &sha512_hex(b"something else"));
    claimed.send().expect(204);
    let image = owner.show(&id);
    assert_eq!((&image["checksum"], &image["os_hash_value"]), (&json!(md5_hex(&data)), &json!(sha512_hex(&data))));
    let read = owner.get(&format!("/v2/images/{id}/file")).send().expect(200);
    assert_eq!(read.header("content-md5"), Some(md5_hex(&data).as_str()));
    // nothing is reported while nothing was read
    let queued = owner.show(&NewImage::default().create(&owner));
    for name in ["checksum", "os_hash_algo", "os_hash_value"] {
        assert_eq!(queued[name], Value::Null);
        owner.post("/v2/images", &json!({name: "00000000000000000000000000000000"})).send().expect(403);
    }
}

fn purge(cloud: &Cloud, command: &str) {
    let conf = cloud.conf(Service::Registry);
    let ended = Command::new(program("glance-manage"))
        .args(["--config-file".as_ref(), conf.as_os_str()])
        .args(["db", command, "--age_in_days", "0"])
        .output()
        .expect("glance-manage");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

fn an_id_is_given_out_once(engine: Engine) {
    let cloud = Cloud::builder().database(engine).start();
    let (owner, admin) = (cloud.as_member("p1"), cloud.as_admin());
    let id = NewImage::default().upload(&owner, b"0123456789");
    let again = json!({"id": id});
    let refused = |when: &str| {
        for client in [&owner, &admin, &cloud.as_member("p2")] {
            let answer = client.post("/v2/images", &again).header("Accept", "application/json").send();
            assert_eq!(answer.status, 409, "{when}: {answer}");
            assert!(answer.text().contains("already exists!"), "{when}: {answer}");
        }
        admin.get(&format!("/v2/images/{id}/file")).send()
    };
    refused("while it lives").expect(200);
    owner.delete(&image_path(&id)).send().expect(204);
    refused("after its end").expect(404);
    // what was deleted a moment ago is old enough for an age of no days in the next second
    std::thread::sleep(std::time::Duration::from_millis(1100));
    purge(&cloud, "purge");
    refused("after a purge").expect(404);
    purge(&cloud, "purge_images_table");
    refused("after a purge of the images").expect(404);
}

on_every_database! {
    b1_no_sequence_of_calls_changes_the_bytes => no_sequence_of_calls_changes_the_bytes;
    b6_an_id_is_given_out_once => an_id_is_given_out_once;
}
