//! A1: who may do what, as a table that is made of the rules: operation × caller × visibility × status, through every
//! door that leads to the same data.

use glance_tests::caller::Call;
use glance_tests::{Body, Caller, Client, Cloud, NewImage};
use serde_json::json;

use super::{add, image_path};

const VISIBILITIES: [&str; 4] = ["private", "shared", "community", "public"];
const STATUSES: [&str; 3] = ["queued", "active", "deactivated"];

/// Who asks. The image is owned by `p1` and offered to `p2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Who {
    name: &'static str,
    roles: &'static str,
    project: &'static str,
}

const CALLERS: [Who; 11] = [
    Who { name: "administrator", roles: "admin,member,reader", project: "p9" },
    Who { name: "owner", roles: "member,reader", project: "p1" },
    Who { name: "owner who only reads", roles: "reader", project: "p1" },
    Who { name: "owner who may not read", roles: "member", project: "p1" },
    Who { name: "owner without roles", roles: "guest", project: "p1" },
    Who { name: "member", roles: "member,reader", project: "p2" },
    Who { name: "member who only reads", roles: "reader", project: "p2" },
    Who { name: "stranger", roles: "member,reader", project: "p3" },
    Who { name: "stranger without roles", roles: "guest", project: "p3" },
    Who { name: "another service", roles: "service", project: "p4" },
    Who { name: "nobody", roles: "", project: "" },
];

impl Who {
    fn client(self, cloud: &Cloud) -> Client {
        if self.name == "nobody" { cloud.as_nobody() } else { cloud.as_roles(self.roles, self.project) }
    }

    fn has(self, role: &str) -> bool {
        self.roles.split(',').any(|own| own == role)
    }

    fn owns(self) -> bool {
        self.project == "p1"
    }

    /// May know that the image exists.
    fn knows_of(self, image: Situation) -> bool {
        let offered = image.visibility == "shared" && self.project == "p2";
        self.has("admin") || self.owns() || offered || matches!(image.visibility, "public" | "community")
    }

    /// Passes the rule `get_image`.
    fn sees(self, image: Situation) -> bool {
        self.knows_of(image) && (self.has("admin") || self.has("reader"))
    }

    /// Passes `modify_image` and the rules like it.
    fn changes(self) -> bool {
        self.has("admin") || (self.has("member") && self.owns())
    }
}

#[derive(Debug, Clone, Copy)]
struct Situation {
    visibility: &'static str,
    status: &'static str,
    delayed_delete: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Reads,
    Changes,
    ChangesMembers,
}

/// What is asked for: how, and the status that the rules want.
struct Operation {
    name: &'static str,
    kind: Kind,
    call: fn(&Client, &str) -> Call,
    wanted: fn(Who, Situation) -> u16,
}

/// The answer to a change that the caller may not make.
fn refused(who: Who, image: Situation) -> u16 {
    if who.sees(image) { 403 } else { 404 }
}

fn change(who: Who, image: Situation, granted: u16) -> u16 {
    if who.knows_of(image) && who.changes() { granted } else { refused(who, image) }
}

fn download(who: Who, image: Situation, granted: u16) -> u16 {
    match image.status {
        _ if !who.knows_of(image) => 404,
        "deactivated" if !who.has("admin") => 403,
        _ if !who.has("admin") && !who.has("member") => refused(who, image),
        "queued" => 204,
        _ => granted,
    }
}

/// Members are those of shared images only, which whoever knows of the image is told.
fn member_call(who: Who, image: Situation, granted: u16) -> u16 {
    match image.visibility {
        _ if !who.knows_of(image) => 404,
        "shared" if !who.sees(image) => 404,
        "shared" => granted,
        _ => 403,
    }
}

