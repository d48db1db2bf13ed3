//! The protocol of older registries, as its tools speak it: plain HTTP, JSON, identity headers.

use std::collections::BTreeSet;

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::support::{Scratch, member, new_image};

/// `X-Identity-Status: Confirmed` counts.
const TRUSTED: &str = "[paste_deploy]\nflavor = trusted-auth";

/// Somebody who asks a registry.
struct Tool {
    http: Client,
    url: String,
    roles: &'static str,
    project: &'static str,
}

/// An answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    body: String,
    json: Value,
    kind: String,
    allow: String,
}

impl Tool {
    fn new(scratch: &Scratch, roles: &'static str, project: &'static str) -> Self {
        let http = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        Self { http, url: scratch.url(), roles, project }
    }

    fn owner(scratch: &Scratch) -> Self {
        Self::new(scratch, "member", "p1")
    }

    fn admin(scratch: &Scratch) -> Self {
        Self::new(scratch, "admin", "p0")
    }

    async fn send(&self, method: Method, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.http.request(method, format!("{}{path}", self.url)).body(body.to_owned());
        let request = request.header("x-identity-status", "Confirmed").header("x-user-id", "u");
        let request = request.header("x-tenant-id", self.project).header("x-roles", self.roles);
        let has_accept = headers.iter().any(|(name, _)| *name == "accept");
        let request = if has_accept { request } else { request.header("accept", "text/plain") };
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        Answer::read(request.send().await.unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "", &[]).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, &body.to_string(), &[]).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, "", &[]).await
    }

    /// Creates an image and gives its map.
    async fn create(&self, image: Value) -> Value {
        let answer = self.send(Method::POST, "/images", &json!({ "image": image }).to_string(), &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json["image"].clone()
    }

    /// The names that a list shows.
    async fn names(&self, path: &str) -> Vec<String> {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        let images = answer.json["images"].as_array().unwrap().clone();
        images.iter().map(|image| image["name"].as_str().unwrap_or("null").to_owned()).collect()
    }
}

impl Answer {
    async fn read(response: Response) -> Self {
        let header = |name: &str| response.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
        let (kind, allow) = (header("content-type").unwrap_or_default(), header("allow").unwrap_or_default());
        let status = response.status().as_u16();
        let body = response.text().await.unwrap();
        Self { status, json: serde_json::from_str(&body).unwrap_or_default(), body, kind, allow }
    }
}

fn path(image: &Value) -> String {
    format!("/images/{}", image["id"].as_str().unwrap())
}

#[actix_web::test]
async fn an_image_lives_from_creation_to_deletion() {
    let scratch = Scratch::start(TRUSTED).await;
    let me = Tool::owner(&scratch);
    let made = me
        .create(json!({
            "name": "é", "status": "queued", "size": "5", "min_ram": null, "properties": {"a": "1", "b": null},
            "owner": "somebody else", "type": "kernel"
        }))
        .await;
    let keys: BTreeSet<&str> = made.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = "checksum container_format created_at deleted deleted_at disk_format id is_public location \
                    location_data min_disk min_ram name owner properties protected size status updated_at virtual_size";
    assert_eq!(keys, expected.split_whitespace().collect());
    assert_eq!((&made["owner"], &made["size"], &made["min_ram"]), (&json!("p1"), &json!(5), &json!(0)));
    assert_eq!(made["properties"], json!({"a": "1", "b": null}));
    let created = made["created_at"].as_str().unwrap();
    assert!(created.len() == "2010-02-03T04:05:06.000000".len() && !created.ends_with('Z'), "{created}");
    assert_eq!(me.get(&path(&made)).await.json["image"], made);

    // Data comes: a guarded change, with its location.
    let location = json!({"url": "file:///a", "metadata": {"x": 1}, "status": "active"});
    let body = json!({"image": {"status": "active", "location": "file:///a", "location_data": [location]},
                      "from_state": "queued"});
    let active = me.put(&path(&made), body.clone()).await;
    assert_eq!(active.status, 200, "{active:?}");
    let active = &active.json["image"];
    assert_eq!((&active["status"], &active["location"]), (&json!("active"), &json!("file:///a")));
    assert_eq!(active["location_data"][0]["metadata"], json!({"x": 1}));
    assert!(active["location_data"][0]["id"].is_i64());
    assert_ne!(active["updated_at"], made["updated_at"]);
    let again = me.put(&path(&made), body).await;
    assert_eq!((again.status, again.body.as_str()), (409, "Image operation conflicts"));
    assert_eq!(again.kind, "text/plain; charset=UTF-8");

    // The status is written before the deletion, which leaves it alone.
    me.put(&path(&made), json!({"image": {"status": "deleted"}})).await;
    let gone = me.delete(&path(&made)).await;
    assert_eq!(gone.status, 200, "{gone:?}");
    let gone = &gone.json["image"];
    assert!(gone.get("is_public").is_none() && gone["deleted"] == json!(true), "{gone}");
    let rest = (&gone["properties"], &gone["location_data"], &gone["location"], &gone["status"]);
    assert_eq!(rest, (&json!({}), &json!([]), &json!(null), &json!("deleted")));
    for answer in [me.get(&path(&made)).await, me.delete(&path(&made)).await] {
        assert_eq!(answer.status, 404, "{answer:?}");
    }
    let late = me.put(&path(&made), json!({"image": {}})).await;
    assert_eq!((late.status, late.body.as_str()), (404, "Image not found"));
    let admin = Tool::admin(&scratch);
    let seen = admin.get(&path(&made)).await;
    assert_eq!((seen.status, &seen.json["image"]["deleted"]), (200, &json!(true)));
    let late = admin.put(&path(&made), json!({"image": {"status": "active"}, "from_state": "saving"})).await;
    assert_eq!(late.status, 409);
    assert_eq!(
        me.send(Method::POST, "/images", &json!({"image": {"id": made["id"]}}).to_string(), &[]).await.status,
        409
    );
}

