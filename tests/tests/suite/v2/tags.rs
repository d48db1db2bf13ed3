//! Tags: what the recorded answers cannot show. Many callers at once.

use glance_tests::caller::Call;
use glance_tests::{Client, Cloud, Engine, NewImage, on_every_database};
use serde_json::json;

use super::members::{at_once, tally};

const MANY: usize = 16;

fn tag(owner: &Client, id: &str, tag: &str) -> Call {
    owner.request("PUT", &format!("/v2/images/{id}/tags/{tag}"))
}

fn tags(owner: &Client, id: &str) -> Vec<String> {
    let image = owner.show(id);
    let mut tags: Vec<String> =
        image["tags"].as_array().into_iter().flatten().filter_map(|tag| tag.as_str().map(str::to_owned)).collect();
    tags.sort();
    tags
}

fn none_is_lost(engine: Engine) {
    let cloud = Cloud::builder().database(engine).start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().with("tags", json!(["old"])).create(&owner);
    let mut calls: Vec<Call> = (0..MANY).map(|n| tag(&owner, &id, &format!("tag-{n:02}"))).collect();
    calls.push(owner.delete(&format!("/v2/images/{id}/tags/old")));
    assert_eq!(tally(&at_once(&calls)), [(204, MANY + 1)]);
    let wanted: Vec<String> = (0..MANY).map(|n| format!("tag-{n:02}")).collect();
    assert_eq!(tags(&owner, &id), wanted);
    // the same one by many is added once and removed once
    let same: Vec<Call> = (0..MANY).map(|_| tag(&owner, &id, "same")).collect();
    assert_eq!(tally(&at_once(&same)), [(204, MANY)]);
    assert_eq!(tags(&owner, &id).iter().filter(|tag| *tag == "same").count(), 1);
    let removals: Vec<Call> = (0..MANY).map(|_| owner.delete(&format!("/v2/images/{id}/tags/same"))).collect();
    assert_eq!(tally(&at_once(&removals)), [(204, 1), (404, MANY - 1)]);
}

fn limit_holds_for_many_at_once(engine: Engine) {
    let cloud = Cloud::builder().database(engine).api_option("DEFAULT", "image_tag_quota", "5").start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let calls: Vec<Call> = (0..MANY).map(|n| tag(&owner, &id, &format!("tag-{n:02}"))).collect();
    assert_eq!(tally(&at_once(&calls)), [(204, 5), (413, MANY - 5)]);
    let kept = tags(&owner, &id);
    assert_eq!(kept.len(), 5);
    tag(&owner, &id, &kept[0]).send().expect(204);
}

fn other_changes_of_the_image_stay(engine: Engine) {
    let cloud = Cloud::builder().database(engine).start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let rename =
        json!([{"op": "replace", "path": "/name", "value": "renamed"}, {"op": "add", "path": "/own", "value": "1"}]);
    let mut calls: Vec<Call> = (0..4).map(|n| tag(&owner, &id, &format!("tag-{n}"))).collect();
    calls.push(owner.patch(&format!("/v2/images/{id}"), &rename));
    assert_eq!(tally(&at_once(&calls)), [(200, 1), (204, 4)]);
    let image = owner.show(&id);
    assert_eq!((&image["name"], &image["own"]), (&json!("renamed"), &json!("1")));
    assert_eq!(tags(&owner, &id).len(), 4);
}

on_every_database! {
    no_tag_is_lost_among_many => none_is_lost;
    tag_quota_is_never_passed => limit_holds_for_many_at_once;
    tags_and_changes_at_once_both_stay => other_changes_of_the_image_stay;
}
