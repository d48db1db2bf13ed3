//! Locations: what the recorded answers cannot show. Data on the web, places that are tried in turn, many callers at
//! once, and what becomes of the data.

use std::time::Duration;

use glance_tests::caller::Call;
use glance_tests::cloud::Builder;
use glance_tests::{Client, Cloud, Engine, NewImage, WebServer, eventually, on_every_database};
use serde_json::{Value, json};

use super::members::{at_once, tally};

const DATA: &[u8] = b"0123456789";

/// A cloud that shows locations and takes those on this machine.
fn open_to_the_web() -> Builder {
    Cloud::builder()
        .like_the_reference()
        .api_option("import_filtering_opts", "allowed_hosts", "[127.0.0.1]")
        .api_option("import_filtering_opts", "allowed_ports", "[]")
}

fn path(id: &str) -> String {
    format!("/v2/images/{id}")
}

fn add(client: &Client, id: &str, url: &str) -> Call {
    let value = json!({"url": url, "metadata": {}});
    client.patch(&path(id), &json!([{"op": "add", "path": "/locations/-", "value": value}]))
}

fn remove(client: &Client, id: &str, position: &str) -> Call {
    client.patch(&path(id), &json!([{"op": "remove", "path": format!("/locations/{position}")}]))
}

fn urls(image: &Value) -> Vec<String> {
    let locations = image["locations"].as_array().cloned().unwrap_or_default();
    locations.iter().filter_map(|at| at["url"].as_str().map(str::to_owned)).collect()
}

/// Status and text of an answer.
fn told(call: &Call) -> (u16, String) {
    let answer = call.clone().header("Accept", "application/json").send();
    let text = answer.json()["message"].as_str().unwrap_or_default().replace("<br /><br />", "");
    (answer.status, text.trim().to_owned())
}

fn many_at_once_are_all_added(engine: Engine) {
    let cloud = open_to_the_web().database(engine).start();
    let (owner, web) = (cloud.as_member("p1"), WebServer::start(DATA));
    let id = NewImage::default().create(&owner);
    let calls: Vec<Call> = (0..4).map(|n| add(&owner, &id, &format!("{}/data/{n}", web.url()))).collect();
    assert_eq!(tally(&at_once(&calls)), [(200, 4)]);
    let image = owner.show(&id);
    let mut all = urls(&image);
    all.sort();
    assert_eq!(all, [0, 1, 2, 3].map(|n| format!("{}/data/{n}", web.url())));
    assert_eq!(
        (&image["status"], &image["size"], &image["stores"]),
        (&json!("active"), &json!(10), &json!("web,web,web,web"))
    );
    // the same place at the same time is there once
    let twice: Vec<Call> = (0..4).map(|_| add(&owner, &id, &format!("{}/data/9", web.url()))).collect();
    assert_eq!(tally(&at_once(&twice)), [(200, 1), (400, 3)]);
    // the last one stays, whoever removes the others
    let admin = cloud.as_admin();
    let removals: Vec<Call> = (0..5).map(|_| remove(&admin, &id, "0")).collect();
    let statuses = at_once(&removals);
    assert!(statuses.iter().all(|status| [200, 403, 409].contains(status)), "{statuses:?}");
    assert_eq!(urls(&owner.show(&id)).len(), 5 - statuses.iter().filter(|status| **status == 200).count());
    assert_eq!(owner.download(&id), DATA);
}

fn a_removed_location_takes_its_data_along(engine: Engine) {
    let cloud = open_to_the_web().database(engine).start();
    let (owner, admin, web) = (cloud.as_member("p1"), cloud.as_admin(), WebServer::start(DATA));
    let id = NewImage::default().upload(&owner, DATA);
    add(&owner, &id, &format!("{}/data", web.url())).send().expect(200);
    let before = owner.show(&id);
    assert_eq!(before["stores"], "fast,web");
    remove(&admin, &id, "0").send().expect(200);
    assert_eq!(cloud.stored_files("fast"), Vec::<String>::new());
    assert_eq!(urls(&owner.show(&id)), [format!("{}/data", web.url())]);
    assert_eq!(owner.download(&id), DATA);
    assert_eq!(owner.show(&id)["os_hash_value"], before["os_hash_value"]);
}

