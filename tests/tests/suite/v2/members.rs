//! Members: what the recorded answers cannot show. Offers in lists, limits under many callers at once, hidden images,
//! the older policy, and rules of the operator.

use std::time::Duration;

use glance_tests::caller::Call;
use glance_tests::cloud::Service;
use glance_tests::{Answer, Client, Cloud, Engine, NewImage, eventually, on_every_database};
use serde_json::{Value, json};

/// Many callers at once, as many as an API node has workers and more.
const MANY: usize = 16;

/// Sends all calls at the same time and gives the statuses, sorted.
pub(crate) fn at_once(calls: &[Call]) -> Vec<u16> {
    let barrier = std::sync::Barrier::new(calls.len());
    let send = |call: &Call| {
        barrier.wait();
        call.send().status
    };
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = calls.iter().map(|call| scope.spawn(|| send(call))).collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    statuses.sort_unstable();
    statuses
}

/// How often each status came.
pub(crate) fn tally(statuses: &[u16]) -> Vec<(u16, usize)> {
    statuses.chunk_by(|one, other| one == other).map(|same| (same[0], same.len())).collect()
}

fn members(id: &str) -> String {
    format!("/v2/images/{id}/members")
}

fn offer(owner: &Client, id: &str, project: &str) -> Call {
    owner.post(&members(id), &json!({"member": project}))
}

fn answer(client: &Client, id: &str, project: &str, status: &str) -> Answer {
    client.request("PUT", &format!("{}/{project}", members(id))).json(&json!({"status": status})).send()
}

