//! Property protections: what the recorded answers cannot show. Values that nobody asked to change survive every kind of
//! write, lists tell nothing, and the file follows reloads.

use std::time::Duration;

use glance_tests::cloud::{Builder, Service};
use glance_tests::process::Signal;
use glance_tests::{Body, Client, Cloud, Engine, NewImage, eventually, on_every_database};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);
const RULES: &str = "[^secret_]\ncreate = admin\nread = admin\nupdate = admin\ndelete = admin\n\
                     [^seen_]\ncreate = admin\nread = @\nupdate = !\ndelete = !\n\
                     [^own_]\ncreate = @\nread = @\nupdate = @\ndelete = @\n";

/// A running cloud that was told of its rules by a reload: the file is named as operators do, relative to the folder of
/// the configuration.
fn protected(builder: Builder, rules: &str) -> Cloud {
    let mut cloud = builder.start();
    std::fs::write(cloud.path().join("protections.conf"), rules).expect("a file of rules");
    cloud.set_option(Service::Api, "DEFAULT", "property_protection_file", "protections.conf");
    reload(&mut cloud);
    cloud
}

/// Tells the API server to read its configuration again, and waits until it has.
fn reload(cloud: &mut Cloud) {
    const DONE: &str = "the configuration was read again";
    let before = cloud.log(Service::Api).matches(DONE).count();
    cloud.process(Service::Api).signal(Signal::Hangup);
    eventually(SOON, "a reload", || (cloud.log(Service::Api).matches(DONE).count() > before).then_some(()));
}

fn add(name: &str, value: &str) -> Value {
    json!({"op": "add", "path": format!("/{name}"), "value": value})
}

fn shown(client: &Client, query: &str) -> usize {
    let list = client.get(&format!("/v2/images{query}")).send().expect(200).json();
    list["images"].as_array().map_or(0, Vec::len)
}

fn what_a_caller_cannot_read_survives_its_writes(engine: Engine) {
    let cloud = protected(Cloud::builder().database(engine), RULES);
    let (owner, admin) = (cloud.as_member("p1"), cloud.as_admin());
    let id = NewImage::default().with("own_a", "1").create(&owner);
    let path = format!("/v2/images/{id}");
    admin.patch(&path, &json!([add("secret_a", "x"), add("seen_a", "y")])).send().expect(200);

    let changed = owner.patch(&path, &json!([{"op": "remove", "path": "/own_a"}, add("own_b", "2")])).send();
    let changed = changed.expect(200).json();
    assert_eq!((changed.get("secret_a"), &changed["seen_a"]), (None, &json!("y")));
    owner.request("PUT", &format!("{path}/tags/t")).send().expect(204);
    owner.request("DELETE", &format!("{path}/tags/t")).send().expect(204);
    owner.post(&format!("{path}/members"), &json!({"member": "p2"})).send().expect(200);
    owner.upload(&id, Body::Bytes(b"data".to_vec())).send().expect(204);
    owner.request("POST", &format!("{path}/actions/deactivate")).send().expect(204);
    owner.request("POST", &format!("{path}/actions/reactivate")).send().expect(204);
    let all = admin.show(&id);
    let seen = ["secret_a", "seen_a", "own_b", "status"].map(|key| all[key].as_str().unwrap_or_default());
    assert_eq!(seen, ["x", "y", "2", "active"]);
    assert_eq!((all.get("own_a"), owner.show(&id).get("secret_a")), (None, None));
    owner.delete(&path).send().expect(204);
}

fn lists_tell_nothing_of_what_cannot_be_read(engine: Engine) {
    let cloud = protected(Cloud::builder().database(engine), RULES);
    let (owner, admin) = (cloud.as_member("p1"), cloud.as_admin());
    let visible = NewImage::default().with("secret_a", "x").with("seen_a", "y").with("visibility", "public");
    visible.create(&admin);
    assert_eq!((shown(&owner, "?seen_a=y"), shown(&owner, "?secret_a=x"), shown(&owner, "?nowhere=x")), (1, 0, 0));
    assert_eq!((shown(&admin, "?seen_a=y"), shown(&admin, "?secret_a=x"), shown(&admin, "?secret_a=z")), (1, 1, 0));
    let list = owner.get("/v2/images").send().expect(200).json();
    assert_eq!((&list["images"][0]["seen_a"], list["images"][0].get("secret_a")), (&json!("y"), None));
}