fn a_location_whose_data_cannot_be_removed_is_back(engine: Engine) {
    let cloud = open_to_the_web().database(engine).start();
    let (owner, admin, web) = (cloud.as_member("p1"), cloud.as_admin(), WebServer::start(DATA));
    let id = NewImage::default().upload(&owner, DATA);
    add(&owner, &id, &format!("{}/data", web.url())).send().expect(200);
    let before = owner.show(&id);
    // what cannot be unlinked: a folder in the place of the file
    let file = cloud.store_folder("fast").join(&id);
    std::fs::remove_file(&file).expect("the data");
    std::fs::create_dir(&file).expect("a folder");
    let (status, text) = told(&remove(&admin, &id, "0"));
    assert_eq!((status, text.as_str()), (500, "You are not authorized to complete this action."));
    assert_eq!(owner.show(&id)["locations"], before["locations"]);
    std::fs::remove_dir(&file).expect("the folder");
    remove(&admin, &id, "0").send().expect(200);
    assert_eq!(urls(&owner.show(&id)).len(), 1);
}

/// What is left when a node dies after it took a location from an image.
fn a_removal_that_was_cut_short_is_finished(engine: Engine) {
    let cloud = open_to_the_web().database(engine).api_option("DEFAULT", "worker_recovery_interval", "1").start();
    let (owner, web) = (cloud.as_member("p1"), WebServer::start(DATA));
    let registry = cloud.registry(glance_tests::Caller::with_roles("admin", "admins"));
    for data_is_gone in [false, true] {
        let id = NewImage::default().upload(&owner, DATA);
        add(&owner, &id, &format!("{}/data", web.url())).send().expect(200);
        let rows = registry.get(&format!("/v3/images/{id}")).send().expect(200).json()["locations"].clone();
        let mut list = rows.as_array().cloned().expect("locations");
        list[0]["status"] = json!("pending_delete");
        let lease = json!({"id": format!("lease-{id}"), "kind": "remove-locations", "resource": format!("image/{id}"),
            "image_id": id, "holder": "a dead node", "seconds": 1, "detail": {"rows": [list[0]["id"]]}});
        let update = json!({"locations": {"replace": list}, "take_lease": lease});
        registry.request("PATCH", &format!("/v3/images/{id}")).json(&update).send().expect(200);
        let file = cloud.store_folder("fast").join(&id);
        if data_is_gone {
            std::fs::remove_file(&file).expect("the data");
        }
        assert_eq!(owner.download(&id), DATA, "from the other place");
        eventually(Duration::from_secs(30), "the end of the removal", || {
            let waiting = registry.get(&format!("/v3/images/{id}/locations")).send().expect(200).json();
            let leases = registry.get("/v3/leases?kind=remove-locations").send().expect(200).json();
            let done = waiting["locations"] == json!([]) && leases["leases"] == json!([]) && !file.exists();
            done.then_some(())
        });
        assert_eq!(urls(&owner.show(&id)).len(), 1);
        assert_eq!(owner.download(&id), DATA);
    }
}

on_every_database! {
    many_at_once => many_at_once_are_all_added;
    removal => a_removed_location_takes_its_data_along;
    refused_removal => a_location_whose_data_cannot_be_removed_is_back;
    dead_removal => a_removal_that_was_cut_short_is_finished;
}

