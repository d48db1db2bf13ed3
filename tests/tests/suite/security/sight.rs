//! A9 and A13: what others' lists show, and what a hidden image betrays.

use glance_tests::caller::Call;
use glance_tests::{Answer, Body, Caller, Client, Cloud, Engine, NewImage, on_every_database};
use serde_json::json;

use super::{NO_IMAGE, add, image_path, listed, share};

/// A shared image is listed for who accepted it, a community image for who asks, through every filter there is.
fn lists_show_what_was_accepted(engine: Engine) {
    let cloud = Cloud::builder().database(engine).start();
    let owner = cloud.as_member("p1");
    let image = |name: &str, visibility: &str| NewImage::named(name).with("visibility", visibility).create(&owner);
    let [offered, accepted, rejected] = ["offered", "accepted", "rejected"].map(|name| image(name, "shared"));
    share(&cloud, &owner, &offered, "p2", None);
    share(&cloud, &owner, &accepted, "p2", Some("accepted"));
    share(&cloud, &owner, &rejected, "p2", Some("rejected"));
    let community = image("community", "community");
    let private = image("private", "private");
    let member = cloud.as_member("p2");
    let queries = [
        "",
        "?visibility=shared",
        "?visibility=all",
        "?owner=p1",
        "?status=queued",
        "?name=in:offered,accepted,rejected,private",
        "?disk_format=raw&container_format=bare",
        "?protected=false",
        "?size_min=0",
        "?member_status=accepted",
        "?sort=name:asc&limit=1000",
        "?created_at=gt:2000-01-01",
        "?member_status=accepted&visibility=shared&owner=p1",
    ];
    for query in queries {
        let ids = listed(&member, query);
        assert!(!ids.contains(&offered) && !ids.contains(&rejected) && !ids.contains(&private), "{query}: {ids:?}");
        assert_eq!(ids.contains(&community), query.contains("visibility=all"), "{query}");
        assert_eq!(ids.contains(&accepted), !query.contains("size_min"), "{query}");
    }
    for (id, own) in [(&offered, "pending"), (&rejected, "rejected")] {
        assert_eq!(listed(&member, &format!("?id={id}")), Vec::<String>::new());
        assert_eq!(listed(&member, &format!("?member_status={own}")), std::slice::from_ref(id));
    }
    let community_only = listed(&member, "?visibility=community");
    assert_eq!(community_only, std::slice::from_ref(&community));
    for query in ["", "?visibility=all", "?visibility=shared", "?member_status=all", "?owner=p1"] {
        let ids = listed(&cloud.as_member("p3"), query);
        let wanted =
            if query.contains("all") && query.contains("visibility") { vec![community.clone()] } else { vec![] };
        assert_eq!(ids, wanted, "{query}");
    }
    // and the registry by itself
    let search = cloud.registry(Caller::with_roles("member,reader", "p2")).post("/v3/images/search", &json!({}));
    let found = search.send().expect(200).text();
    assert!(!found.contains(&offered) && !found.contains(&rejected) && !found.contains(&private), "{found}");
}

/// What of an answer could tell: all but time and request id, with the ids masked.
fn told(answer: &Answer, id: &str) -> (u16, Vec<(String, String)>, String) {
    let free = ["date", "x-openstack-request-id"];
    let headers = answer.headers.iter().filter(|(name, _)| !free.contains(&name.as_str()));
    let masked = |text: &str| text.replace(id, "ID");
    let mut headers: Vec<_> = headers.map(|(name, value)| (name.clone(), masked(value))).collect();
    headers.sort();
    (answer.status, headers, masked(&answer.text()))
}