/// The projects that the image is offered to, as the client sees them.
fn shared_with(client: &Client, id: &str) -> Vec<String> {
    let list = client.get(&members(id)).send().expect(200).json();
    let rows = list["members"].as_array().cloned().unwrap_or_default();
    rows.iter().map(|row| row["member_id"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The names in a list, sorted.
fn names(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("/v2/images{query}")).send().expect(200).json();
    let images = list["images"].as_array().cloned().unwrap_or_default();
    let mut names: Vec<String> =
        images.iter().map(|image| image["name"].as_str().unwrap_or_default().to_owned()).collect();
    names.sort();
    names
}

/// Security requirement A9.
fn nobody_gets_images_into_another_projects_list_uninvited(engine: Engine) {
    let cloud = Cloud::builder().database(engine).start();
    let (owner, guest, admin) = (cloud.as_member("p1"), cloud.as_member("p2"), cloud.as_admin());
    for (name, said) in [("waiting", None), ("taken", Some("accepted")), ("refused", Some("rejected"))] {
        let id = NewImage::named(name).create(&owner);
        offer(&owner, &id, "p2").send().expect(200);
        if let Some(said) = said {
            answer(&guest, &id, "p2", said).expect(200);
        }
        // by its id an offered image can be looked at whatever the answer was
        assert_eq!(guest.show(&id)["name"], name);
    }
    NewImage::named("theirs").with("visibility", "private").create(&owner);
    NewImage::named("community").with("visibility", "community").create(&owner);
    NewImage::named("own").create(&guest);
    let table: [(&str, &[&str]); 9] = [
        ("", &["own", "taken"]),
        ("?visibility=shared", &["own", "taken"]),
        ("?member_status=accepted", &["own", "taken"]),
        ("?member_status=pending", &["own", "waiting"]),
        ("?member_status=rejected", &["own", "refused"]),
        ("?member_status=all", &["own", "refused", "taken", "waiting"]),
        ("?owner=p1", &["taken"]),
        ("?visibility=community", &["community"]),
        ("?visibility=all", &["community", "own", "taken"]),
    ];
    for (query, wanted) in table {
        assert_eq!(names(&guest, query), wanted, "{query}");
    }
    // the owner cannot accept in the guest's name; an administrator can
    let waiting = owner.get("/v2/images?name=waiting").send().json()["images"][0]["id"].clone();
    let waiting = waiting.as_str().expect("an id");
    answer(&owner, waiting, "p2", "accepted").expect(403);
    assert_eq!(names(&guest, ""), ["own", "taken"]);
    answer(&admin, waiting, "p2", "accepted").expect(200);
    assert_eq!(names(&guest, ""), ["own", "taken", "waiting"]);
}

fn limit_holds_for_many_at_once(engine: Engine) {
    let cloud = Cloud::builder().database(engine).api_option("DEFAULT", "image_member_quota", "5").start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let before = owner.show(&id);
    let offers: Vec<Call> = (0..MANY).map(|n| offer(&owner, &id, &format!("guest-{n}"))).collect();
    assert_eq!(tally(&at_once(&offers)), [(200, 5), (413, MANY - 5)]);
    assert_eq!(shared_with(&owner, &id).len(), 5);
    assert_eq!(owner.show(&id), before, "members are no change of the image");
    // one leaves, one may come, and an administrator is bound too
    let first = shared_with(&owner, &id).remove(0);
    owner.delete(&format!("{}/{first}", members(&id))).send().expect(204);
    offer(&owner, &id, "late").send().expect(200);
    let refusal = offer(&cloud.as_admin(), &id, "later").header("Accept", "application/json").send().expect(413);
    let text = format!(
        "Image member limit exceeded for image {id}: The limit has been exceeded on the number of allowed image \
         members for this image. Attempted: 6, Maximum: 5:<br /><br />\n\n\n"
    );
    assert_eq!(refusal.json()["message"], text);
}

fn one_offer_is_made_once(engine: Engine) {
    let cloud = Cloud::builder().database(engine).start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    for _ in 0..3 {
        let offers: Vec<Call> = (0..MANY).map(|_| offer(&owner, &id, "p2")).collect();
        assert_eq!(tally(&at_once(&offers)), [(200, 1), (409, MANY - 1)]);
        assert_eq!(shared_with(&owner, &id), ["p2"]);
        let withdrawals: Vec<Call> = (0..MANY).map(|_| owner.delete(&format!("{}/p2", members(&id)))).collect();
        assert_eq!(tally(&at_once(&withdrawals)), [(204, 1), (404, MANY - 1)]);
    }
}

on_every_database! {
    offered_images_are_listed_once_accepted => nobody_gets_images_into_another_projects_list_uninvited;
    member_quota_is_never_passed => limit_holds_for_many_at_once;
    same_member_added_by_many_is_added_once => one_offer_is_made_once;
}

#[test]
fn a_member_reads_the_data_until_the_offer_is_withdrawn() {
    let cloud = Cloud::builder().start();
    let (owner, guest) = (cloud.as_member("p1"), cloud.as_member("p2"));
    let id = NewImage::default().upload(&owner, b"0123456789");
    let file = format!("/v2/images/{id}/file");
    guest.get(&file).send().expect(404);
    offer(&owner, &id, "p2").send().expect(200);
    for said in ["pending", "accepted", "rejected"] {
        answer(&guest, &id, "p2", said).expect(200);
        assert_eq!(guest.download(&id), b"0123456789", "{said}");
    }
    owner.delete(&format!("{}/p2", members(&id))).send().expect(204);
    guest.get(&file).send().expect(404);
}

/// Security requirement A13, and A1 for images that a caller must not know of.
#[test]
fn hidden_and_missing_images_look_the_same() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let stranger = cloud.as_member("p9");
    let private = NewImage::default().with("visibility", "private").with("tags", json!(["t"])).create(&owner);
    let shared = NewImage::default().create(&owner);
    offer(&owner, &shared, "p2").send().expect(200);
    let missing = "0c3e8a0c-6d7e-4a6a-8e5f-8c1c0d9a7b11";
    let table: [(&str, &str, Option<Value>); 9] = [
        ("GET", "members", None),
        ("POST", "members", Some(json!({"member": "p3"}))),
        ("GET", "members/p2", None),
        ("PUT", "members/p2", Some(json!({"status": "accepted"}))),
        ("DELETE", "members/p2", None),
        ("PUT", "tags/t", None),
        ("DELETE", "tags/t", None),
        ("POST", "actions/deactivate", None),
        ("POST", "actions/reactivate", None),
    ];
    for (method, path, body) in table {
        let ask = |id: &str| {
            let call = stranger.request(method, &format!("/v2/images/{id}/{path}"));
            let call = if let Some(body) = &body { call.json(body) } else { call };
            let answer = call.header("Accept", "application/json").send().expect(404);
            let varies = |name: &str| name == "x-openstack-request-id" || name == "date";
            let mut headers: Vec<_> = answer.headers.iter().filter(|(name, _)| !varies(name)).cloned().collect();
            headers.sort();
            (headers, answer.text().replace(id, "<id>"))
        };
        let wanted = ask(missing);
        assert_eq!(ask(&private), wanted, "{method} {path} of a private image");
        assert_eq!(ask(&shared), wanted, "{method} {path} of another's shared image");
    }
    assert_eq!(owner.show(&private)["tags"], json!(["t"]));
}

#[test]
fn quotas_may_be_switched_off_or_allow_nothing() {
    let cloud = Cloud::builder()
        .api_option("DEFAULT", "image_member_quota", "-1")
        .api_option("DEFAULT", "image_tag_quota", "0")
        .start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    for guest in 0..130 {
        offer(&owner, &id, &format!("guest-{guest}")).send().expect(200);
    }
    assert_eq!(shared_with(&owner, &id).len(), 130);
    let refusal = owner.request("PUT", &format!("/v2/images/{id}/tags/t")).send().expect(413);
    assert!(refusal.text().contains("allowed image tags. Attempted: 1, Maximum: 0:"), "{refusal}");
}

#[test]
fn older_policy_still_asks_for_ownership() {
    let cloud = Cloud::builder().api_option("oslo_policy", "enforce_new_defaults", "False").start();
    let (owner, guest, admin) = (cloud.as_member("p1"), cloud.as_roles("whoever", "p2"), cloud.as_admin());
    let id = NewImage::default().upload(&owner, b"0123456789");
    offer(&owner, &id, "p2").send().expect(200);
    let row = format!("{}/p2", members(&id));
    let table = [
        (offer(&guest, &id, "p3"), format!("Not allowed to create members for image {id}.")),
        (guest.delete(&row), format!("Not allowed to delete members for image {id}.")),
        (
            owner.request("PUT", &row).json(&json!({"status": "accepted"})),
            format!("Not allowed to update members for image {id}."),
        ),
        (
            guest.request("PUT", &format!("/v2/images/{id}/tags/t")),
            format!("Not allowed to update tags for image {id}."),
        ),
        (guest.delete(&format!("/v2/images/{id}/tags/t")), format!("Not allowed to delete tags for image {id}.")),
        (guest.request("POST", &format!("/v2/images/{id}/actions/deactivate")), "You do not own this image".to_owned()),
        (guest.request("POST", &format!("/v2/images/{id}/actions/reactivate")), "You do not own this image".to_owned()),
    ];
    for (call, text) in table {
        let refusal = call.header("Accept", "application/json").send().expect(403);
        assert_eq!(refusal.json()["message"], format!("{text}<br /><br />\n\n\n"));
    }
    // without the new rules no role is needed for what is one's own
    answer(&guest, &id, "p2", "accepted").expect(200);
    answer(&admin, &id, "p2", "pending").expect(200);
    cloud.as_roles("whoever", "p1").delete(&row).send().expect(204);
    // an image of nobody is the administrators' alone
    let nobodys = NewImage::default().with("owner", "").create(&admin);
    offer(&guest, &nobodys, "p2").send().expect(403);
    offer(&admin, &nobodys, "p2").send().expect(200);
}

#[test]
fn rules_of_the_operator_are_asked() {
    let cloud = Cloud::builder().start();
    let (owner, guest) = (cloud.as_member("p1"), cloud.as_member("p2"));
    let id = NewImage::default().create(&owner);
    offer(&owner, &id, "p2").send().expect(200);
    let row = format!("{}/p2", members(&id));
    let conf = cloud.conf(Service::Api);
    let folder = conf.parent().expect("a folder");
    std::fs::write(folder.join("policy.yaml"), "get_member: \"!\"\ndeactivate: role:admin\n").expect("a policy");
    let reread = || shared_with(&owner, &id).is_empty().then_some(());
    eventually(Duration::from_secs(20), "the new policy", reread);
    // what is refused elsewhere with 403 is a 404 where one member is asked for
    for client in [&owner, &guest] {
        let refusal = client.get(&row).header("Accept", "application/json").send().expect(404);
        let text = "You are not authorized to complete get_member action.<br /><br />\n\n\n";
        assert_eq!(refusal.json()["message"], text);
        client.delete(&row).send().expect(403);
    }
    owner.request("POST", &format!("/v2/images/{id}/actions/deactivate")).send().expect(403);
}