/// C1: what clients may not name, in every spelling, by every operation.
#[test]
fn c1_places_of_this_machine_are_refused() {
    let cloud = open_to_the_web().start();
    let owner = cloud.as_member("p1");
    let other = NewImage::default().upload(&owner, DATA);
    let stored = cloud.store_folder("fast").join(other).to_string_lossy().into_owned();
    let id = NewImage::default().create(&owner);
    let places = [
        format!("file://{stored}"),
        format!("File://{stored}"),
        format!("filesystem://{stored}"),
        format!(" file://{stored}"),
        format!("file:{stored}"),
        format!("f%69le://{stored}"),
        format!("file\t://{stored}"),
        "swift+config://ref1/container/object".into(),
        "SWIFT+CONFIG://ref1/container/object".into(),
        "pending://a".into(),
        "javascript:alert(1)".into(),
        stored.clone(),
        String::new(),
    ];
    for place in &places {
        let value = json!({"url": place, "metadata": {}});
        for operation in [
            json!([{"op": "add", "path": "/locations/-", "value": value}]),
            json!([{"op": "replace", "path": "/locations", "value": [value]}]),
        ] {
            assert_eq!(told(&owner.patch(&path(&id), &operation)), (400, "Invalid location".into()), "{place}");
        }
    }
    let image = owner.show(&id);
    assert_eq!((&image["status"], &image["locations"]), (&json!("queued"), &json!([])));
}