/// Every call that names an image.
fn calls(client: &Client, id: &str) -> Vec<Call> {
    let path = image_path(id);
    let members = format!("{path}/members");
    vec![
        client.get(&path),
        client.get(&path).header("Accept", "*/*"),
        client.get(&path).header("Accept", "application/json"),
        client.patch(&path, &json!([])),
        client.patch(&path, &json!([add("k", "v")])),
        client.patch(&path, &json!([add("owner", "p2")])),
        client.patch(&path, &json!([{"op": "replace", "path": "/visibility", "value": "public"}])),
        client.patch(&path, &json!([{"op": "remove", "path": "/locations/0"}])),
        client.patch(&path, &json!([{"op": "replace", "path": "/disk_format", "value": "raw"}])),
        client.delete(&path),
        client.get(&format!("{path}/file")),
        client.get(&format!("{path}/file")).header("Range", "bytes=99-"),
        client.get(&format!("{path}/file?prefer=nowhere")),
        client.upload(id, Body::Bytes(b"x".to_vec())),
        client.upload(id, Body::Bytes(b"x".to_vec())).header("x-openstack-image-size", "7"),
        client.request("POST", &format!("{path}/actions/deactivate")),
        client.request("POST", &format!("{path}/actions/reactivate")),
        client.request("PUT", &format!("{path}/tags/kept")),
        client.delete(&format!("{path}/tags/kept")),
        client.get(&members),
        client.post(&members, &json!({"member": "p2"})),
        client.get(&format!("{members}/p3")),
        client.request("PUT", &format!("{members}/p2")).json(&json!({"status": "accepted"})),
        client.delete(&format!("{members}/p3")),
        client.get(&format!("{path}/locations")),
        client.post(&format!("{path}/locations"), &json!({"url": "http://127.0.0.1:1/x"})),
        client.request("PUT", &format!("{path}/stage")).header("Content-Type", "application/octet-stream"),
        client.post(&format!("{path}/import"), &json!({"method": {"name": "glance-direct"}})),
        client.get(&format!("{path}/tasks")),
        client.delete(&format!("/v2/stores/fast/{id}")),
        client.get(&format!("/v2/images?marker={id}")).header("Accept", "application/json"),
        client.get(&format!("/v2/images?marker={id}&sort=size:asc&visibility=all")),
    ]
}

fn hidden_images_answer_like_none(engine: Engine) {
    let cloud = Cloud::builder().database(engine).start();
    let owner = cloud.as_member("p1");
    let deleted = NewImage::default().create(&owner);
    owner.delete(&image_path(&deleted)).send().expect(204);
    let mut hidden = vec![deleted];
    for visibility in ["private", "shared"] {
        let kept = NewImage::default().with("tags", json!(["kept"])).with("visibility", visibility);
        hidden.push(kept.create(&owner));
        hidden.push(kept.clone().with("protected", true).upload(&owner, b"0123456789"));
        hidden.push(kept.upload(&owner, b"0123456789"));
        let last = hidden.last().cloned().unwrap_or_default();
        owner.request("POST", &format!("/v2/images/{last}/actions/deactivate")).send().expect(204);
    }
    share(&cloud, &owner, &hidden[5], "p3", Some("accepted"));
    let callers = [cloud.as_member("p2"), cloud.as_roles("reader", "p2"), cloud.as_roles("service", "p2")];
    for (client, id) in callers.iter().flat_map(|client| hidden.iter().map(move |id| (client, id))) {
        for (real, absent) in calls(client, id).iter().zip(calls(client, NO_IMAGE)) {
            let what = real.clone().into_request();
            let (real, absent) = (real.send(), absent.send());
            assert_eq!(told(&real, id), told(&absent, NO_IMAGE), "{} {}", what.method, what.target);
        }
    }
    // the registry by itself
    let registry = cloud.registry(Caller::with_roles("member,reader", "p2"));
    for id in &hidden {
        for suffix in ["", "/members"] {
            let ask = |id: &str| registry.get(&format!("/v3/images/{id}{suffix}")).send();
            assert_eq!(told(&ask(id), id), told(&ask(NO_IMAGE), NO_IMAGE), "{suffix}");
        }
    }
}

on_every_database! {
    a9_lists_show_what_was_accepted => lists_show_what_was_accepted;
    a13_hidden_images_answer_like_none => hidden_images_answer_like_none;
}
