//! Deactivation: what the recorded answers cannot show. The data stays, and many callers at once.

use glance_tests::caller::Call;
use glance_tests::{Client, Cloud, Engine, NewImage, on_every_database};
use serde_json::json;

use super::members::{at_once, tally};

fn act(client: &Client, id: &str, action: &str) -> Call {
    client.request("POST", &format!("/v2/images/{id}/actions/{action}"))
}

fn data_is_out_of_reach_and_comes_back(engine: Engine) {
    let cloud = Cloud::builder().database(engine).like_the_reference().start();
    let (owner, admin) = (cloud.as_member("p1"), cloud.as_admin());
    let id = NewImage::default().upload(&owner, b"0123456789");
    let url = owner.show(&id)["direct_url"].clone();
    assert!(url.is_string(), "{url}");
    act(&owner, &id, "deactivate").send().expect(204);
    let image = owner.show(&id);
    assert_eq!(
        (&image["status"], &image["size"], &image["locations"]),
        (&json!("deactivated"), &json!(10), &json!([]))
    );
    assert_eq!(image.get("direct_url"), None);
    for range in ["bytes=0-3", "bytes=20-", "nonsense"] {
        owner.get(&format!("/v2/images/{id}/file")).header("Range", range).send().expect(403);
    }
    assert_eq!(admin.show(&id)["direct_url"], url);
    assert_eq!(admin.download(&id), b"0123456789");
    // its owner changes what it likes without losing the data that it does not see
    let change =
        json!([{"op": "replace", "path": "/name", "value": "renamed"}, {"op": "add", "path": "/own", "value": "1"}]);
    owner.patch(&format!("/v2/images/{id}"), &change).send().expect(200);
    owner.request("PUT", &format!("/v2/images/{id}/tags/t")).send().expect(204);
    act(&owner, &id, "reactivate").send().expect(204);
    assert_eq!(owner.show(&id)["direct_url"], url);
    assert_eq!(owner.download(&id), b"0123456789");
    // and deletes it with its data
    act(&owner, &id, "deactivate").send().expect(204);
    owner.delete(&format!("/v2/images/{id}")).send().expect(204);
    assert_eq!(cloud.stored_files("fast"), Vec::<String>::new());
}

fn many_at_once_agree(engine: Engine) {
    let cloud = Cloud::builder().database(engine).start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().upload(&owner, b"0123456789");
    let same: Vec<Call> = (0..16).map(|_| act(&owner, &id, "deactivate")).collect();
    assert_eq!(tally(&at_once(&same)), [(204, 16)]);
    assert_eq!(owner.status(&id), "deactivated");
    // whoever wins, the image is whole afterwards
    let opposed: Vec<Call> =
        ["deactivate", "reactivate"].iter().cycle().take(8).map(|action| act(&owner, &id, action)).collect();
    let statuses = at_once(&opposed);
    assert!(statuses.iter().all(|status| [204, 409].contains(status)), "{statuses:?}");
    act(&owner, &id, "reactivate").send().expect(204);
    assert_eq!(owner.download(&id), b"0123456789");
}

on_every_database! {
    deactivated_data_is_for_administrators => data_is_out_of_reach_and_comes_back;
    actions_at_once_leave_a_whole_image => many_at_once_agree;
}