/// D1, D5, D8: addresses that are not for users are refused in the same words as empty ones, and nobody is asked.
#[test]
fn d1_d5_d8_addresses_are_judged_before_they_are_asked() {
    let cloud = Cloud::builder().like_the_reference().start();
    let (owner, web) = (cloud.as_member("p1"), WebServer::start(DATA));
    let id = NewImage::default().create(&owner);
    let port = web.url().rsplit_once(':').map(|(_, port)| port.to_owned()).unwrap_or_default();
    let mut places = vec![format!("{}/data", web.url())];
    places.extend(
        ["localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
            .map(|host| format!("http://{host}:{port}/data")),
    );
    places.extend(
        ["http://127.0.0.1/", "http://169.254.169.254/latest", "http://10.0.0.1/x", "http://u:p@127.0.0.1/"]
            .map(str::to_owned),
    );
    for place in &places {
        assert_eq!(told(&add(&owner, &id, place)), (400, "Invalid location".into()), "{place}");
    }
    assert_eq!(web.seen(), Vec::<String>::new());
    let listed = open_to_the_web().start();
    let owner = listed.as_member("p1");
    let id = NewImage::default().create(&owner);
    for place in [
        "/missing",
        "/empty",
        "/unsized",
        "/status/403",
        "/status/503",
        "/to/302?http://localhost/data",
        "/to/303?/data",
    ] {
        assert_eq!(
            told(&add(&owner, &id, &format!("{}{place}", web.url()))),
            (400, "Invalid location".into()),
            "{place}"
        );
    }
    add(&owner, &id, &format!("{}/to/302?/data", web.url())).send().expect(200);
    assert_eq!(owner.download(&id), DATA);
}

#[test]
fn data_on_the_web_is_read_in_parts_and_refused_in_words() {
    let cloud = open_to_the_web().start();
    let (owner, web) = (cloud.as_member("p1"), WebServer::start(DATA));
    for name in ["/data", "/plain"] {
        let id = NewImage::default().create(&owner);
        add(&owner, &id, &format!("{}{name}", web.url())).send().expect(200);
        assert_eq!(owner.download(&id), DATA, "{name}");
        for (range, part) in
            [("bytes=2-4", "234"), ("bytes=-3", "789"), ("bytes=7-", "789"), ("bytes=0-99", "0123456789")]
        {
            let answer = owner.get(&format!("{}/file", path(&id))).header("Range", range).send().expect(206);
            assert_eq!(answer.text(), part, "{name} {range}");
        }
        owner.get(&format!("{}/file", path(&id))).header("Range", "bytes=10-").send().expect(416);
    }
    assert!(web.seen().contains(&"GET /data bytes=2-4".to_owned()), "{:?}", web.seen());
    let id = NewImage::default().create(&owner);
    add(&owner, &id, &format!("{}/data", web.url())).send().expect(200);
    let file = format!("{}/file", path(&id));
    // the image stays when its data cannot be reached
    drop(web);
    eventually(Duration::from_secs(20), "503", || (owner.get(&file).send().status == 503).then_some(()));
    assert_eq!(owner.status(&id), "active");
    owner.delete(&path(&id)).send().expect(204);
}

/// The heavier store is tried first; when it fails before its first byte, the other one has the data too.
#[test]
fn the_next_place_is_tried_when_one_fails() {
    let cloud = open_to_the_web().api_option("web", "weight", "20").start();
    let (owner, web) = (cloud.as_member("p1"), WebServer::start(DATA));
    let id = NewImage::default().upload(&owner, DATA);
    add(&owner, &id, &format!("{}/broken", web.url())).send().expect(200);
    assert_eq!(owner.show(&id)["stores"], "web,fast");
    assert!(owner.show(&id)["direct_url"].as_str().is_some_and(|url| url.ends_with("/broken")));
    assert_eq!(owner.download(&id), DATA);
    assert!(web.seen().iter().any(|line| line.starts_with("GET /broken")), "{:?}", web.seen());
    let part = owner.get(&format!("{}/file", path(&id))).header("Range", "bytes=2-4").send().expect(206);
    assert_eq!(part.text(), "234");
    // the lighter one first, when the client says so
    let asked = web.seen().len();
    assert_eq!(owner.get(&format!("{}/file?prefer=fast", path(&id))).send().expect(200).body, DATA);
    assert_eq!(web.seen().len(), asked);
}

#[test]
fn without_store_ids_the_strategy_decides() {
    for (strategy, preference, first) in [
        ("location_order", "http,file", "file://"),
        ("store_type", "http,file", "http://"),
        ("store_type", "file", "file://"),
        ("store_type", "", "file://"),
    ] {
        let cloud = open_to_the_web()
            .single_store()
            .api_option("DEFAULT", "location_strategy", strategy)
            .api_option("store_type_location_strategy", "store_type_preference", preference)
            .start();
        let (owner, web) = (cloud.as_member("p1"), WebServer::start(DATA));
        let id = NewImage::default().upload(&owner, DATA);
        add(&owner, &id, &format!("{}/data", web.url())).send().expect(200);
        let image = owner.show(&id);
        assert!(urls(&image)[0].starts_with(first), "{strategy} {preference}: {image}");
        assert_eq!((image["direct_url"].as_str(), image.get("stores")), (Some(urls(&image)[0].as_str()), None));
        assert_eq!(owner.download(&id), DATA);
        assert_eq!(
            web.seen().iter().any(|line| line.starts_with("GET")),
            first == "http://",
            "{strategy} {preference}"
        );
    }
}

#[test]
fn data_of_another_size_is_not_that_of_the_image() {
    let cloud = open_to_the_web().start();
    let (owner, web, other) = (cloud.as_member("p1"), WebServer::start(DATA), WebServer::start(b"more than ten bytes"));
    let id = NewImage::default().upload(&owner, DATA);
    assert_eq!(told(&add(&owner, &id, &format!("{}/data", other.url()))), (400, "Invalid location".into()));
    add(&owner, &id, &format!("{}/data", web.url())).send().expect(200);
}

#[test]
fn the_storage_quota_counts_new_places() {
    let cloud = open_to_the_web().api_option("DEFAULT", "user_storage_quota", "25B").start();
    let (owner, web) = (cloud.as_member("p1"), WebServer::start(DATA));
    let id = NewImage::default().upload(&owner, DATA);
    add(&owner, &id, &format!("{}/data/1", web.url())).send().expect(200);
    let (status, text) = told(&add(&owner, &id, &format!("{}/data/2", web.url())));
    let wanted = "Denying attempt to upload image because it exceeds the quota: The size of the data 10 will exceed the \
                  limit. 5 bytes remaining.";
    assert_eq!((status, text.as_str()), (413, wanted));
    assert_eq!(urls(&owner.show(&id)).len(), 2);
}