#[actix_web::test]
async fn properties_are_added_purged_and_revived() {
    let scratch = Scratch::start(TRUSTED).await;
    let me = Tool::owner(&scratch);
    let image = me.create(json!({"properties": {"a": "1", "b": "2"}})).await;
    let change = async |properties: Value, header: Option<&str>| {
        let body = json!({"image": {"properties": properties}}).to_string();
        let headers: Vec<_> = header.map(|value| ("X-Glance-Registry-Purge-Props", value)).into_iter().collect();
        me.send(Method::PUT, &path(&image), &body, &headers).await.json["image"]["properties"].clone()
    };
    assert_eq!(change(json!({"c": "3"}), None).await, json!({"a": "1", "b": "2", "c": "3"}));
    assert_eq!(change(json!({"c": "4"}), Some("True")).await, json!({"a": "1", "b": "2", "c": "4"}));
    assert_eq!(change(json!({"c": "4"}), Some("true")).await, json!({"c": "4"}));
    assert_eq!(change(json!({"a": "back"}), Some("false")).await, json!({"a": "back", "c": "4"}));
    assert_eq!(change(json!({}), Some("true")).await, json!({}));
}

#[actix_web::test]
async fn locations_are_replaced_by_id_and_url_and_never_read() {
    let scratch = Scratch::start(&format!("metadata_encryption_key = 0123456789abcdef\n{TRUSTED}")).await;
    let me = Tool::owner(&scratch);
    let image = me.create(json!({"locations": ["one", "two"]})).await;
    let data = image["location_data"].clone();
    assert_eq!((&data[0]["url"], &data[1]["url"]), (&json!("one"), &json!("two")));
    let kept = json!({"id": data[1]["id"], "url": "two again", "metadata": {}, "status": "active"});
    let changed = me.put(&path(&image), json!({"image": {"location_data": [kept, {"url": "three"}]}})).await;
    let urls = |answer: &Value| {
        let list = answer["image"]["location_data"].as_array().unwrap().clone();
        list.iter().map(|found| found["url"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(urls(&changed.json), ["two again", "three"]);
    assert_eq!(changed.json["image"]["location_data"][0]["id"], data[1]["id"]);
    for body in [json!({"image": {"location_data": []}}), json!({"image": {"name": "n"}})] {
        assert_eq!(urls(&me.put(&path(&image), body).await.json), ["two again", "three"]);
    }

    // What the private protocol writes is encrypted by the registry: to these callers it is ciphertext, which they
    // write back as it is, and the private protocol reads.
    let client = scratch.client("");
    let caller = member("p1");
    let mut new = new_image("p1");
    let location = json!({"url": "file:///secret", "status": "active"});
    new.locations = vec![serde_json::from_value(location).unwrap()];
    let sealed = client.create_image(&caller, &new).await.unwrap();
    let shown = me.get(&format!("/images/{}", sealed.id)).await.json["image"].clone();
    let ciphertext = shown["location"].as_str().unwrap();
    assert!(!ciphertext.contains("secret") && shown["location_data"][0]["url"] == json!(ciphertext), "{ciphertext}");
    let back = json!({"image": {"location_data": shown["location_data"]}});
    assert_eq!(urls(&me.put(&path(&shown), back).await.json), [ciphertext]);
    assert_eq!(client.show_image(&caller, &sealed.id).await.unwrap().locations[0].url, "file:///secret");
}

#[actix_web::test]
async fn lists_filter_order_and_page() {
    let scratch = Scratch::start(&format!("api_limit_max = 5\nlimit_param_default = 3\n{TRUSTED}")).await;
    let (me, other, admin) = (Tool::owner(&scratch), Tool::new(&scratch, "member", "p2"), Tool::admin(&scratch));
    assert_eq!(me.get("/images").await.body.replace(' ', ""), r#"{"images":[]}"#);
    let mut made = Vec::new();
    for (name, size, public) in [("a", 1, true), ("b", 2, false), ("c", 3, false), ("d:x", 4, false)] {
        let image = json!({"name": name, "size": size, "is_public": public, "disk_format": "raw", "min_ram": size,
                           "protected": size == 2, "properties": {"Size": size.to_string()}});
        made.push(me.create(image).await);
    }
    me.create(json!({"status": "killed", "name": "k"})).await;
    me.create(json!({"name": null, "size": 5, "visibility": "community"})).await;
    let item = me.get("/images?name=a").await.json["images"][0].clone();
    let keys: BTreeSet<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["checksum", "container_format", "disk_format", "id", "name", "size"].into());
    assert_eq!(me.get("/images/detail?name=a").await.json["images"][0], made[0]);

    let marker = |place: usize| format!("sort_key=name&sort_dir=asc&marker={}", made[place]["id"].as_str().unwrap());
    let table: Vec<(&Tool, String, &[&str])> = vec![
        (&me, "".into(), &["null", "d:x", "c"]),
        (&me, "limit=9".into(), &["null", "d:x", "c", "b", "a"]),
        (&me, "limit=0".into(), &[]),
        (&me, "sort_key=size&sort_dir=asc&limit=2".into(), &["a", "b"]),
        (&me, marker(0), &["b", "c", "d:x"]),
        (&me, marker(3), &[]),
        (&me, "name=d:x".into(), &["d:x"]),
        (&me, "name=in:a,b".into(), &["b", "a"]),
        (&me, "size_min=2&size_max=3".into(), &["c", "b"]),
        (&me, "min_ram=3".into(), &["c"]),
        (&me, "min_disk=x".into(), &[]),
        (&me, "protected=true".into(), &["b"]),
        (&me, "property-Size=3".into(), &["c"]),
        (&me, "property-size=3".into(), &[]),
        (&me, "status=killed".into(), &[]),
        (&me, "deleted=True".into(), &["null", "d:x", "c"]),
        (&me, "is_public=nonsense&owner=x".into(), &["null", "d:x", "c"]),
        (&other, "".into(), &["a"]),
        (&admin, "".into(), &["a"]),
        (&admin, "is_public=True".into(), &["a"]),
        (&admin, "is_public=none&name=in:a,b".into(), &["b", "a"]),
        (&admin, "is_public=False&sort_key=name&sort_dir=asc&limit=2".into(), &["null", "b"]),
    ];
    for (who, query, expected) in table {
        for list in ["/images", "/images/detail", "/", "/v1/images", "/v1/images/detail", "/v1/"] {
            assert_eq!(who.names(&format!("{list}?{query}")).await, expected, "{list}?{query} of {}", who.project);
        }
    }
}

#[actix_web::test]
async fn changes_since_shows_what_is_gone() {
    let scratch = Scratch::start(TRUSTED).await;
    let (me, other, admin) = (Tool::owner(&scratch), Tool::new(&scratch, "member", "p2"), Tool::admin(&scratch));
    let gone = me.create(json!({"name": "gone", "location": "u", "status": "pending_delete"})).await;
    me.create(json!({"name": "here"})).await;
    me.create(json!({"name": "killed", "status": "killed"})).await;
    me.delete(&path(&gone)).await;
    for time in ["2010-01-01", "20100101", "2010-0101", "2010-01-01T00:00:00Z", "2010-01-01T00:00:00%2B01:00"] {
        let query = format!("changes-since={time}");
        assert_eq!(me.names(&format!("/images?{query}")).await, ["killed", "here", "gone"], "{time}");
        assert_eq!(other.names(&format!("/images?{query}")).await, Vec::<String>::new(), "{time}");
        assert_eq!(admin.names(&format!("/images?{query}&is_public=none")).await, ["killed", "here", "gone"]);
    }
    assert_eq!(me.names("/images?changes-since=2999-01-01").await, Vec::<String>::new());

    // What a scrubber asks and tells.
    let waiting = admin.get("/images/detail?deleted=True&is_public=none&status=pending_delete").await;
    let images = waiting.json["images"].as_array().unwrap();
    assert_eq!((images.len(), &images[0]["id"]), (1, &gone["id"]), "{waiting:?}");
    assert_eq!((&images[0]["location_data"][0]["url"], &images[0]["location"]), (&json!("u"), &json!(null)));
    let done = admin.put(&path(&gone), json!({"image": {"status": "deleted"}})).await;
    assert_eq!((done.status, &done.json["image"]["status"]), (200, &json!("deleted")));
    assert_eq!(me.names("/images?changes-since=2010-01-01&status=deleted").await, ["gone"]);

    // A marker must be what its reader could be shown.
    let id = gone["id"].as_str().unwrap();
    assert_eq!(admin.get(&format!("/images?changes-since=2010-01-01&is_public=none&marker={id}")).await.status, 200);
    let refused = me.get(&format!("/images?changes-since=2010-01-01&marker={id}")).await;
    assert!(refused.status == 400 && refused.body.contains("Invalid marker. Image could not be found."), "{refused:?}");
}

#[actix_web::test]
async fn everybody_changes_what_is_theirs() {
    let scratch = Scratch::start(TRUSTED).await;
    let (me, admin) = (Tool::owner(&scratch), Tool::admin(&scratch));
    let (other, friend) = (Tool::new(&scratch, "member", "p2"), Tool::new(&scratch, "member", "p3"));
    // what it is, reading and changing by another, by a member
    let table = [
        (json!({"is_public": true}), (200, 403), (200, 403)),
        (json!({"visibility": "community"}), (200, 403), (200, 403)),
        (json!({}), (404, 404), (200, 404)),
        (json!({"visibility": "private"}), (404, 404), (404, 404)),
    ];
    for (image, by_other, by_member) in table {
        let made = me.create(image.clone()).await;
        let path = path(&made);
        assert_eq!(me.send(Method::PUT, &format!("{path}/members/p3"), "", &[]).await.status, 204);
        for (who, (reads, writes)) in [(&other, by_other), (&friend, by_member)] {
            let found = (
                who.get(&path).await.status,
                who.put(&path, json!({"image": {"name": "mine"}})).await.status,
                who.delete(&path).await.status,
            );
            assert_eq!(found, (reads, writes, writes), "{image} by {}", who.project);
        }
        let given = me.put(&path, json!({"image": {"owner": "p9", "created_at": "1999-01-01T00:00:00"}})).await;
        let (owner, created) = (&given.json["image"]["owner"], &given.json["image"]["created_at"]);
        assert_eq!((owner, created), (&json!("p1"), &made["created_at"]));
        let given = admin.put(&path, json!({"image": {"owner": "p9", "is_public": false}})).await;
        assert_eq!(given.json["image"]["owner"], json!("p9"));
        assert_eq!(me.delete(&path).await.status, 404);
        assert_eq!(admin.delete(&path).await.status, 200);
        assert_eq!(admin.delete(&path).await.status, 200, "an administrator sees what is deleted");
    }
    let ownerless = admin.create(json!({"owner": null})).await;
    assert_eq!(ownerless["owner"], json!(null));
    assert_eq!(other.put(&path(&ownerless), json!({"image": {}})).await.status, 404);
}

#[actix_web::test]
async fn public_and_visible_are_the_same_thing() {
    let scratch = Scratch::start(TRUSTED).await;
    let (me, client, caller) = (Tool::owner(&scratch), scratch.client(""), member("p1"));
    let table = [("private", false), ("community", false), ("shared", false), ("public", true)];
    for (visibility, public) in table {
        let made = me.create(json!({"visibility": visibility})).await;
        assert_eq!(made["is_public"], json!(public), "{visibility}");
        let id = serde_json::from_value(made["id"].clone()).unwrap();
        assert_eq!(client.show_image(&caller, &id).await.unwrap().visibility.as_str(), visibility);
        for (change, expected) in [(json!({"name": "n"}), visibility), (json!({"is_public": false}), "shared")] {
            me.put(&path(&made), json!({ "image": change })).await;
            assert_eq!(client.show_image(&caller, &id).await.unwrap().visibility.as_str(), expected, "{visibility}");
        }
    }
}

#[actix_web::test]
async fn members_come_and_go() {
    let scratch = Scratch::start(TRUSTED).await;
    let (me, admin) = (Tool::owner(&scratch), Tool::admin(&scratch));
    let (p2, p3) = (Tool::new(&scratch, "member", "p2"), Tool::new(&scratch, "member", "p3"));
    let nobody = Tool::new(&scratch, "member", "");
    let image = me.create(json!({})).await;
    let all = format!("{}/members", path(&image));
    let one = |member: &str| format!("{all}/{member}");
    let bare = async |who: &Tool, member: &str| who.send(Method::PUT, &one(member), "", &[]).await.status;
    let members = async |who: &Tool| who.get(&all).await.json["members"].clone();
    let shows = |member: &str, can_share: bool| json!({"member_id": member, "can_share": can_share});

    assert_eq!((bare(&me, "p2").await, members(&me).await), (204, json!([shows("p2", false)])));
    assert_eq!((bare(&p2, "p3").await, bare(&p3, "p3").await, bare(&nobody, "p3").await), (403, 404, 401));
    let refused = p2.send(Method::PUT, &one("p3"), "", &[]).await;
    assert!(refused.body.contains("No permission to share that image"), "{refused:?}");
    assert_eq!(me.put(&one("p2"), json!({"member": {"can_share": true}})).await.status, 204);
    assert_eq!(bare(&me, "p2").await, 204);
    assert_eq!(members(&p2).await, json!([shows("p2", true)]), "without a body nothing changes");
    assert_eq!(bare(&p2, "p3").await, 204, "who may share shares on");
    assert_eq!(members(&p2).await, json!([shows("p2", true)]), "and still sees itself only");
    assert_eq!(members(&admin).await, json!([shows("p2", true), shows("p3", false)]));
    assert_eq!(p3.delete(&one("p2")).await.status, 403);

    // Removed, and made a member again without a body: it is back.
    assert_eq!(me.delete(&one("p2")).await.status, 204);
    let missing = me.delete(&one("p2")).await;
    assert!(missing.status == 404 && missing.body.contains("Membership could not be found."), "{missing:?}");
    assert_eq!((p2.get(&path(&image)).await.status, bare(&me, "p2").await), (404, 204));
    assert_eq!(members(&p2).await, json!([shows("p2", false)]));

    // The whole list, by somebody who may share.
    me.put(&one("p2"), json!({"member": {"can_share": true}})).await;
    let list =
        json!({"memberships": [shows("p4", true), {"member_id": "p2"}, {"member_id": "p4"}, {"member_id": "p5"}]});
    assert_eq!(p2.put(&all, list).await.status, 204);
    assert_eq!(members(&me).await, json!([shows("p2", true), shows("p4", false), shows("p5", false)]));
    assert_eq!(me.put(&all, json!({"memberships": [shows("b", true), shows("a", false)]})).await.status, 204);
    assert_eq!(members(&me).await, json!([shows("b", true), shows("a", false)]));
    assert_eq!(me.put(&all, json!({"memberships": []})).await.status, 204);
    assert_eq!(members(&me).await, json!([]));

    me.delete(&path(&image)).await;
    assert_eq!((bare(&me, "p2").await, bare(&admin, "p2").await, me.get(&all).await.status), (404, 404, 404));
}

#[actix_web::test]
async fn offers_are_told_to_those_they_concern() {
    let scratch = Scratch::start(TRUSTED).await;
    let (me, admin) = (Tool::owner(&scratch), Tool::admin(&scratch));
    let (p2, p3) = (Tool::new(&scratch, "member", "p2"), Tool::new(&scratch, "member", "p3"));
    let (mine, theirs) = (me.create(json!({})).await, p3.create(json!({})).await);
    me.put(&format!("{}/members/p2", path(&mine)), json!({"member": {"can_share": true}})).await;
    p3.send(Method::PUT, &format!("{}/members/p2", path(&theirs)), "", &[]).await;
    let offer = |image: &Value, can_share: bool| json!({"image_id": image["id"], "can_share": can_share});
    let both = json!([offer(&mine, true), offer(&theirs, false)]);
    let table = [
        (&p2, "p2", both.clone()),
        (&admin, "p2", both),
        (&me, "p2", json!([offer(&mine, true)])),
        (&p3, "p2", json!([offer(&theirs, false)])),
        (&p2, "P2", json!([])),
        (&admin, "nobody", json!([])),
        (&admin, "%00", json!([])),
    ];
    for (who, member, expected) in table {
        for prefix in ["", "/v1"] {
            let found = who.get(&format!("{prefix}/shared-images/{member}")).await;
            assert_eq!((found.status, &found.json["shared_images"]), (200, &expected), "{member} by {}", who.project);
        }
    }
    me.delete(&path(&mine)).await;
    assert_eq!(p2.get("/shared-images/p2").await.json["shared_images"], json!([offer(&theirs, false)]));
}

#[actix_web::test]
async fn bad_requests_get_a_clear_refusal() {
    let scratch = Scratch::start(&format!("max_request_body = 4096\n{TRUSTED}")).await;
    let me = Tool::admin(&scratch);
    let image = me.create(json!({"name": "n"})).await;
    let one = path(&image);
    let members = format!("{one}/members");
    let (long, single) = ("x".repeat(5000), format!("{members}/m"));
    let member = format!("{members}/{}", "m".repeat(256));
    let table: Vec<(Method, &str, &str, u16, &str)> = vec![
        (Method::GET, "/images.xxx", "", 404, "no such path"),
        (Method::GET, "/images/detail.xxx", "", 404, "The resource could not be found."),
        (Method::GET, "/images/new", "", 404, "The resource could not be found."),
        (Method::GET, "/images/%ff", "", 404, "The resource could not be found."),
        (Method::GET, "/images/..%2f..%2fetc%2fpasswd", "", 404, "The resource could not be found."),
        (Method::PATCH, "/images", "", 404, "The resource could not be found."),
        (Method::PUT, "/images", "", 404, "The resource could not be found."),
        (Method::POST, &one, "", 404, "The resource could not be found."),
        (Method::DELETE, &members, "", 404, "The resource could not be found."),
        (Method::POST, &single, "", 404, "The resource could not be found."),
        (Method::DELETE, "/images/nope", "", 404, "The resource could not be found."),
        (Method::PUT, "/images/nope", "{\"image\": {}}", 404, "Image not found"),
        (Method::GET, "/images?limit=-1", "", 400, "limit param must be positive"),
        (Method::GET, "/images?marker=x", "", 400, "Invalid marker format"),
        (Method::GET, "/images?marker=", "", 400, "Invalid marker. Image could not be found."),
        (Method::GET, "/images?name=%ff", "", 400, "could not be decoded"),
        (Method::GET, "/images?name=%00", "", 200, "[]"),
        (Method::GET, "/images?property-%00=1", "", 200, "[]"),
        (Method::POST, "/images", "", 400, "Malformed JSON in request body."),
        (Method::POST, "/images", "{\"image\":", 400, "Malformed JSON in request body."),
        (Method::POST, "/images", "[]", 400, "Unexpected body type."),
        (Method::POST, "/images", "{}", 400, "with the object 'image'"),
        (Method::POST, "/images", &long, 413, "larger than 4096 bytes"),
        (Method::POST, "/images", "{\"image\": {\"name\": \"😀\"}}", 400, "can't contain 4 byte unicode"),
        (Method::POST, "/images", "{\"image\": {\"name\": \"a\\u0000\"}}", 400, "cannot contain a NUL"),
        (
            Method::POST,
            "/images",
            "{\"image\": {\"checksum\": \"012345678901234567890123456789012\"}}",
            400,
            "checksum",
        ),
        (Method::POST, "/images", "{\"image\": {\"id\": \"x\"}}", 400, "Invalid image id format"),
        (Method::PUT, &one, "{\"image\": {\"status\": \"x\"}}", 400, "Invalid image status 'x' for image."),
        (Method::PUT, &one, "{\"image\": {\"size\": -1}}", 400, "must not be negative"),
        (Method::PUT, &one, "", 400, "Malformed JSON in request body."),
        (Method::PUT, &members, "", 400, "Malformed JSON in request body."),
        (Method::PUT, &members, "[]", 400, "Unexpected body type."),
        (Method::PUT, &members, "{\"memberships\": [{}]}", 400, "Invalid membership association: 'member_id'"),
        (Method::PUT, &members, "{\"memberships\": [{\"member_id\": \"\"}]}", 400, "cannot be empty"),
        (Method::PUT, &member, "", 400, "255 characters at most"),
        (Method::PUT, &single, "{\"member\": 5}", 400, "Invalid membership association: 'member'"),
    ];
    for (method, path, body, status, text) in table {
        let answer = me.send(method.clone(), path, body, &[]).await;
        assert_eq!(answer.status, status, "{method} {path:.60} {body:.60}: {answer:?}");
        assert!(answer.body.contains(text), "{method} {path:.60} {body:.60}: {answer:?}");
    }
    for (method, path) in [(Method::POST, members.clone()), (Method::GET, format!("{members}/m"))] {
        let answer = me.send(method, &path, "", &[]).await;
        assert_eq!((answer.status, answer.allow.as_str()), (405, "PUT, DELETE"), "{path}");
    }
    assert_eq!(me.names("/images?is_public=none").await, ["n"], "nothing was made");
}

#[actix_web::test]
async fn refusals_have_the_form_that_is_accepted() {
    let scratch = Scratch::start(TRUSTED).await;
    let me = Tool::owner(&scratch);
    let table = [
        ("application/json", "application/json", r#""code":"404 Not Found""#),
        ("text/html", "text/html; charset=UTF-8", "<h1>404 Not Found</h1>"),
        ("image/png", "text/plain; charset=UTF-8", "404 Not Found\n\nThe resource could not be found."),
    ];
    for (accept, kind, text) in table {
        let answer = me.send(Method::GET, "/images/nope", "", &[("accept", accept)]).await;
        assert_eq!((answer.status, answer.kind.as_str()), (404, kind));
        assert!(answer.body.contains(text), "{answer:?}");
    }
}

#[actix_web::test]
async fn callers_are_known_as_on_the_private_protocol() {
    let scratch = Scratch::start(TRUSTED).await;
    let http = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    for path in ["/", "/images", "/images/detail", "/v1/images", "/shared-images/m"] {
        let answer = http.get(format!("{}{path}", scratch.url())).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 401, "{path}");
    }
    let reader = Tool::owner(&scratch);
    let read_only = [("x-glance-read-only", "true")];
    let image = reader.create(json!({})).await;
    for (method, path, body) in [
        (Method::POST, "/images".to_owned(), "{\"image\": {}}"),
        (Method::PUT, path(&image), "{\"image\": {}}"),
        (Method::DELETE, path(&image), ""),
        (Method::PUT, format!("{}/members/m", path(&image)), ""),
        (Method::DELETE, format!("{}/members/m", path(&image)), ""),
    ] {
        let answer = reader.send(method.clone(), &path, body, &read_only).await;
        assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
    }

    let open = Scratch::start("").await;
    let bare = http.get(format!("{}/images?is_public=none", open.url())).send().await.unwrap();
    assert_eq!(bare.status().as_u16(), 200);
    let made = http.post(format!("{}/images", open.url())).body("{\"image\": {}}").send().await.unwrap();
    assert_eq!(Answer::read(made).await.json["image"]["owner"], json!(null));

    let signed = Scratch::start(&format!("registry_auth_secret = {}", crate::support::SECRET)).await;
    let stranger = http.get(format!("{}/images", signed.url())).send().await.unwrap();
    assert_eq!(stranger.status().as_u16(), 401);
}

#[actix_web::test]
async fn it_can_be_switched_off() {
    let scratch = Scratch::start("enable_v1_registry = false").await;
    let http = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    for path in ["/", "/images", "/images/detail", "/v1/images", "/shared-images/m"] {
        let answer = http.get(format!("{}{path}", scratch.url())).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404, "{path}");
    }
    scratch.client("").create_image(&member("a"), &new_image("a")).await.unwrap();
}