on_every_database! {
    survives => what_a_caller_cannot_read_survives_its_writes;
    lists => lists_tell_nothing_of_what_cannot_be_read;
}

#[test]
fn unreadable_properties_count_for_the_quota_and_are_no_new_names() {
    let cloud = protected(Cloud::builder().api_option("DEFAULT", "image_property_quota", "2"), RULES);
    let (owner, admin) = (cloud.as_member("p1"), cloud.as_admin());
    let id = NewImage::default().with("own_a", "1").create(&owner);
    let path = format!("/v2/images/{id}");
    admin.patch(&path, &json!([add("secret_a", "x")])).send().expect(200);
    owner.patch(&path, &json!([add("own_b", "2")])).send().expect(413);
    owner.patch(&path, &json!([add("own_a", "2")])).send().expect(200);
    assert_eq!(admin.show(&id)["secret_a"], "x");
}

#[test]
fn policies_decide_where_the_format_says_so() {
    let rules = "[^own_]\ncreate = writers\nread = @\nupdate = !\ndelete = nowhere\n\
                 [.]\ncreate = context_is_admin\nread = context_is_admin\nupdate = @\ndelete =\n";
    let builder = Cloud::builder().api_option("DEFAULT", "property_protection_rule_format", "policies");
    let mut cloud = protected(builder, rules);
    std::fs::write(cloud.path().join("policy.yaml"), "writers: 'role:writer'\n").expect("a policy");
    reload(&mut cloud);
    let (writer, member, admin) =
        (cloud.as_roles("writer,member,reader", "p1"), cloud.as_member("p1"), cloud.as_admin());
    let denied = member.post("/v2/images", &json!({"own_a": "1"})).send().expect(403).text();
    assert!(denied.contains("Attribute 'own_a' is reserved."), "{denied}");
    let id = NewImage::default().with("own_a", "1").create(&writer);
    let path = format!("/v2/images/{id}");
    admin.patch(&path, &json!([add("other", "1")])).send().expect(200);
    assert_eq!((&member.show(&id)["own_a"], member.show(&id).get("other")), (&json!("1"), None));
    for change in [add("own_a", "2"), json!({"op": "remove", "path": "/own_a"})] {
        admin.patch(&path, &json!([change])).send().expect(403);
    }
}

#[test]
fn a_reload_takes_new_rules_and_keeps_the_old_where_the_new_are_broken() {
    let mut cloud = protected(Cloud::builder(), RULES);
    let owner = cloud.as_member("p1");
    let create = |client: &Client| client.post("/v2/images", &json!({"secret_a": "1"})).send().status;
    assert_eq!(create(&owner), 403);
    let file = cloud.path().join("protections.conf");
    for broken in [Some("[^secret_]\n[.]\ncreate = @\nread = @\nupdate = @\ndelete = @\n"), None] {
        match broken {
            Some(rules) => std::fs::write(&file, rules).expect("a file of rules"),
            None => std::fs::remove_file(&file).expect("no file of rules"),
        }
        reload(&mut cloud);
        assert_eq!(create(&owner), 403);
    }
    let log = cloud.log(Service::Api);
    assert_eq!(log.matches("the old property protections stay in force").count(), 2, "{log}");
    std::fs::write(&file, "[.]\ncreate = @\nread = @\nupdate = @\ndelete = @\n").expect("a file of rules");
    reload(&mut cloud);
    assert_eq!(create(&owner), 201);
    cloud.set_option(Service::Api, "DEFAULT", "property_protection_file", "");
    reload(&mut cloud);
    assert_eq!(create(&owner), 201);
}

#[test]
fn no_server_starts_without_the_rules_that_it_was_told_of() {
    let mut cloud = Cloud::builder().start();
    for (rules, said) in [(None, "does not exist"), (Some("[a]\nread = @\n"), "does not say who may create")] {
        if let Some(rules) = rules {
            std::fs::write(cloud.path().join("protections.conf"), rules).expect("a file of rules");
        }
        cloud.kill(Service::Api);
        cloud.set_option(Service::Api, "DEFAULT", "property_protection_file", "protections.conf");
        cloud.launch(Service::Api);
        let ended = cloud.process(Service::Api).wait(SOON).expect("an end");
        let log = cloud.log(Service::Api);
        assert!(ended.code() == Some(1) && log.contains(said), "{ended}: {log}");
    }
}
