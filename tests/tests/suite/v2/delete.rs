//! Deletion: what the recorded answers cannot show. Data and rows go together, whatever dies in between.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use glance_tests::caller::Call;
use glance_tests::cloud::Service;
use glance_tests::{Body, Caller, Cloud, Engine, NewImage, eventually, on_every_database};
use serde_json::{Value, json};

use super::members::{at_once, tally};

fn path(id: &str) -> String {
    format!("/v2/images/{id}")
}

fn many_at_once_delete_once(engine: Engine) {
    let cloud = Cloud::builder().database(engine).start();
    let owner = cloud.as_member("p1");
    for data in [None, Some(b"0123456789")] {
        let id = NewImage::default().create(&owner);
        if let Some(data) = data {
            owner.upload(&id, Body::Bytes(data.to_vec())).send().expect(204);
        }
        let calls: Vec<Call> = (0..8).map(|_| owner.delete(&path(&id))).collect();
        let statuses = tally(&at_once(&calls));
        assert!(statuses.first().is_some_and(|first| *first == (204, 1)), "{statuses:?}");
        assert!(statuses.iter().all(|(status, _)| [204, 404].contains(status)), "{statuses:?}");
        owner.get(&path(&id)).send().expect(404);
    }
    assert_eq!(cloud.stored_files("fast"), Vec::<String>::new());
}

fn delayed_deletion_keeps_the_data(engine: Engine) {
    let mut cloud = Cloud::builder().database(engine).api_option("DEFAULT", "delayed_delete", "true").start();
    let owner = cloud.as_member("p1");
    let (id, empty) = (NewImage::default().upload(&owner, b"0123456789"), NewImage::default().create(&owner));
    for id in [&id, &empty] {
        owner.delete(&path(id)).send().expect(204);
        owner.get(&path(id)).send().expect(404);
    }
    assert_eq!(cloud.stored_files("fast").len(), 1);
    let registry = cloud.registry(Caller::with_roles("admin", "admins"));
    let show = |id: &str| registry.get(&format!("/v3/images/{id}?deleted=true")).send().expect(200).json();
    let kept = show(&id);
    assert_eq!((&kept["status"], &kept["deleted"]), (&json!("pending_delete"), &json!(true)));
    assert_eq!(kept["locations"][0]["status"], "pending_delete");
    assert_eq!(show(&empty)["status"], "deleted");
    let waiting = registry.get(&format!("/v3/images/{id}/locations")).send().expect(200).json();
    assert_eq!(waiting["locations"].as_array().map(Vec::len), Some(1), "the scrubber finds it");
    // what is deleted now goes at once
    cloud.set_option(Service::Api, "DEFAULT", "delayed_delete", "false");
    cloud.kill(Service::Api);
    cloud.start(Service::Api);
    let owner = cloud.as_member("p1");
    let id = NewImage::default().upload(&owner, b"0123456789");
    owner.delete(&path(&id)).send().expect(204);
    assert_eq!(cloud.stored_files("fast").len(), 1);
}

/// The states that a node leaves which dies on its way: with its lease and the data, and with its lease alone.
fn a_deletion_that_was_cut_short_is_finished(engine: Engine) {
    let cloud = Cloud::builder().database(engine).api_option("DEFAULT", "worker_recovery_interval", "1").start();
    let owner = cloud.as_member("p1");
    let registry = cloud.registry(Caller::with_roles("admin", "admins"));
    for data_is_gone in [false, true] {
        let id = NewImage::default().upload(&owner, b"0123456789");
        let lease = json!({"id": format!("lease-{id}"), "kind": "delete", "resource": format!("image/{id}"),
            "image_id": id, "holder": "a dead node", "seconds": 1, "detail": null});
        let update = json!({"from": ["active"], "take_lease": lease});
        registry.request("PATCH", &format!("/v3/images/{id}")).json(&update).send().expect(200);
        if data_is_gone {
            std::fs::remove_file(cloud.store_folder("fast").join(&id)).expect("the data");
        }
        eventually(Duration::from_secs(30), "the end of the deletion", || {
            let leases = registry.get("/v3/leases?kind=delete").send().expect(200).json();
            let gone = owner.get(&path(&id)).send().status == 404;
            (gone && leases["leases"] == json!([]) && cloud.stored_files("fast").is_empty()).then_some(())
        });
    }
}

/// F4: whenever the node is killed, afterwards the store holds exactly what the images say.
fn a_killed_node_loses_and_leaks_nothing(engine: Engine) {
    let mut cloud = Cloud::builder()
        .database(engine)
        .api_option("DEFAULT", "worker_lease_seconds", "3")
        .api_option("DEFAULT", "worker_recovery_interval", "1")
        .start();
    let owner = cloud.as_member("p1");
    let data = |n: usize| format!("data of image {n}").into_bytes();
    let images: Vec<(String, Vec<u8>)> =
        (0..30).map(|n| (NewImage::default().upload(&owner, &data(n)), data(n))).collect();
    for (round, some) in images.chunks(10).enumerate() {
        let calls: Vec<Call> = some.iter().map(|(id, _)| cloud.as_member("p1").delete(&path(id))).collect();
        std::thread::scope(|scope| {
            for call in &calls {
                scope.spawn(move || call.try_send());
            }
            // at another point of the way each time
            std::thread::sleep(Duration::from_millis(7 * u64::try_from(round).unwrap_or_default() + 3));
            cloud.kill(Service::Api);
        });
        cloud.start(Service::Api);
    }
    let registry = cloud.registry(Caller::with_roles("admin", "admins"));
    let owner = cloud.as_member("p1");
    let started = Instant::now();
    eventually(Duration::from_secs(60), "the end of all leases", || {
        let leases = registry.get("/v3/leases").send().expect(200).json();
        (leases["leases"] == json!([]) && started.elapsed() > Duration::from_secs(1)).then_some(())
    });
    let kept: BTreeMap<String, Value> = images
        .iter()
        .filter_map(|(id, data)| {
            let answer = owner.get(&path(id)).send();
            if answer.status == 404 {
                return None;
            }
            assert_eq!(&owner.download(id), data, "{id} lost its data");
            Some((id.clone(), answer.expect(200).json()))
        })
        .collect();
    let stored = cloud.stored_files("fast");
    let names: Vec<&str> = stored.iter().filter_map(|file| file.rsplit('/').next()).collect();
    assert_eq!(names, kept.keys().collect::<Vec<_>>(), "files and images");
}

on_every_database! {
    many_at_once => many_at_once_delete_once;
    delayed => delayed_deletion_keeps_the_data;
    dead_node => a_deletion_that_was_cut_short_is_finished;
    killed_node => a_killed_node_loses_and_leaks_nothing;
}