fn patch_old(client: &Client, id: &str) -> Call {
    client
        .request("PATCH", &image_path(id))
        .header("Content-Type", "application/openstack-images-v2.0-json-patch")
        .body(Body::Bytes(br#"[{"replace": "/name", "value": "x"}]"#.to_vec()))
}

fn action(client: &Client, id: &str, name: &str) -> Call {
    client.request("POST", &format!("/v2/images/{id}/actions/{name}"))
}

const OPERATIONS: &[Operation] = &[
    Operation {
        name: "show",
        kind: Kind::Reads,
        call: |client, id| client.get(&image_path(id)),
        wanted: |who, image| if who.sees(image) { 200 } else { 404 },
    },
    Operation {
        name: "download",
        kind: Kind::Reads,
        call: |client, id| client.get(&format!("/v2/images/{id}/file")),
        wanted: |who, image| download(who, image, 200),
    },
    Operation {
        name: "download a part",
        kind: Kind::Reads,
        call: |client, id| client.get(&format!("/v2/images/{id}/file")).header("Range", "bytes=0-1"),
        wanted: |who, image| download(who, image, 206),
    },
    Operation {
        name: "download from a store",
        kind: Kind::Reads,
        call: |client, id| client.get(&format!("/v2/images/{id}/file?prefer=fast")),
        wanted: |who, image| download(who, image, 200),
    },
    Operation {
        name: "patch",
        kind: Kind::Changes,
        call: |client, id| client.patch(&image_path(id), &json!([add("k", "v")])),
        wanted: |who, image| change(who, image, 200),
    },
    Operation {
        name: "patch, old",
        kind: Kind::Changes,
        call: patch_old,
        wanted: |who, image| change(who, image, 200),
    },
    Operation {
        name: "publish",
        kind: Kind::Changes,
        call: |client, id| {
            client.patch(&image_path(id), &json!([{"op": "replace", "path": "/visibility", "value": "public"}]))
        },
        wanted: |who, image| if who.has("admin") { 200 } else { refused(who, image) },
    },
    Operation {
        name: "give away",
        kind: Kind::Changes,
        call: |client, id| client.patch(&image_path(id), &json!([add("owner", "p3")])),
        wanted: |who, image| match who.knows_of(image) {
            true if who.has("admin") => 200,
            true => 403,
            false => 404,
        },
    },
    Operation {
        name: "tag",
        kind: Kind::Changes,
        call: |client, id| client.request("PUT", &format!("/v2/images/{id}/tags/t")),
        wanted: |who, image| change(who, image, 204),
    },
    Operation {
        name: "untag",
        kind: Kind::Changes,
        call: |client, id| client.delete(&format!("/v2/images/{id}/tags/kept")),
        wanted: |who, image| change(who, image, 204),
    },
    Operation {
        name: "upload",
        kind: Kind::Changes,
        call: |client, id| client.upload(id, Body::Bytes(b"other data".to_vec())),
        wanted: |who, image| change(who, image, if image.status == "queued" { 204 } else { 409 }),
    },
    Operation {
        name: "deactivate",
        kind: Kind::Changes,
        call: |client, id| action(client, id, "deactivate"),
        wanted: |who, image| change(who, image, if image.status == "queued" { 403 } else { 204 }),
    },
    Operation {
        name: "reactivate",
        kind: Kind::Changes,
        call: |client, id| action(client, id, "reactivate"),
        wanted: |who, image| change(who, image, if image.status == "queued" { 403 } else { 204 }),
    },
    Operation {
        name: "list members",
        kind: Kind::Reads,
        call: |client, id| client.get(&format!("/v2/images/{id}/members")),
        wanted: |who, image| member_call(who, image, 200),
    },
    Operation {
        name: "offer",
        kind: Kind::ChangesMembers,
        call: |client, id| client.post(&format!("/v2/images/{id}/members"), &json!({"member": "p7"})),
        wanted: |who, image| member_call(who, image, if who.changes() { 200 } else { 403 }),
    },
    Operation {
        name: "show a member",
        kind: Kind::Reads,
        call: |client, id| client.get(&format!("/v2/images/{id}/members/p2")),
        wanted: |who, image| if member_call(who, image, 200) == 200 { 200 } else { 404 },
    },
    Operation {
        name: "accept",
        kind: Kind::ChangesMembers,
        call: |client, id| {
            client.request("PUT", &format!("/v2/images/{id}/members/p2")).json(&json!({"status": "accepted"}))
        },
        wanted: |who, image| {
            let own = who.has("member") && who.project == "p2";
            member_call(who, image, if who.has("admin") || own { 200 } else { 403 })
        },
    },
    Operation {
        name: "withdraw",
        kind: Kind::ChangesMembers,
        call: |client, id| client.delete(&format!("/v2/images/{id}/members/p2")),
        wanted: |who, image| member_call(who, image, if who.changes() { 204 } else { 403 }),
    },
    Operation {
        name: "delete",
        kind: Kind::Changes,
        call: |client, id| client.delete(&image_path(id)),
        wanted: |who, image| {
            // what is to be deleted later has to be active (images-v2 §5.3)
            let stuck = image.delayed_delete && image.status == "deactivated";
            change(who, image, if stuck { 400 } else { 204 })
        },
    },
];

/// A new image in the situation.
fn image_in(cloud: &Cloud, situation: Situation) -> String {
    let (owner, admin) = (cloud.as_member("p1"), cloud.as_admin());
    let id = NewImage::default().with("tags", json!(["kept"])).create(&owner);
    owner.post(&format!("/v2/images/{id}/members"), &json!({"member": "p2"})).send().expect(200);
    if situation.status != "queued" {
        owner.upload(&id, Body::Bytes(b"0123456789".to_vec())).send().expect(204);
    }
    if situation.visibility != "shared" {
        let visibility = json!([{"op": "replace", "path": "/visibility", "value": situation.visibility}]);
        admin.patch(&image_path(&id), &visibility).send().expect(200);
    }
    if situation.status == "deactivated" {
        action(&owner, &id, "deactivate").send().expect(204);
    }
    id
}

/// The rows of the table for one situation that came out otherwise than the rules say.
fn faults_in(cloud: &Cloud, situation: Situation) -> Vec<String> {
    let admin = cloud.as_admin();
    let mut id = image_in(cloud, situation);
    let mut before = admin.show(&id);
    let mut faults = Vec::new();
    // whether deletion is delayed is seen by those who touch the data alone
    let touches_data =
        |one: &&Operation| ["download", "upload", "deactivate", "reactivate", "delete"].contains(&one.name);
    for operation in OPERATIONS.iter().filter(|one| !situation.delayed_delete || touches_data(one)) {
        for who in CALLERS {
            let wanted = if who.name == "nobody" { 401 } else { (operation.wanted)(who, situation) };
            let answer = (operation.call)(&who.client(cloud), &id).send();
            let row = format!("{} {}: {} by {}", situation.visibility, situation.status, operation.name, who.name);
            if answer.status != wanted {
                faults.push(format!("{row}: {wanted} wanted: {answer}"));
            }
            let granted = answer.status < 300;
            if !granted && answer.body.windows(10).any(|bytes| bytes == b"0123456789") {
                faults.push(format!("{row}: data in a refusal: {answer}"));
            }
            if operation.kind == Kind::Reads {
                continue;
            }
            let after = admin.get(&image_path(&id)).send();
            let is_changed = after.status != 200 || after.json() != before;
            if !granted && is_changed {
                faults.push(format!("{row}: refused with {} and done all the same", answer.status));
            }
            if is_changed || (granted && operation.kind == Kind::ChangesMembers) {
                id = image_in(cloud, situation);
                before = admin.show(&id);
            }
        }
    }
    faults
}

fn check_all(cloud: &Cloud, delayed_delete: bool) {
    let situations: Vec<Situation> = VISIBILITIES
        .into_iter()
        .flat_map(|visibility| STATUSES.map(|status| Situation { visibility, status, delayed_delete }))
        .collect();
    let faults: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = situations
            .chunks(3)
            .map(|some| scope.spawn(|| some.iter().flat_map(|one| faults_in(cloud, *one)).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a part of the table")).collect()
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a1_every_caller_gets_what_the_rules_say() {
    check_all(&Cloud::builder().start(), false);
}

#[test]
fn a1_delayed_deletion_changes_no_decision() {
    check_all(&Cloud::builder().api_option("DEFAULT", "delayed_delete", "True").start(), true);
}

/// The registry repeats the ownership rules for whoever speaks to it.
#[test]
fn a1_the_registry_gives_no_more_than_the_api() {
    let cloud = Cloud::builder().start();
    let mut faults = Vec::new();
    for visibility in VISIBILITIES {
        let situation = Situation { visibility, status: "active", delayed_delete: false };
        let id = image_in(&cloud, situation);
        let path = format!("/v3/images/{id}");
        for who in CALLERS {
            let caller = if who.name == "nobody" { Caller::Nobody } else { Caller::with_roles(who.roles, who.project) };
            let registry = cloud.registry(caller);
            let refusal: &[u16] = match who.name {
                "nobody" => &[401],
                _ if who.knows_of(situation) => &[403],
                _ => &[404],
            };
            let changes = [
                ("patch", registry.request("PATCH", &path).json(&json!({"set": {"name": "taken"}}))),
                ("tag", registry.request("PUT", &format!("{path}/tags/t")).json(&json!({}))),
                ("property", registry.request("PUT", &format!("{path}/properties/k")).json(&json!({"value": "v"}))),
                ("delete", registry.delete(&path).json(&json!({"status": "deleted"}))),
            ];
            let shown = registry.get(&path).send().status;
            if (shown == 200) != (who.knows_of(situation) && who.name != "nobody") {
                faults.push(format!("{visibility}: shown to {} with {shown}", who.name));
            }
            if who.has("admin") || who.owns() {
                continue;
            }
            for (name, call) in changes {
                let answer = call.send();
                if !refusal.contains(&answer.status) {
                    faults.push(format!("{visibility}: {name} by {}: {refusal:?} wanted: {answer}", who.name));
                }
            }
        }
        assert_eq!(cloud.as_admin().show(&id)["name"], "an image");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
